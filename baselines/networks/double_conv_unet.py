"""The U-Net that CALAMITI builds its anatomy encoder and its decoder of."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

LEVELS = 4
"""How often the network halves its image: sides must be multiples of 2**LEVELS."""


class DoubleConvUNet(nn.Module):
    """U-Net of two 3 x 3 convolutions a level, max pooling and transposed convolutions.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    base : int
        Channels of the first level; each of the four below has twice as many.
    normalized : bool
        Instance norm after every convolution.
    """

    def __init__(
        self, *, in_channels: int, out_channels: int, base: int, normalized: bool = True
    ) -> None:
        super().__init__()
        block = normalized_block if normalized else plain_block
        widths = [base * 2**level for level in range(LEVELS + 1)]
        self.first = _double(block, in_channels, base)
        self.down = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), _double(block, widths[level], widths[level + 1]))
            for level in range(LEVELS)
        )
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[-2::-1]
        )
        self.up = nn.ModuleList(_double(block, 2 * width, width) for width in widths[-2::-1])
        self.last = nn.Conv2d(base, out_channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W), H and W multiples of 16."""
        skips = [self.first(image)]
        for down in self.down:
            skips.append(down(skips[-1]))
        features = skips.pop()
        for grow, up in zip(self.grow, self.up, strict=True):
            features = up(torch.cat([grow(features), skips.pop()], dim=1))
        mapped: Tensor = self.last(features)
        return mapped


def normalized_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a 3 x 3 convolution, instance norm and LeakyReLU."""
    # A bias before a norm does nothing: the norm subtracts it.
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.InstanceNorm2d(out_channels, affine=True),
        nn.LeakyReLU(0.2),
    )


def plain_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a 3 x 3 convolution and LeakyReLU."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.LeakyReLU(0.2))


def _double(
    block: Callable[[int, int], nn.Sequential], in_channels: int, out_channels: int
) -> nn.Sequential:
    return nn.Sequential(block(in_channels, out_channels), block(out_channels, out_channels))
