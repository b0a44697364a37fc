"""The smooth multiplicative bias field, estimated from what the classes leave unexplained.

Zhang, Brady and Smith, IEEE TMI 20(1):45-57, 2001, after Guillemaud and Brady, IEEE TMI
16(3):238-251, 1997: a low-passed mean residual over a low-passed mean inverse variance.
"""

import torch

from .gaussians import Gaussians

# The low-pass of l = 20 mm has a standard deviation of 0.51 l.
_SIGMA_MM = 0.51 * 20.0


class LowPass:
    """Separable Gaussian filter over a stack, zero beyond its edges.

    Each axis is one product with a banded matrix, so that every brain of a batch can have its
    own voxel size.

    Parameters
    ----------
    spacing : Tensor of float64, shape (B, 3)
        Voxel edges in mm.
    shape : tuple of int
        (X, Y, Z) of the stack.
    """

    def __init__(self, spacing: torch.Tensor, shape: tuple[int, int, int]) -> None:
        self._shape = shape
        self._x, self._y, self._z = (
            torch.stack([_band_matrix(float(row[axis]), size) for row in spacing.cpu()]).to(
                spacing.device
            )
            for axis, size in enumerate(shape)
        )

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Filter rows of shape (B, P)."""
        volumes = rows.reshape(len(rows), *self._shape)
        volumes = self._y[:, None] @ (volumes @ self._z[:, None])
        return (self._x @ volumes.reshape(len(rows), self._shape[0], -1)).reshape(rows.shape)


def _band_matrix(spacing: float, size: int) -> torch.Tensor:
    """Return the convolution with a Gaussian of unit sum as a (size, size) matrix."""
    sigma = _SIGMA_MM / spacing
    reach = 2 * int(sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=torch.float64) / sigma) ** 2)
    kernel /= kernel.sum()
    distance = torch.arange(size)[:, None] - torch.arange(size)[None, :]
    matrix = kernel[distance.clamp(-reach, reach) + reach]
    return matrix.masked_fill(distance.abs() > reach, 0.0).float()


def estimate_bias(
    log_intensity: torch.Tensor,
    inside: torch.Tensor,
    posteriors: torch.Tensor,
    classes: Gaussians,
    low_pass: LowPass,
) -> torch.Tensor:
    """Estimate the logarithm of the bias field.

    Parameters
    ----------
    log_intensity : Tensor of float32, shape (B, P)
        Of the image as it came, never of a corrected one; 0 outside the brain.
    inside : Tensor of bool, shape (B, P)
        The brain.
    posteriors : Tensor of float32, shape (B, K, P)
        Probability of each class, 0 outside the brain.
    classes : Gaussians
        Classes of the log intensity.
    low_pass : LowPass
        The smoother.

    Returns
    -------
    Tensor of float32, shape (B, P)
        Of mean 0 over the brain and 0 outside it.
    """
    precision, residual = torch.zeros_like(log_intensity), torch.zeros_like(log_intensity)
    weights = (1 / classes.variances).float()[..., None]
    means = classes.means.float()[..., None]
    for k in range(posteriors.shape[1]):
        share = posteriors[:, k] * weights[:, k]
        precision += share
        residual += share.mul_(log_intensity - means[:, k])
    smooth = low_pass(precision)
    bias = low_pass(residual).div_(smooth.masked_fill_(smooth == 0, 1)).mul_(inside)
    mean = bias.sum(-1, dtype=torch.float64) / inside.sum(-1)
    return bias.sub_(mean.float()[:, None]).mul_(inside)
