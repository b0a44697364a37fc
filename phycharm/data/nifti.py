"""Reading and writing NIfTI volumes: RAS, float32, checked."""

import zlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..utils.arrays import Image
from ..utils.atomic import atomic_file

_AFFINE_TOLERANCE_MM = 1e-2
_UNREADABLE = (
    nibabel.filebasedimages.ImageFileError,
    nibabel.spatialimages.HeaderDataError,
    EOFError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


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
        If the file is missing, is no NIfTI image, or holds no volume or several.
    """
    if not path.is_file():
        what = "is a folder; name a NIfTI file" if path.is_dir() else "no such file; check the path"
        raise InputError(f"{path}: {what}.")
    try:
        image: Any = nibabel.load(path)
    except _UNREADABLE as error:
        raise InputError(f"{path}: not a readable NIfTI file ({error}); copy it again.") from error
    _require_place(image.affine, path)
    return nibabel.as_closest_canonical(_one_volume(image, path))


def _require_place(affine: npt.NDArray[np.float64], path: Path) -> None:
    """Make sure that voxels have a size and a place."""
    if not np.isfinite(affine).all() or np.linalg.matrix_rank(affine[:3, :3]) < 3:
        raise InputError(
            f"{path}: its affine is no orientation (an axis has no length, or is not finite); "
            "correct sform or qform in the header."
        )


def _one_volume(image: Any, path: Path) -> Any:
    """Return a view of shape (X, Y, Z) of an image that may have further axes of length 1."""
    volume, further = image.shape[:3], image.shape[3:]
    if len(volume) < 3 or any(length > 1 for length in further):
        remedy = "split the file" if further else "convert the whole series"
        raise InputError(
            f"{path}: has shape {image.shape}; one volume (X, Y, Z) is needed, so {remedy}."
        )
    if not further:
        return image
    # The proxy stays one, with its scale factors: nothing is read here.
    return type(image)(image.dataobj.reshape(volume), image.affine, image.header)


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
    image = read_image(path)
    if image.get_data_dtype().kind not in "biuf":
        raise InputError(
            f"{path}: has voxels of type {image.get_data_dtype()}; give a volume of plain numbers, "
            "of a complex image the magnitude."
        )
    try:
        data = np.asarray(image.dataobj, dtype=np.float32)
    except _UNREADABLE as error:
        raise InputError(
            f"{path}: damaged or truncated ({error}); copy or convert it again."
        ) from error
    if not np.isfinite(data).all():
        raise InputError(f"{path}: holds NaN or infinite voxels; replace them and try again.")
    if data.size == 0 or (data.min() == data.max() and not constant):
        raise InputError(f"{path}: every voxel has the same value; this is no image.")
    return np.ascontiguousarray(data), np.asarray(image.affine, dtype=np.float64)


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
