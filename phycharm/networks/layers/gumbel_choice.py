"""One of several channels, drawn for every pixel."""

import torch
from torch import Tensor, nn


class GumbelChoice(nn.Module):
    """Draw one channel a pixel as `torch.nn.functional.gumbel_softmax(hard=True)` does.

    Attributes
    ----------
    count : int
        Of how many networks the logits are, channels of one after those of another; 1 unless they
        are computed as one.
    drawn : Tensor or None
        What was drawn by `draw` for the next calls; None to draw in every call.

    Examples
    --------
    >>> logits = torch.tensor([0.0, 100.0]).view(1, 2, 1, 1)
    >>> GumbelChoice()(logits, 1.0).flatten()
    tensor([0., 1.])
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 1
        self.drawn: Tensor | None = None

    def forward(self, logits: Tensor, temperature: float) -> Tensor:
        """Return 1 in the channel that was drawn and 0 in the others; backwards it is a softmax.

        Parameters
        ----------
        logits : Tensor, shape (N, C, H, W)
            Of the channels.
        temperature : float
            Of the softmax.
        """
        drawn = self.draw(logits) if self.drawn is None else self.drawn
        each = ((logits + drawn) / temperature).unflatten(1, (self.count, -1))
        soft = each.softmax(2)
        chosen = soft.max(2, keepdim=True)[1]
        hard = torch.zeros_like(soft, dtype=logits.dtype).scatter_(2, chosen, 1.0)
        made: Tensor = hard - soft.detach() + soft
        return made.flatten(1, 2)

    def draw(self, logits: Tensor) -> Tensor:
        """Draw what a call would add to logits: numbers of a Gumbel distribution."""
        place = torch.empty_like(logits, memory_format=torch.legacy_contiguous_format)
        return -place.exponential_().log()
