"""Reading and writing NIfTI volumes: RAS, float32, checked."""

import warnings
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..utils.arrays import Image
from ..utils.atomic import atomic_file
from .stored_image import open_image, told_of_damage, whole_image

_AFFINE_TOLERANCE_MM = 1e-2
# Metres or micrometres lie outside, microscopy and thick slices inside.
_CREDIBLE_MM = (0.01, 100.0)
_told_of_place: set[Path] = set()


def read_image(path: Path) -> Any:
    """Open a NIfTI file and reorient it to RAS; the voxels are read only when asked for.

    Axes of length 1 behind the third, which many converters write, are left out.

    Parameters
    ----------
    path : Path
        A `.nii` or `.nii.gz` file.

    Returns
    -------
    nibabel.spatialimages.SpatialImage
        Closest canonical (RAS) view of the file.

    Raises
    ------
    InputError
        If the file is missing, is no NIfTI image, holds no volume or several, or its affine gives
        its voxels no place, or a size of no image in mm.

    Warns
    -----
    UserWarning
        Once a file, if its header does not say which side is left.
    """
    return _in_ras(open_image(path), path)


def _in_ras(image: Any, path: Path) -> Any:
    with told_of_damage(path):
        _require_place(image.affine, path)
        _warn_of_place(image, path)
        return nibabel.as_closest_canonical(_one_volume(image, path))


def _require_place(affine: npt.NDArray[np.float64], path: Path) -> None:
    """Make sure that voxels have a size and a place."""
    if not np.isfinite(affine).all() or np.linalg.matrix_rank(affine[:3, :3]) < 3:
        raise InputError(
            f"{path}: its affine is no orientation (an axis has no length, or is not finite); "
            "correct sform or qform in the header."
        )
    size = np.linalg.norm(affine[:3, :3], axis=0)
    if size.min() < _CREDIBLE_MM[0] or size.max() > _CREDIBLE_MM[1]:
        edges = " x ".join(f"{edge:g}" for edge in size)
        raise InputError(
            f"{path}: its voxels would be {edges} mm; correct the header, whose unit is mm."
        )


def _warn_of_place(image: Any, path: Path) -> None:
    """Say once of a file that nobody knows its left from its right."""
    if path in _told_of_place or not isinstance(image.header, nibabel.AnalyzeHeader):
        return
    header = image.header
    codes = [int(header[key]) for key in ("sform_code", "qform_code") if key in header]
    if not any(codes):
        what = "has neither sform nor qform, so which side is left is not known: it is guessed"
    elif all(codes) and np.linalg.det(image.get_sform()) * np.linalg.det(image.get_qform()) < 0:
        what = "its sform and qform differ on which side is left: the sform is taken"
    else:
        return
    _told_of_place.add(path)
    warnings.warn(
        f"{path}: {what}; convert it from DICOM again, or correct the header.", stacklevel=2
    )


def _one_volume(image: Any, path: Path) -> Any:
    """Return a view of shape (X, Y, Z) of an image that may have further axes of length 1."""
    volume, further = image.shape[:3], image.shape[3:]
    if 0 in image.shape:
        raise InputError(f"{path}: has shape {image.shape}, so no voxels; convert it again.")
    if len(volume) < 3 or any(length > 1 for length in further):
        remedy = "split the file" if further else "convert the whole series"
        raise InputError(
            f"{path}: has shape {image.shape}; one volume (X, Y, Z) is needed, so {remedy}."
        )
    if not further:
        return image
    # The proxy stays one, with its scale factors: nothing is read here.
    return type(image)(image.dataobj.reshape(volume), image.affine, image.header)


def read_voxels(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Read one volume of any plain numbers, such as labels, in the type they are stored in.

    A compressed file is read to its end, and refused if its content does not fit its checksum.

    Parameters
    ----------
    path : Path
        A `.nii` or `.nii.gz` file.

    Returns
    -------
    voxels : ndarray, shape (X, Y, Z)
        In RAS order; floating-point numbers where the header has scale factors.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to RAS+ world coordinates in mm.

    Raises
    ------
    InputError
        If the file cannot be read, is no 3D volume of plain numbers, or holds NaN or infinity.
    """
    return _voxels(path, None)


def _voxels(
    path: Path, dtype: npt.DTypeLike | None
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    image = _in_ras(whole_image(path), path)
    with told_of_damage(path):
        kind = image.get_data_dtype()
        if kind.kind not in "biuf":
            raise InputError(
                f"{path}: has voxels of type {kind}; give a volume of plain numbers, of a complex "
                "image the magnitude."
            )
        with np.errstate(all="ignore"):  # what overflows is infinite, and found below
            data = np.asarray(image.dataobj, dtype=dtype)
    if not np.isfinite(data).all():
        raise InputError(f"{path}: holds NaN or infinite voxels; replace them and try again.")
    return data, np.asarray(image.affine, dtype=np.float64)


def read_volume(path: Path, *, constant: bool = False) -> tuple[Image, npt.NDArray[np.float64]]:
    """Read one intensity volume.

    Parameters
    ----------
    path : Path
        A `.nii` or `.nii.gz` file.
    constant : bool
        Whether it may hold one value alone, as an empty or a full mask does.

    Returns
    -------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities in RAS order.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to RAS+ world coordinates in mm.

    Raises
    ------
    InputError
        If the file cannot be read, is no 3D volume of plain numbers, is constant, or holds NaN or
        infinity.
    """
    data, affine = _voxels(path, np.float32)
    if data.min() == data.max() and not constant:
        raise InputError(f"{path}: every voxel has the same value; this is no image.")
    return np.ascontiguousarray(data), affine


def other_grid(
    shape: tuple[int, ...],
    affine: npt.NDArray[np.float64],
    wanted_shape: tuple[int, ...],
    wanted_affine: npt.NDArray[np.float64],
) -> str:
    """Say how one grid differs from another: a phrase, empty where both are one.

    Parameters
    ----------
    shape, wanted_shape : tuple of int
        Of both volumes, in RAS order.
    affine, wanted_affine : ndarray of float64, shape (4, 4)
        Likewise; differences of 0.01 mm do not count.

    Examples
    --------
    >>> other_grid((2, 2, 2), np.eye(4), (2, 2, 3), np.eye(4))
    'has shape (2, 2, 2) and not (2, 2, 3)'
    >>> other_grid((2, 2, 2), np.eye(4), (2, 2, 2), 1.1 * np.eye(4))
    'lies elsewhere (its affine differs)'
    >>> other_grid((2, 2, 2), np.eye(4), (2, 2, 2), np.eye(4))
    ''
    """
    if shape != wanted_shape:
        return f"has shape {shape} and not {wanted_shape}"
    if not np.allclose(affine, wanted_affine, atol=_AFFINE_TOLERANCE_MM):
        return "lies elsewhere (its affine differs)"
    return ""


def write_volume(path: Path, data: npt.NDArray[Any], affine: npt.NDArray[np.float64]) -> None:
    """Write a volume atomically, in the array's own type.

    Parameters
    ----------
    path : Path
        Ends in `.nii` or `.nii.gz`.
    data : ndarray, shape (X, Y, Z)
        Voxels; booleans are stored as uint8.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm; stored as both sform and qform.
    """
    voxels = data.astype(np.uint8) if data.dtype == np.bool_ else data
    image = nibabel.Nifti1Image(voxels, affine)
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    image.header.set_xyzt_units("mm", "sec")
    with atomic_file(path) as temporary:
        nibabel.save(image, temporary)
