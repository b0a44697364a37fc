"""The grid that all scans lie on, and the finer grid that the physics is computed on."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..errors import InputError

FIELD_OF_VIEW = (192.0, 192.0, 179.2)  # mm: 240 x 240 x 224 voxels of 0.8 mm
_NATIVE = 1.0  # mm: what scanners resolve; voxels no larger hold one sample of their image
_FINE_ENOUGH = 1.5  # mm: larger samples would lose what scanners do to their images
_DIVISIONS = 3  # along the edge of a large voxel: enough for its partial volume
_VOXEL_RANGE = (0.5, 12.0)  # mm

Floats = npt.NDArray[np.float32]
Axes = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, kw_only=True)
class ScanGrid:
    """Voxels of a scan, centred on the head, in RAS order.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel in mm.

    Raises
    ------
    InputError
        If the voxels are too small or too large to hold a brain.

    Examples
    --------
    >>> grid = ScanGrid(voxel_size=3.0)
    >>> grid.shape, grid.oversampling, grid.fine_size
    ((64, 64, 60), 2, 1.5)
    >>> grid.affine[:3, 3]
    array([-94.5, -94.5, -88.5])
    """

    voxel_size: float

    def __post_init__(self) -> None:
        low, high = _VOXEL_RANGE
        if not low <= self.voxel_size <= high:
            raise InputError(
                f"voxel size {self.voxel_size} mm: choose one between {low:g} and {high:g} mm."
            )

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along each axis."""
        x, y, z = (math.ceil(extent / self.voxel_size - 1e-6) for extent in FIELD_OF_VIEW)
        return x, y, z

    @cached_property
    def oversampling(self) -> int:
        """Fine voxels along the edge of one voxel."""
        least = 1 if self.voxel_size <= _NATIVE else 2
        return min(max(math.ceil(self.voxel_size / _FINE_ENOUGH - 1e-6), least), _DIVISIONS)

    @cached_property
    def fine_size(self) -> float:
        """Edge of a fine voxel in mm."""
        return self.voxel_size / self.oversampling

    @cached_property
    def fine_shape(self) -> tuple[int, int, int]:
        """Fine voxels along each axis."""
        x, y, z = (count * self.oversampling for count in self.shape)
        return x, y, z

    @cached_property
    def fine_axes(self) -> Axes:
        """World coordinates of the fine voxels' centres along each axis, in mm."""
        x, y, z = (
            ((np.arange(count) - (count - 1) / 2) * self.fine_size).astype(np.float32)
            for count in self.fine_shape
        )
        return x, y, z

    @cached_property
    def axes(self) -> Axes:
        """World coordinates of the voxels' centres along each axis, in mm."""
        x, y, z = (
            ((np.arange(count) - (count - 1) / 2) * self.voxel_size).astype(np.float32)
            for count in self.shape
        )
        return x, y, z

    @cached_property
    def affine(self) -> npt.NDArray[np.float64]:
        """Voxel indices to RAS+ world coordinates in mm; the origin is the centre of the grid."""
        affine = np.diag([self.voxel_size] * 3 + [1.0])
        affine[:3, 3] = -(np.array(self.shape) - 1) / 2 * self.voxel_size
        return affine

    def average(self, fine: Floats) -> Floats:
        """Average fine voxels into voxels: partial volume by integration over each voxel.

        Parameters
        ----------
        fine : ndarray of float32, shape `fine_shape`
            A quantity on the fine grid.

        Returns
        -------
        ndarray of float32, shape `shape`
            Its mean over every voxel.
        """
        return mean_of_blocks(fine, self.oversampling)


def mean_of_blocks(fine: Floats, edge: int) -> Floats:
    """Average the cubes that a volume is made of.

    Parameters
    ----------
    fine : ndarray of float32, shape (edge * X, edge * Y, edge * Z)
        A volume.
    edge : int
        Voxels along the edge of a cube.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        Mean of every cube.
    """
    if edge == 1:
        return fine
    split = [part for count in fine.shape for part in (count // edge, edge)]
    mean: Floats = fine.reshape(split).mean(axis=(1, 3, 5), dtype=np.float32)
    return mean
