"""Errors of intensity: PSNR and NRMSE."""

import torch
from torch import Tensor

from .checks import UndefinedError, Volume, check_pair, check_range, inside
from .constants import PSNR_CAP
from .structural_similarity import occupied_slices


def psnr(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Peak signal-to-noise ratio 20 log10(L / RMSE) in dB, at most 100.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to average the squared error over; all by default.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape ()
        Ratio in dB. Identical images, whose ratio is infinite, have 100 dB.

    Raises
    ------
    ComparisonError
        The images cannot be compared, the mask is empty, or `data_range` is not positive.

    Examples
    --------
    >>> import torch
    >>> zero = torch.zeros(4, 4, 4)
    >>> print(f"{psnr(zero, zero + 0.1, data_range=1.0).item():.4f}")
    20.0000
    >>> psnr(zero, zero, data_range=1.0).item()
    100.0
    """
    reference, image, mask = check_pair(reference, image, mask)
    error = _squared_error(inside(reference, mask), inside(image, mask))
    return _decibel(error.mean(), check_range(data_range))


def psnr_slices(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Mean PSNR of the axial slices (last axis) that are not empty.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Chooses slices, not voxels: those with a voxel of the mask; without it, those where the
        reference is not all 0.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape ()
        Mean of the slices' ratios in dB, each at most 100.

    Raises
    ------
    ComparisonError
        As for `psnr`, or every slice is empty.

    Examples
    --------
    >>> one = torch.ones(4, 4, 2)
    >>> print(f"{psnr_slices(one, one + torch.tensor([0.1, 0.01]), data_range=1.0).item():.3f}")
    30.000
    """
    reference, image, mask = check_pair(reference, image, mask)
    chosen = occupied_slices(reference, mask)
    error = _squared_error(reference, image)[..., chosen].mean(dim=(0, 1))
    return _decibel(error, check_range(data_range)).mean()


def nrmse(
    reference: Volume,
    image: Volume,
    mask: Volume | None = None,
    *,
    data_range: float | Tensor | None = None,
) -> Tensor:
    """Root mean square error over the root mean square of the reference.

    scikit-image's `normalized_root_mse` with `normalization="euclidean"`, in the mask.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to look at; all by default.
    data_range : float or Tensor, optional
        Taken so that all fidelity metrics are called alike; this one does not depend on it.

    Returns
    -------
    Tensor of float64, shape ()
        Relative error; 0 for identical images, 1 for an image of zeros.

    Raises
    ------
    ComparisonError
        The images cannot be compared, the mask is empty, or the reference is 0 in it.

    Examples
    --------
    >>> import torch
    >>> reference = torch.full((4, 4, 4), 2.0)
    >>> nrmse(reference, reference + 0.5).item()
    0.25
    """
    reference, image, mask = check_pair(reference, image, mask)
    reference, image = inside(reference, mask), inside(image, mask)
    energy = reference.double().square().mean()
    if energy == 0:
        raise UndefinedError("NRMSE is not defined where the whole reference is 0")
    return (_squared_error(reference, image).mean() / energy).sqrt()


def _squared_error(reference: Tensor, image: Tensor) -> Tensor:
    return (reference.double() - image.double()).square()


def _decibel(mean_squared_error: Tensor, data_range: float) -> Tensor:
    ratio = data_range**2 / mean_squared_error
    return (10 * torch.log10(ratio)).clamp(max=PSNR_CAP)
