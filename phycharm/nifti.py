"""Reading and writing NIfTI volumes: RAS, float32, checked."""

import zlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from .atomic import atomic_file
from .errors import InputError

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
        raise InputError(f"{path}: no such file; check the path.")
    try:
        image: Any = nibabel.load(path)
    except _UNREADABLE as error:
        raise InputError(f"{path}: not a readable NIfTI file ({error}); copy it again.") from error
    return nibabel.as_closest_canonical(_one_volume(image, path))


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


def read_volume(
    path: Path, *, constant: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
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
        If the file cannot be read, is no 3D volume, is constant, or holds NaN or infinity.
    """
    image = read_image(path)
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
