"""SimpleITK, brought in when it is needed, and on one thread: its sums depend on their number."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ...utils.arrays import Mask
from .space import Matrix, Space


def simple_itk() -> Any:
    """Return the module SimpleITK, set to one thread."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return SimpleITK


def itk_version() -> str:
    """Return the version of SimpleITK."""
    return str(simple_itk().Version_VersionString())


def to_itk(image: npt.NDArray[np.float32], space: Space) -> Any:
    """Hand a volume to SimpleITK.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Voxels.
    space : Space
        Its grid, whose axes are those of the world.

    Returns
    -------
    SimpleITK.Image
        Its coordinates are RAS+, as everywhere here, and not ITK's own LPS+.
    """
    volume = simple_itk().GetImageFromArray(np.ascontiguousarray(image.T))
    volume.SetSpacing(space.voxel_size.tolist())
    volume.SetOrigin(space.affine[:3, 3].tolist())
    return volume


def to_label(region: Mask, space: Space) -> Any:
    """Hand a mask to SimpleITK, as its metrics want it; see `to_itk`."""
    sitk = simple_itk()
    return sitk.Cast(to_itk(region.astype(np.float32), space), sitk.sitkUInt8)


def from_itk(volume: Any) -> npt.NDArray[np.float32]:
    """Return the voxels of a SimpleITK image, shape (X, Y, Z)."""
    array = simple_itk().GetArrayFromImage(volume).T
    return np.ascontiguousarray(array, dtype=np.float32)


def to_matrix(transform: Any) -> Matrix:
    """Return a linear transform of SimpleITK as one matrix."""
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    for axis in range(3):
        matrix[:3, axis] = np.array(transform.TransformPoint(np.eye(3)[axis].tolist())) - origin
    matrix[:3, 3] = origin
    return matrix


def to_affine_transform(matrix: Matrix, *, centre: npt.ArrayLike = (0.0, 0.0, 0.0)) -> Any:
    """Return a matrix as a SimpleITK affine transform about a centre."""
    middle = np.asarray(centre, dtype=np.float64)
    transform = simple_itk().AffineTransform(3)
    transform.SetCenter(middle.tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    offset = matrix[:3, 3] - middle + matrix[:3, :3] @ middle
    transform.SetTranslation(offset.tolist())
    return transform
