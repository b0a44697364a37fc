"""Reading a file for segmentation, in the file's own voxel order."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from phycharm.data.brain import extracted_brain, read_mask, require_magnitudes
from phycharm.data.nifti import read_volume
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.data.stored_image import open_image
from phycharm.physics.acquisition import Acquisition

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
        Brain mask on the same grid; None takes every voxel above 0, if the brain has been
        extracted: the rules are those of `phycharm.data.brain`.
    name : str
        By which messages call the scan.

    Returns
    -------
    Scan
        Of a scanner of which nothing is known.

    Raises
    ------
    InputError
        If a file cannot be used, the grids differ, or the image is no brain as a scanner gives it.
    """
    image, affine = read_volume(path)
    if mask_path is None:
        mask = extracted_brain(image, affine, path)
    else:
        mask = read_mask(mask_path, shape=image.shape, affine=affine, of=path)
        require_magnitudes(image, mask, path)
    to_file = _from_ras(path)
    return Scan(
        image=np.ascontiguousarray(apply_orientation(image, to_file)),
        mask=np.ascontiguousarray(apply_orientation(mask, to_file)),
        affine=affine @ inv_ornt_aff(to_file, image.shape),
        scanner=_UNKNOWN,
        subject=name,
    )


def _from_ras(path: Path) -> npt.NDArray[np.float64]:
    """Return the orientation change from RAS to the voxel order of a file."""
    own = io_orientation(open_image(path).affine)
    change: npt.NDArray[np.float64] = ornt_transform(axcodes2ornt("RAS"), own)
    return change
