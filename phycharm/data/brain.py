"""What is brain: one rule for masks and for images whose brain has been extracted."""

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..utils.arrays import Image, Mask
from .nifti import other_grid, read_volume

LARGEST_BRAIN_L = 2.5
"""Litres above which there is more than a brain: skull and skin, or voxels of a wrong size."""

_BRAIN_ABOVE = 0.5
_LEAST_BACKGROUND = 0.1
# Interpolation leaves a few negative voxels; a z-scored or centred image has a third or more.
_MOST_NEGATIVE = 0.25
_told_of_size: set[Path] = set()


def is_brain(fraction: Image) -> Mask:
    """Return where a mask, or a map of the probability of brain, says brain: above one half.

    Examples
    --------
    >>> is_brain(np.array([0, 0.3, 0.5, 0.6, 1, 255], np.float32)).tolist()
    [False, False, False, True, True, True]
    """
    return np.asarray(fraction > _BRAIN_ABOVE)


def read_mask(
    path: Path, *, shape: tuple[int, ...], affine: npt.NDArray[np.float64], of: Path
) -> Mask:
    """Read a brain mask.

    Parameters
    ----------
    path : Path
        NIfTI file with 0 outside the brain and 1 (any number above 0.5) in it, or with the
        probability of brain.
    shape : tuple of int
        Of the image that the mask belongs to.
    affine : ndarray of float64, shape (4, 4)
        Of that image: voxel indices to world coordinates in mm.
    of : Path
        That image, for messages.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        See `is_brain`.

    Raises
    ------
    InputError
        If the file cannot be read, is on another grid, or no voxel is brain.

    Warns
    -----
    UserWarning
        Once a file, if every voxel is brain, or the brain is larger than any.
    """
    volume, own = read_volume(path, constant=True)
    if difference := other_grid(volume.shape, own, shape, affine):
        raise InputError(
            f"{path}: is on another grid than {of.name}, for it {difference}; resample the mask to "
            "the image."
        )
    brain = is_brain(volume)
    if not brain.any():
        raise InputError(f"{path}: no voxel is above 0.5, so none is brain; make the mask again.")
    _warn_of_size(brain, affine, path, remedy="make the mask again")
    return brain


def extracted_brain(image: Image, affine: npt.NDArray[np.float64], path: Path) -> Mask:
    """Return the brain of an image that has nothing else in it: its voxels above 0.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm.
    path : Path
        The file that was read, for messages.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        The brain.

    Raises
    ------
    InputError
        If hardly any voxel is 0, so that the brain has not been extracted, much of the image is
        negative, or no voxel is above 0.

    Warns
    -----
    UserWarning
        Once a file, if the brain is larger than any.
    """
    brain = np.asarray(image > 0)
    require_magnitudes(image, brain | (image < 0), path, without=", or with a brain mask (--mask)")
    if (~brain).mean() < _LEAST_BACKGROUND:
        raise InputError(
            f"{path}: has hardly any voxel at 0, so its brain has not been extracted; give a brain "
            "mask (--mask, or in derivatives/ of a BIDS folder)."
        )
    if not brain.any():
        raise InputError(f"{path}: no voxel is above 0; give the image as the scanner made it.")
    _warn_of_size(brain, affine, path, remedy="extract the brain, or give a mask")
    return brain


def is_centred(brain: npt.NDArray[np.float32]) -> bool:
    """Whether the voxels of a brain are so often negative that they are no magnitudes.

    Examples
    --------
    >>> is_centred(np.linspace(-1, 1, 9, dtype=np.float32))
    True
    >>> is_centred(np.linspace(-0.1, 1, 9, dtype=np.float32))
    False
    """
    return bool(brain.size) and bool((brain < 0).mean() > _MOST_NEGATIVE)


def require_magnitudes(image: Image, mask: Mask, path: Path, *, without: str = "") -> None:
    """Make sure that an image holds what a scanner gives, and nothing that was made of it.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities.
    mask : ndarray of bool, shape (X, Y, Z)
        The brain.
    path : Path
        The file that was read, for messages.
    without : str
        Another remedy.

    Raises
    ------
    InputError
        If much of the brain is negative, as in a z-scored image, or hardly any of it is positive.
    """
    brain = image[mask]
    if is_centred(brain):
        raise InputError(
            f"{path}: much of the brain is negative, as in a z-scored image; give it as the "
            f"scanner made it{without}."
        )
    # All standardizations divide by something that lies between the upper percentiles.
    if brain.size and np.percentile(brain, 90) <= 0:
        raise InputError(f"{path}: the brain has no signal; check the image and its mask.")


def _warn_of_size(brain: Mask, affine: npt.NDArray[np.float64], path: Path, *, remedy: str) -> None:
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    litres = np.count_nonzero(brain) * voxel_ml / 1000
    if litres > LARGEST_BRAIN_L:
        what = f"its brain would be {litres:.1f} l, and none is larger than {LARGEST_BRAIN_L:g} l"
        remedy += ", or correct the voxel size"
    elif brain.all():
        what = "every voxel is brain"
    else:
        return
    if path not in _told_of_size:
        _told_of_size.add(path)
        warnings.warn(f"{path}: {what}; {remedy}.", stacklevel=3)
