"""Reading a file for segmentation, in the file's own voxel order."""

import math
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from phycharm.data.nifti import other_grid, read_volume
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.physics.acquisition import Acquisition
from phycharm.utils.arrays import Mask

_UNKNOWN = Scanner(
    name="",
    acquisition=Acquisition(
        inversion_time=math.nan, repetition_time=math.nan, echo_time=math.nan, flip_angle=math.nan
    ),
)


def read_scan(path: Path, mask_path: Path | None, name: str) -> Scan:
    """Read a file as a scan in the file's own voxel order.

    Parameters
    ----------
    path : Path
        T1-weighted volume.
    mask_path : Path or None
        Brain mask on the same grid; None takes every voxel that is not 0.
    name : str
        By which messages call the scan.

    Returns
    -------
    Scan
        Of a scanner of which nothing is known.

    Raises
    ------
    InputError
        If a file cannot be used or the grids differ.
    """
    image, affine = read_volume(path)
    mask = image != 0 if mask_path is None else _read_mask(mask_path, image.shape, affine)
    to_file = _from_ras(path)
    return Scan(
        image=np.ascontiguousarray(apply_orientation(image, to_file)),
        mask=np.ascontiguousarray(apply_orientation(mask, to_file)),
        affine=affine @ inv_ornt_aff(to_file, image.shape),
        scanner=_UNKNOWN,
        subject=name,
    )


def _read_mask(path: Path, shape: tuple[int, ...], affine: npt.NDArray[np.float64]) -> Mask:
    # A full mask is constant too; an empty one is refused by name.
    mask, mask_affine = read_volume(path, constant=True)
    if not (mask > 0).any():
        raise InputError(f"{path}: is an empty mask; give one that covers the brain.")
    if other_grid(mask.shape, mask_affine, shape, affine):
        raise InputError(f"{path}: lies on another grid than the image; resample it to the image.")
    return mask > 0


def _from_ras(path: Path) -> npt.NDArray[np.float64]:
    """Return the orientation change from RAS to the voxel order of a file."""
    image: Any = nibabel.load(path)
    own = io_orientation(image.affine)
    change: npt.NDArray[np.float64] = ornt_transform(axcodes2ornt("RAS"), own)
    return change
