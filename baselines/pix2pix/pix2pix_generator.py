"""The generator of Pix2Pix: a U-Net that halves its image until almost nothing is left."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from phycharm.networks.layers.beside import Beside
from phycharm.networks.layers.dropout import Dropout
from phycharm.networks.layers.instance_norm import InstanceNorm

PAPER_HALVINGS = 8
"""Halvings of the paper's generator, for images of 256 x 256."""

_DROPPED_BLOCKS = 3


class Pix2PixGenerator(nn.Module):
    """Encoder and decoder with skips between layers of equal size (Isola 2017, section 6.1.1).

    Going down C64-C128-C256-C512-C512..., 4 x 4 convolutions of stride 2 with LeakyReLU 0.2; going
    up the mirror image, with ReLU and dropout of half the activations in up to three innermost
    blocks as wide as the widest; tanh at the end. Instance norm everywhere but in the first
    layer, in the bottleneck and at the output. With `residual` the last layer's output is added to
    the image in place of the tanh, so that the network need not first learn to copy.

    Parameters
    ----------
    halvings : int
        Layers going down; the image must keep at least one pixel.
    base : int
        Channels of the first layer; the next ones have twice as many, up to eight times.
    in_channels, out_channels : int
        Channels of the input and the output image.
    dropout : float
        Probability of dropping an activation.
    residual : bool
        Whether it makes the difference from its input.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(
        self,
        *,
        halvings: int = PAPER_HALVINGS,
        base: int = 64,
        in_channels: int = 1,
        out_channels: int = 1,
        dropout: float = 0.5,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.residual = residual
        widths = [base * min(2**level, 8) for level in range(halvings)]
        self.down = nn.ModuleList(
            _down(
                widths[level - 1] if level else in_channels,
                widths[level],
                normalized=0 < level < halvings - 1,
            )
            for level in range(halvings)
        )
        self.up = nn.ModuleList()
        for level in range(halvings - 1, 0, -1):
            dropped = widths[level - 1] == 8 * base and len(self.up) < _DROPPED_BLOCKS
            skipped = 1 if level == halvings - 1 else 2
            self.up.append(
                _Up(skipped * widths[level], widths[level - 1], dropout if dropped else 0.0)
            )
        skipped = 1 if halvings == 1 else 2
        self.last = nn.ConvTranspose2d(skipped * widths[0], out_channels, 4, stride=2, padding=1)
        self.beside = Beside()
        self.apply(normal_weights)

    def forward(self, image: Tensor) -> Tensor:
        """Translate images.

        Parameters
        ----------
        image : Tensor, shape (N, in_channels, H, W)
            Scaled to [-1, 1]; any size of at least 2**halvings.

        Returns
        -------
        Tensor, shape (N, out_channels, H, W)
            Between -1 and 1, unless `residual`.
        """
        sizes, skips = [image.shape[-2:]], [image]
        for down in self.down:
            skips.append(down(skips[-1]))
            sizes.append(skips[-1].shape[-2:])
        features = skips.pop()
        for up, size in zip(self.up, sizes[-2:0:-1], strict=True):
            features = self.beside(up(features, size), skips.pop())
        made: Tensor = self.last(features, output_size=list(sizes[0]))
        return image + made if self.residual else torch.tanh(made)


def halvings_for(height: int, width: int) -> int:
    """Return how often an image can be halved before its shorter side is one pixel, at most 8."""
    return max(1, min(PAPER_HALVINGS, min(height, width).bit_length() - 1))


def normal_weights(module: nn.Module) -> None:
    """Draw a convolution's weights from N(0, 0.02) and clear its bias (Isola 2017, section 6.2)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _down(in_channels: int, out_channels: int, *, normalized: bool) -> nn.Sequential:
    # A bias before a norm does nothing: the norm subtracts it.
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=not normalized)
    ]
    if normalized:
        layers.append(InstanceNorm(out_channels))
    return nn.Sequential(*layers, nn.LeakyReLU(0.2))


class _Up(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(
            in_channels, out_channels, 4, stride=2, padding=1, bias=False
        )
        self.rest = nn.Sequential(
            InstanceNorm(out_channels),
            *([Dropout(dropout)] if dropout else []),
            nn.ReLU(),
        )

    def forward(self, features: Tensor, size: torch.Size) -> Tensor:
        # Odd sizes lose a row when halved: the size of the skip says which one to come back to.
        grown: Tensor = self.rest(self.grow(features, output_size=list(size)))
        return grown
