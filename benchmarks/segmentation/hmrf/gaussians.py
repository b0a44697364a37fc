"""Gaussian intensity classes: where they start, how they are fitted, how likely they make a voxel.

The emission model of Zhang, Brady and Smith, IEEE TMI 20(1):45-57, 2001.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch

# Keeps an image without noise (a phantom) from dividing by zero; far below any scanner's noise.
_LEAST_RELATIVE_SD = 1e-4
# Pieces this long stay in a core's cache, which makes the fits several times faster.
_CHUNK = 1 << 15


@dataclass(frozen=True, kw_only=True)
class Gaussians:
    """One normal distribution a class.

    Parameters
    ----------
    means : Tensor of float64, shape (B, K)
        Mean intensity of each class.
    variances : Tensor of float64, shape (B, K)
        Variance of each class.
    """

    means: torch.Tensor
    variances: torch.Tensor

    @classmethod
    def fit(cls, values: torch.Tensor, posteriors: torch.Tensor) -> Self:
        """Estimate means and variances, each voxel weighted with its class's probability.

        Parameters
        ----------
        values : Tensor of float32, shape (B, P)
            One number a voxel.
        posteriors : Tensor of float32, shape (B, K, P)
            Probability of each class, 0 outside the brain.
        """
        pieces = zip(values.split(_CHUNK, -1), posteriors.split(_CHUNK, -1), strict=True)
        return cls._of_pieces(pieces)

    @classmethod
    def _of_pieces(cls, pieces: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> Self:
        moments = torch.stack([_moments(*piece) for piece in pieces]).sum(0)
        mass, first, second = moments.unbind(-1)
        mass = mass.clamp_min(1e-12)
        means = first / mass
        floor = (_LEAST_RELATIVE_SD * means).square().clamp_min(1e-12)
        return cls(means=means, variances=torch.maximum(second / mass - means.square(), floor))

    def density(self, values: torch.Tensor) -> torch.Tensor:
        """Return each class's density at each voxel: float32, shape (B, K, P)."""
        means, variances = self.means.float()[..., None], self.variances.float()[..., None]
        exponent = (values[:, None] - means).square_().mul_(-0.5 / variances)
        return exponent.exp_().mul_(1 / (2 * math.pi * variances).sqrt())

    def refit(self, values: torch.Tensor) -> "Gaussians":
        """Return the classes fitted with their own posteriors, all classes being equally common.

        Parameters
        ----------
        values : Tensor of float32, shape (B, P)
            The voxels of the brain alone.
        """
        pieces = ((piece, posteriors_of(self.density(piece))) for piece in values.split(_CHUNK, -1))
        return self._of_pieces(pieces)


def _moments(values: torch.Tensor, posteriors: torch.Tensor) -> torch.Tensor:
    """Sum posteriors times 1, value and squared value, in double precision: shape (B, K, 3)."""
    exact = values.double()
    powers = torch.stack([torch.ones_like(exact), exact, exact.square()], -1)
    return posteriors.double() @ powers


def posteriors_of(density: torch.Tensor) -> torch.Tensor:
    """Divide by the sum over the classes, in place; where nothing is likely all stay 0."""
    total = density.sum(1, keepdim=True)
    # 0 / 1 rather than 0 / 0, outside the brain and where every class underflows.
    return density.div_(total.masked_fill_(total == 0, 1))


def evenly_ranked(values: torch.Tensor, classes: int) -> torch.Tensor:
    """Return the values of rank floor(N c / (K + 1)), c = 1..K, of a row of N.

    Equal ones say that the image has fewer distinct intensities than there are classes.

    Parameters
    ----------
    values : Tensor of float32, shape (N,)
        The voxels of one brain.
    classes : int
        K.

    Returns
    -------
    Tensor of float32, shape (K,)
        In ascending order.
    """
    ranks = [len(values) * c // (classes + 1) for c in range(1, classes + 1)]
    return torch.stack([values.kthvalue(rank + 1).values for rank in ranks])


def nearest_classes(values: torch.Tensor, centres: torch.Tensor) -> Gaussians:
    """Fit each class to the voxels that lie nearest to its centre (the first, if two are as near).

    Parameters
    ----------
    values : Tensor of float32, shape (N,)
        The voxels of one brain.
    centres : Tensor of float32, shape (K,)
        Where the classes start.
    """
    nearest = (values - centres[:, None]).abs_().argmin(0)
    posteriors = torch.stack([nearest == k for k in range(len(centres))]).float()
    return Gaussians.fit(values[None], posteriors[None])
