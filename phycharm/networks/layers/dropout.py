"""Dropout whose random numbers cost less on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LEVELS = 2**15  # of the random numbers: the bits of an int16 without its sign
_SIGN_ALONE = 15  # bits by which it is shifted until only its sign is left, everywhere
_WITHOUT_SIGNS = 0x7FFF_7FFF_7FFF_7FFF


class Dropout(nn.Module):
    """Set every element to 0 with one probability, as `torch.nn.Dropout` does, in training mode.

    Torch draws a number of 53 random bits for every element, on one thread: a quarter of the time
    of a small network's step on a CPU. Here one drawn number of 63 bits decides on four elements.

    Parameters
    ----------
    p : float
        Probability, 0 to 1; on a CPU it is rounded to a multiple of 2**-15.

    Attributes
    ----------
    drawn : Tensor or None
        What was drawn by `draw` for the next calls; None to draw in every call.

    Examples
    --------
    >>> kept = Dropout(0.25)(torch.ones(1000, 1000))
    >>> sorted(set(kept.flatten().tolist()))
    [0.0, 1.3333333730697632]
    >>> bool(0.745 < (kept > 0).float().mean() < 0.755)
    True
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout of {p}: a probability is 0 to 1")
        self.p = p
        self.drawn: Tensor | None = None

    def extra_repr(self) -> str:
        """Name the probability, for the printed network."""
        return f"p={self.p}"

    def forward(self, values: Tensor) -> Tensor:
        """Return the elements that are kept, scaled so that their mean stays what it was."""
        if not self.training or not self._lost:
            return values
        if self.drawn is not None:
            return values * self.drawn
        if self._torchs(values):
            return F.dropout(values, self.p)
        return values * self._factors(values)

    def draw(self, values: Tensor) -> Tensor:
        """Draw what a call in training mode would multiply values by: 0, or what makes up for it.

        Parameters
        ----------
        values : Tensor
            Whose shape, type, layout and device count.
        """
        if not self._lost:
            return torch.ones_like(values)
        if self._torchs(values):
            return F.dropout(torch.ones_like(values), self.p)
        return self._factors(values)

    @property
    def _lost(self) -> int:
        return round(self.p * _LEVELS)

    def _torchs(self, values: Tensor) -> bool:
        return values.device.type != "cpu" or self._lost == _LEVELS

    def _factors(self, values: Tensor) -> Tensor:
        # All bits are set in the numbers of what is lost, and none in those of what is kept.
        lost = _random_levels(values).sub_(self._lost).bitwise_right_shift_(_SIGN_ALONE)
        up = torch.ones((), dtype=values.dtype).mul_(_LEVELS / (_LEVELS - self._lost))
        if up.element_size() == lost.element_size():
            # To make 16 bits of truth values takes longer than all the rest.
            return lost.bitwise_not_().bitwise_and_(int(up.view(lost.dtype))).view(values.dtype)
        return lost.add_(1).to(values.dtype).mul_(up)


def _random_levels(values: Tensor) -> Tensor:
    """Draw for every element a number from 0 to 2**15 - 1, all equally likely."""
    drawn = torch.empty(-(-values.numel() // 4), dtype=torch.int64).random_()
    # The highest of 64 bits is never set; without the signs all four parts are alike.
    drawn.bitwise_and_(_WITHOUT_SIGNS)
    return drawn.view(torch.int16)[: values.numel()].view(values.shape)
