"""Structural similarity (Wang et al. 2004, IEEE Trans. Image Process. 13:600-612)."""

import torch
from torch import Tensor

from .checks import UndefinedError, Volume, check_pair, check_range, inside
from .constants import SSIM_K1, SSIM_K2, SSIM_RADIUS
from .gaussian import smooth, visible_box

_VOLUME = (0, 1, 2)
_SLICE = (0, 1)


def ssim_map(reference: Volume, image: Volume, *, data_range: float | Tensor) -> Tensor:
    """Structural similarity of every voxel's neighbourhood.

    Wang et al. 2004, equation 13, with their Gaussian window (sigma 1.5, here cut at radius 5)
    in three dimensions and population variances: scikit-image's `structural_similarity` with
    `gaussian_weights=True, use_sample_covariance=False, full=True`.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor, shape (X, Y, Z)
        Similarity in [-1, 1]; NaN everywhere if any voxel of `image` is not finite.

    Raises
    ------
    ComparisonError
        The images cannot be compared or `data_range` is not positive.

    Examples
    --------
    >>> ramp = torch.arange(12.0).expand(12, 12, 12)
    >>> found = ssim_map(ramp, ramp.flip(2), data_range=11.0)
    >>> found.shape, f"{found.min().item():.4f}"
    (torch.Size([12, 12, 12]), '-0.9370')
    """
    reference, image, _ = check_pair(reference, image, None)
    return _similarity(reference, image, check_range(data_range), _VOLUME)


def ssim(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Mean of the 3D structural similarity map in a mask.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare, used as they are: windows at the edge of the mask reach outside it.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to average; without it all but a border of 5 voxels, as scikit-image does.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape ()
        Similarity; 1 for identical images.

    Raises
    ------
    ComparisonError
        The images cannot be compared, the mask is empty, `data_range` is not positive, or an
        image without mask is smaller than the window (11 voxels).

    Examples
    --------
    >>> import torch
    >>> ramp = torch.arange(12.0).expand(12, 12, 12)
    >>> print(f"{ssim(ramp, ramp + 1, data_range=12.0).item():.4f}")
    0.9859
    """
    reference, image, mask = check_pair(reference, image, mask)
    number = check_range(data_range)
    if mask is None:
        return inner_mean(_similarity(reference, image, number, _VOLUME), _VOLUME).mean()
    box = visible_box(mask)
    similarity = _similarity(reference[box], image[box], number, _VOLUME)
    return inside(similarity, mask[box]).mean(dtype=torch.float64)


def ssim_slices(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Mean 2D structural similarity of the axial slices (last axis) that are not empty.

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
        Mean over slices of the mean similarity inside a border of 5 pixels.

    Raises
    ------
    ComparisonError
        As for `ssim`, or every slice is empty.

    Examples
    --------
    >>> ramp = torch.arange(1.0, 13.0).expand(12, 12, 12)
    >>> print(f"{ssim_slices(ramp, ramp + 1, data_range=12.0).item():.4f}")
    0.9666
    """
    reference, image, mask = check_pair(reference, image, mask)
    chosen = occupied_slices(reference, mask)
    number = check_range(data_range)
    similarity = _similarity(reference[..., chosen], image[..., chosen], number, _SLICE)
    return inner_mean(similarity, _SLICE).mean()


def occupied_slices(reference: Tensor, mask: Tensor | None) -> Tensor:
    """Return which axial slices hold a voxel of the mask, or without one of the reference.

    Raises
    ------
    ComparisonError
        None does.
    """
    occupied = (reference != 0 if mask is None else mask).flatten(0, 1).any(dim=0)
    if not occupied.any():
        raise UndefinedError("every slice of the reference is 0: there is nothing to compare")
    return occupied


def inner_mean(similarity: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Average a map over `axes` without the border where the window leaves the image.

    Raises
    ------
    ComparisonError
        Nothing is left inside the border.
    """
    for axis in axes:
        inner = similarity.shape[axis] - 2 * SSIM_RADIUS
        if inner < 1:
            raise UndefinedError(
                f"SSIM without a mask needs {2 * SSIM_RADIUS + 1} voxels along every axis, "
                f"got {tuple(similarity.shape)}: give a mask"
            )
        similarity = similarity.narrow(axis, SSIM_RADIUS, inner)
    return similarity.mean(dim=axes, dtype=torch.float64)


def _similarity(
    reference: Tensor, image: Tensor, data_range: float, axes: tuple[int, ...]
) -> Tensor:
    c1 = (SSIM_K1 * data_range) ** 2
    c2 = (SSIM_K2 * data_range) ** 2
    mean_r, mean_i = smooth(reference, axes), smooth(image, axes)
    variance_r = smooth(reference * reference, axes)
    variance_i = smooth(image * image, axes)
    covariance = smooth(reference * image, axes)
    # In place, for memory is what most of the time goes into; every voxel is computed as written.
    product = mean_r * mean_i
    square_r, square_i = mean_r.mul_(mean_r), mean_i.mul_(mean_i)
    covariance -= product
    variances = variance_r.sub_(square_r).add_(variance_i.sub_(square_i))
    luminance = product.mul_(2).add_(c1).div_(square_r.add_(square_i).add_(c1))
    return luminance.mul_(covariance.mul_(2).add_(c2)).div_(variances.add_(c2))
