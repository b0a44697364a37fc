"""Images beside each other as channels, as a layer."""

import torch
from torch import Tensor, nn


class Beside(nn.Module):
    """Put the channels of one image after those of another.

    `torch.cat` does the same; a layer can be told that what it sees are images of several networks,
    whose channels are put together network by network.

    Attributes
    ----------
    count : int
        Of how many networks the images are; 1 unless they are computed as one.

    Examples
    --------
    >>> one, other = torch.zeros(1, 2, 4, 4), torch.ones(1, 2, 4, 4)
    >>> beside = Beside()
    >>> beside(one, other)[0, :, 0, 0]
    tensor([0., 0., 1., 1.])
    >>> beside.count = 2
    >>> beside(one, other)[0, :, 0, 0]
    tensor([0., 1., 0., 1.])
    """

    def __init__(self, count: int = 1) -> None:
        super().__init__()
        self.count = count

    def forward(self, *images: Tensor) -> Tensor:
        """Return images of one size, shape (N, C, H, W) each, as one."""
        if self.count == 1:
            return torch.cat(images, 1)
        return torch.cat([one.unflatten(1, (self.count, -1)) for one in images], 2).flatten(1, 2)
