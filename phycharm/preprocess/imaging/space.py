"""Grids in the world, and resampling from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...utils.arrays import Image, Mask

Matrix = npt.NDArray[np.float64]
"""A map of world coordinates in mm (RAS+), shape (4, 4)."""

Order = Literal[1, 3]
"""Of a spline: linear or cubic."""

_FWHM_PER_SIGMA = 2.3548  # 2 sqrt(2 ln 2)
_LEAST_SHRINKAGE = 1.2  # samples that lie no further apart than that need no smoothing before


@dataclass(frozen=True, kw_only=True, eq=False)
class Space:
    """A regular grid of voxels.

    Parameters
    ----------
    shape : tuple of int
        Voxels along each axis.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to RAS+ world coordinates in mm.
    """

    shape: tuple[int, int, int]
    affine: Matrix

    @classmethod
    def around(
        cls,
        centre: npt.ArrayLike,
        *,
        shape: Sequence[int],
        voxel_size: float,
        axes: npt.ArrayLike | None = None,
    ) -> Self:
        """Make a grid of cubes whose middle is a point.

        Parameters
        ----------
        centre : array_like, shape (3,)
            The point in mm.
        shape : sequence of int
            Voxels along each axis.
        voxel_size : float
            Edge of a voxel in mm.
        axes : array_like, shape (3, 3), optional
            Directions of the axes as orthonormal columns; those of the world by default.
        """
        x, y, z = shape
        affine = np.eye(4)
        affine[:3, :3] = voxel_size * np.asarray(np.eye(3) if axes is None else axes)
        affine[:3, 3] = np.asarray(centre) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
        return cls(shape=(x, y, z), affine=affine)

    @cached_property
    def voxel_size(self) -> npt.NDArray[np.float64]:
        """Edges of a voxel in mm, shape (3,)."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    @cached_property
    def voxel_volume(self) -> float:
        """Volume of a voxel in ml."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000

    def world(self, voxels: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the world coordinates in mm of voxel indices, shape (..., 3)."""
        found = np.asarray(voxels) @ self.affine[:3, :3].T + self.affine[:3, 3]
        return np.asarray(found, dtype=np.float64)

    def crop(self, box: tuple[slice, ...]) -> Self:
        """Return the part of the grid that lies in a box of voxel indices."""
        ends = [side.indices(length) for side, length in zip(box, self.shape, strict=True)]
        affine = self.affine.copy()
        affine[:3, 3] = self.world([start for start, _, _ in ends])
        x, y, z = (stop - start for start, stop, _ in ends)
        return type(self)(shape=(x, y, z), affine=affine)


def bounding_box(mask: Mask, *, margin: int = 0) -> tuple[slice, ...]:
    """Return the smallest box that holds all voxels of a mask, and a margin of voxels.

    Parameters
    ----------
    mask : ndarray of bool, shape (X, Y, Z)
        Not empty.
    margin : int
        Voxels to add on every side, as far as there are any.
    """
    (found,) = ndimage.find_objects(mask.astype(np.uint8), max_label=1)
    return tuple(
        slice(max(0, side.start - margin), min(length, side.stop + margin))
        for side, length in zip(found, mask.shape, strict=True)
    )


def resample(
    image: npt.NDArray[np.float32],
    own: Space,
    target: Space,
    *,
    matrix: Matrix | None = None,
    order: Order = 3,
) -> Image:
    """Interpolate an image on another grid, once.

    Where the new samples lie further apart than the old ones, the image is first smoothed by the
    Gaussian that brings its resolution to theirs.

    Parameters
    ----------
    image : ndarray of float32
        Of the shape of `own`.
    own, target : Space
        Grid of the image, and of the result.
    matrix : ndarray of float64, shape (4, 4), optional
        World coordinates of `target` to those of `own`, in mm; identity by default.
    order : int
        Order of the spline: 1 is linear, 3 cubic.

    Returns
    -------
    ndarray of float32
        Of the shape of `target`; 0 outside the image's field of view.
    """
    world = target.affine if matrix is None else matrix @ target.affine
    voxels = np.linalg.inv(own.affine) @ world
    step = np.linalg.norm(voxels[:3, :3], axis=1)
    sigma = np.where(
        step > _LEAST_SHRINKAGE, np.sqrt(np.maximum(step**2 - 1, 0)) / _FWHM_PER_SIGMA, 0
    )
    smooth = ndimage.gaussian_filter(image, sigma) if sigma.any() else image
    result: Image = ndimage.affine_transform(
        smooth,
        voxels[:3, :3],
        offset=voxels[:3, 3],
        output_shape=target.shape,
        order=order,
        output=np.float32,
    )
    return result
