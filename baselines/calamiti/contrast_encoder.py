"""CALAMITI's contrast: a few numbers for how a scanner shows anatomy."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

_WIDTHS = (1, 32, 64, 128, 128)


class ContrastEncoder(nn.Module):
    """Four 4 x 4 convolutions of stride 2, pooled, to mean and log-variance of theta.

    Without norms: instance norm would take away the brightness that theta has to tell of.

    Parameters
    ----------
    dimensions : int
        Length of theta.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(self, *, dimensions: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise(_WIDTHS):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.mean = nn.Linear(_WIDTHS[-1], dimensions)
        self.log_variance = nn.Linear(_WIDTHS[-1], dimensions)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Encode slices.

        Parameters
        ----------
        image : Tensor, shape (N, 1, H, W)
            Sides of at least 16.

        Returns
        -------
        mean, log_variance : Tensor, shape (N, dimensions)
            Of the normal distribution of theta.
        """
        features = self.layers(image)
        return self.mean(features), self.log_variance(features)
