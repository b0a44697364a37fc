"""The part of the field of view that holds a head: the physics need not be computed elsewhere."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from ..utils.arrays import Mask
from .grid import Axes, Floats, ScanGrid, mean_of_blocks


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box of whole voxels of a scan grid, and the fine voxels in it.

    Parameters
    ----------
    grid : ScanGrid
        The grid.
    start, stop : tuple of int
        First voxel, and one after the last, along each axis.

    Examples
    --------
    >>> region = np.zeros(ScanGrid(voxel_size=8.0).fine_shape, dtype=bool)
    >>> region[30:40, 33:36, 6:9] = True
    >>> box = Box.around(region, ScanGrid(voxel_size=8.0))
    >>> box.start, box.stop, box.fine_shape
    ((10, 11, 2), (14, 12, 3), (12, 3, 3))
    """

    grid: ScanGrid
    start: tuple[int, int, int]
    stop: tuple[int, int, int]

    @classmethod
    def around(cls, region: Mask, grid: ScanGrid) -> Self:
        """Return the smallest box that holds a region.

        Parameters
        ----------
        region : ndarray of bool, shape `grid.fine_shape`
            At least one fine voxel of it is true.
        grid : ScanGrid
            The grid.
        """
        spans = []
        for axis in range(3):
            other = tuple({0, 1, 2} - {axis})
            inside = np.flatnonzero(region.any(axis=other)) // grid.oversampling
            spans.append((int(inside[0]), int(inside[-1]) + 1))
        (a, b), (c, d), (e, f) = spans
        return cls(grid=grid, start=(a, c, e), stop=(b, d, f))

    @cached_property
    def fine_shape(self) -> tuple[int, int, int]:
        """Fine voxels along each axis."""
        x, y, z = (part.stop - part.start for part in self._fine)
        return x, y, z

    @cached_property
    def axes(self) -> Axes:
        """World coordinates of the fine voxels' centres along each axis, in mm."""
        x, y, z = (
            positions[part] for positions, part in zip(self.grid.fine_axes, self._fine, strict=True)
        )
        return x, y, z

    @cached_property
    def _fine(self) -> tuple[slice, ...]:
        n = self.grid.oversampling
        return tuple(slice(n * a, n * b) for a, b in zip(self.start, self.stop, strict=True))

    def cut(self, region: Mask) -> Mask:
        """Cut the box out of a region of the fine grid: shape `fine_shape`."""
        return region[self._fine]

    def average(self, fine: Floats) -> Floats:
        """Average the box's fine voxels into voxels.

        Parameters
        ----------
        fine : ndarray of float32, shape `fine_shape`
            A quantity in the box.

        Returns
        -------
        ndarray of float32, shape `grid.shape`
            Its mean over every voxel; 0 outside the box.
        """
        volume = np.zeros(self.grid.shape, dtype=np.float32)
        inside = tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        volume[inside] = mean_of_blocks(fine, self.grid.oversampling)
        return volume
