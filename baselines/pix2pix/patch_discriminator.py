"""The discriminator of Pix2Pix: it judges patches, not whole images."""

from typing import ClassVar

from torch import Tensor, nn

from phycharm.networks.layers.instance_norm import InstanceNorm

from .pix2pix_generator import normal_weights

PAPER_STRIDED = 3
"""Layers of stride 2 in the paper's discriminator, which makes its patches 70 x 70."""


class PatchDiscriminator(nn.Module):
    """PatchGAN C64-C128-C256-C512 with a receptive field of 70 x 70 (Isola 2017, section 6.1.2).

    4 x 4 convolutions with LeakyReLU 0.2, instance norm in all but the first and the last; fewer
    layers of stride 2 give the paper's smaller patches of 34 and 16 pixels.

    Parameters
    ----------
    strided : int
        Layers of stride 2; two layers of stride 1 follow.
    base : int
        Channels of the first layer; the next ones have twice as many, up to eight times.
    in_channels : int
        Channels of the input and of the image to be judged, together.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(
        self, *, strided: int = PAPER_STRIDED, base: int = 64, in_channels: int = 2
    ) -> None:
        super().__init__()
        self.strided = strided
        widths = [base * min(2**level, 8) for level in range(strided + 1)]
        layers: list[nn.Module] = []
        for level, width in enumerate(widths):
            layers += [
                nn.Conv2d(
                    widths[level - 1] if level else in_channels,
                    width,
                    4,
                    stride=2 if level < strided else 1,
                    padding=1,
                    bias=level == 0,
                ),
                *([InstanceNorm(width)] if level else []),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.apply(normal_weights)

    @property
    def receptive_field(self) -> int:
        """Edge of the patch that one output judges, in pixels."""
        return receptive_field(self.strided)

    def forward(self, images: Tensor) -> Tensor:
        """Judge pairs of images.

        Parameters
        ----------
        images : Tensor, shape (N, in_channels, H, W)
            The input and what is to be judged, as channels.

        Returns
        -------
        Tensor, shape (N, 1, h, w)
            One logit a patch; positive means real.
        """
        logits: Tensor = self.layers(images)
        return logits


def receptive_field(strided: int) -> int:
    """Return the edge of a patch for a number of layers of stride 2.

    Examples
    --------
    >>> receptive_field(3)  # Isola 2017: 70 x 70 patches
    70
    """
    field = 1
    for stride in [1, 1] + [2] * strided:
        field = (field - 1) * stride + 4
    return field


def strided_for(height: int, width: int) -> int:
    """Return the layers of stride 2 that give the largest patches within an image, at most 70."""
    fitting = [n for n in (1, 2, 3) if receptive_field(n) <= min(height, width)]
    return max(fitting, default=1)
