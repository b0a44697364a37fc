"""From a file to a segmentation beside it, in the file's own voxel order."""

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

from phycharm.data.nifti import other_grid, read_volume, write_volume
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.physics.acquisition import Acquisition
from phycharm.utils.arrays import Mask

from .engines import get_segmenter
from .segmentation import Segmentation

_UNKNOWN = Scanner(
    name="",
    acquisition=Acquisition(
        inversion_time=math.nan, repetition_time=math.nan, echo_time=math.nan, flip_angle=math.nan
    ),
)


def segment_file(
    input: Path,
    out_dir: Path,
    *,
    engine: str = "hmrf",
    mask: Path | None = None,
    device: str = "cpu",
) -> Segmentation:
    """Segment a NIfTI file and write the result into a folder: all of `phycharm segment`.

    The file is worked on in its own voxel order, so that the answer is the one FAST gives for
    that file, and what is written overlays it voxel by voxel.

    Parameters
    ----------
    input : Path
        T1-weighted volume, `.nii` or `.nii.gz`.
    out_dir : Path
        Where the outputs go, named after the file; see `write_segmentation`.
    engine : str
        `hmrf`, `fsl-fast` or `atropos`.
    mask : Path, optional
        Brain mask on the same grid (above 0 inside). If not given, the brain is where the image
        is not 0, as after brain extraction.
    device : str
        Where `hmrf` computes.

    Returns
    -------
    Segmentation
        What was written.

    Raises
    ------
    InputError
        If the engine, the device, the image or the mask cannot be used.
    """
    segmenter = get_segmenter(engine, device=device)
    name = input.name.removesuffix(".gz").removesuffix(".nii")
    scan = read_scan(input, mask, name)
    segmentation = segmenter.segment(scan)
    write_segmentation(segmentation, scan, out_dir, name)
    return segmentation


def write_segmentation(
    segmentation: Segmentation, scan: Scan, out_dir: Path, name: str
) -> list[Path]:
    """Write a segmentation under the file names that FAST uses.

    Parameters
    ----------
    segmentation : Segmentation
        What to write.
    scan : Scan
        The scan it belongs to.
    out_dir : Path
        Folder; made if need be.
    name : str
        Beginning of the file names.

    Returns
    -------
    list of Path
        `<name>_seg`, `_pveseg`, `_pve_0` (CSF), `_pve_1` (GM), `_pve_2` (WM), `_bias` and, where
        the engine knows it, `_mixeltype`, all `.nii.gz`.
    """
    volumes: dict[str, npt.NDArray[Any]] = {
        "seg": segmentation.labels,
        "pveseg": segmentation.pve_labels,
        **{f"pve_{k}": share for k, share in enumerate(segmentation.partial_volumes)},
        "bias": segmentation.bias,
    }
    if segmentation.mixeltype is not None:
        volumes["mixeltype"] = segmentation.mixeltype
    paths = [out_dir / f"{name}_{suffix}.nii.gz" for suffix in volumes]
    for path, volume in zip(paths, volumes.values(), strict=True):
        write_volume(path, volume, scan.affine)
    return paths


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
