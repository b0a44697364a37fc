"""What a voxel may be made of - one tissue or two - and how likely each makes its intensity.

Partial volumes as FAST models them: the intensity of a voxel that holds a fraction d of tissue a
and 1 - d of tissue b is normal with mean d m_a + (1 - d) m_b and variance d^2 v_a + (1 - d)^2 v_b.
"""

import math

import numpy as np
import torch

from .gaussians import Gaussians

# Mixeltypes: 0-2 are CSF, GM and WM alone; 3-5 are these pairs.
PAIRS = ((0, 1), (0, 2), (1, 2))
PURE_TYPES = 3
TYPES = PURE_TYPES + len(PAIRS)

_STEP = 0.01
# Grid points to the smallest standard deviation, and standard deviations to either side: linear
# interpolation errs by z^2 / (8 x 256^2) of the value, 2e-6 z^2, and beyond the ends the
# likelihood is 0 in float32.
_POINTS_PER_SD = 256
_REACH_SD = 14.5
_MOST_POINTS = 1 << 18


def fraction_grid() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return the fractions that are tried, 0 to 1 by 0.01, as a float32 running sum.

    The running sum misses one half by a rounding error, always to the same side. That error
    decides which of two tissues a voxel with equal shares is given to, so it is kept.
    """
    grid = [np.float32(0)]
    while (following := np.float32(float(grid[-1]) + _STEP)) <= 1:
        grid.append(following)
    return np.array(grid, dtype=np.float32)


def mixed(
    classes: Gaussians, pair: tuple[int, int], fraction: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return means and variances, each of shape (B, D), of a pair at D fractions of its first."""
    a, b = pair
    rest = 1 - fraction
    means = classes.means[:, [a]] * fraction + classes.means[:, [b]] * rest
    variances = classes.variances[:, [a]] * fraction**2 + classes.variances[:, [b]] * rest**2
    return means, variances


class LikelihoodTable:
    """Likelihood of the six mixeltypes as a function of intensity, for one brain.

    The classes are the same for every voxel, so that 3 + 3 x 101 Gaussians a voxel are
    evaluated once, on a fine grid of intensities, and looked up with linear interpolation.

    Parameters
    ----------
    classes : Gaussians
        Of the restored intensities, one brain (B = 1).
    """

    def __init__(self, classes: Gaussians) -> None:
        sd = classes.variances.sqrt()
        self._low = float((classes.means - _REACH_SD * sd).min())
        high = float((classes.means + _REACH_SD * sd).max())
        points = int((high - self._low) / float(sd.min()) * _POINTS_PER_SD) + 2
        self._points = min(points, _MOST_POINTS)
        self._spacing = (high - self._low) / (self._points - 1)
        grid = torch.arange(self._points, dtype=torch.float64, device=sd.device)
        self._table = type_likelihoods(classes, grid * self._spacing + self._low).float()

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        """Look up values of shape (N,); returns float32 of shape (6, N), 0 beyond the grid."""
        place = ((values.double() - self._low) / self._spacing).clamp(0, self._points - 1)
        left = place.long().clamp_max(self._points - 2)
        share = (place - left).float()
        below, above = self._table[:, left], self._table[:, left + 1]
        return torch.lerp(below, above, share)


def type_likelihoods(classes: Gaussians, values: torch.Tensor) -> torch.Tensor:
    """Evaluate the likelihood of the six mixeltypes directly.

    Parameters
    ----------
    classes : Gaussians
        Of one brain (B = 1).
    values : Tensor of float64, shape (N,)
        Restored intensities.

    Returns
    -------
    Tensor of float64, shape (6, N)
        Pure types: the class's normal density. Mixed types: 0.01 times the sum of the densities
        over the fractions 0, 0.01, ..., 1.
    """
    rows = [_normal(values, classes.means[0, [k]], classes.variances[0, [k]])[0] for k in range(3)]
    fractions = torch.arange(101, dtype=torch.float64, device=values.device) * _STEP
    for pair in PAIRS:
        means, variances = mixed(classes, pair, fractions)
        total = torch.zeros_like(values)
        for mean, variance in zip(means[0], variances[0], strict=True):
            total += _normal(values, mean[None], variance[None])[0]
        rows.append(total * _STEP)
    return torch.stack(rows)


def _normal(values: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    exponent = (values - mean[:, None]).square_().mul_(-0.5 / variance[:, None])
    return exponent.exp_().mul_(1 / (2 * math.pi * variance[:, None]).sqrt())
