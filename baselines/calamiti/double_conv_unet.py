"""The U-Net that CALAMITI builds its anatomy encoder and its decoder of."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from phycharm.networks.layers.beside import Beside
from phycharm.networks.layers.instance_norm import InstanceNorm
from phycharm.networks.layers.max_pool import MaxPool
from phycharm.networks.layers.up_convolution import UpConvolution

Norms = Literal["all", "down"]
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
    norms : {"all", "down"}
        Instance norm after every convolution, or on the way down only. In the latter case what is
        constant over an image goes through the first level and the way up, where a norm would
        subtract it; weights that no norm follows are drawn as in He et al. 2015, for torch's own
        would let signal and gradient fade from layer to layer.
    """

    def __init__(
        self, *, in_channels: int, out_channels: int, base: int, norms: Norms = "all"
    ) -> None:
        super().__init__()
        block = normalized_block if norms == "all" else plain_block
        widths = [base * 2**level for level in range(LEVELS + 1)]
        self.first = _double(block, in_channels, base)
        self.down = nn.ModuleList(
            nn.Sequential(MaxPool(), _double(normalized_block, before, after))
            for before, after in pairwise(widths)
        )
        self.grow = nn.ModuleList(
            UpConvolution(2 * width, width, factor=2) for width in widths[-2::-1]
        )
        self.up = nn.ModuleList(_double(block, 2 * width, width) for width in widths[-2::-1])
        self.last = nn.Conv2d(base, out_channels, 3, padding=1)
        self.beside = Beside()
        if norms == "down":
            self.apply(_draw_weights)

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W), H and W multiples of 16."""
        skips = [self.first(image)]
        for down in self.down:
            skips.append(down(skips[-1]))
        features = skips.pop()
        for grow, up in zip(self.grow, self.up, strict=True):
            features = up(self.beside(grow(features), skips.pop()))
        mapped: Tensor = self.last(features)
        return mapped


def normalized_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a 3 x 3 convolution, instance norm and LeakyReLU."""
    # A bias before a norm does nothing: the norm subtracts it.
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        InstanceNorm(out_channels),
        nn.LeakyReLU(0.2),
    )


def plain_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a 3 x 3 convolution and LeakyReLU."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.LeakyReLU(0.2))


def _double(
    block: Callable[[int, int], nn.Sequential], in_channels: int, out_channels: int
) -> nn.Sequential:
    return nn.Sequential(block(in_channels, out_channels), block(out_channels, out_channels))


def _draw_weights(layer: nn.Module) -> None:
    """Draw what no norm follows; what one follows has no bias."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.bias is not None:
        nn.init.kaiming_normal_(layer.weight, a=0.2)
        nn.init.zeros_(layer.bias)
