"""Segmenting one image: a scan in memory, or a file, with the result beside it if wanted."""

import re
from pathlib import Path
from typing import Any

import numpy.typing as npt

from phycharm.data.nifti import write_volume
from phycharm.data.scan import Scan
from phycharm.errors import InputError

from .engines import get_segmenter
from .reading import read_scan
from .segmentation import Segmentation


def segment(
    image: str | Path | Scan,
    *,
    mask: str | Path | None = None,
    engine: str = "hmrf",
    device: str = "cpu",
) -> Segmentation:
    """Segment a T1-weighted image into CSF, grey and white matter.

    Parameters
    ----------
    image : str, Path or Scan
        A NIfTI file, `.nii` or `.nii.gz`, or a scan in memory.
    mask : str or Path, optional
        For a file: brain mask on the same grid (above 0.5 inside). If not given, the brain is where
        the image is above 0, as after brain extraction. A `Scan` has its own.
    engine : str
        `hmrf`, `fsl-fast` or `atropos`.
    device : str
        Where `hmrf` computes.

    Returns
    -------
    Segmentation
        On the grid of the scan, or of the file in the file's own voxel order.

    Raises
    ------
    InputError
        If the engine, the device, the image or the mask cannot be used.
    """
    return _segmented(image, mask, engine, device)[1]


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
        Brain mask on the same grid (above 0.5 inside). If not given, the brain is where the image
        is above 0, as after brain extraction.
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
    scan, segmentation = _segmented(input, mask, engine, device)
    write_segmentation(segmentation, scan, out_dir, scan.subject)
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


def _segmented(
    image: str | Path | Scan, mask: str | Path | None, engine: str, device: str
) -> tuple[Scan, Segmentation]:
    segmenter = get_segmenter(engine, device=device)
    scan = _opened(image, mask)
    return scan, segmenter.segment(scan)


def _opened(image: str | Path | Scan, mask: str | Path | None) -> Scan:
    """Return a scan as it is, or read a file; a file's scan is called like the file."""
    if isinstance(image, Scan):
        if mask is not None:
            raise InputError("A scan has a mask of its own; put yours into it, or give a file.")
        return image
    path = Path(image)
    name = re.sub(r"(\.nii)?(\.gz)?$", "", path.name, count=1, flags=re.IGNORECASE)
    return read_scan(path, None if mask is None else Path(mask), name)
