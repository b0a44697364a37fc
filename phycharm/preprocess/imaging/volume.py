"""A volume with its place in the world."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from ...data.nifti import read_volume
from ...utils.arrays import Image, Mask
from .space import Space


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """Voxels in RAS order, and where they lie.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to RAS+ world coordinates in mm.
    """

    image: Image
    affine: npt.NDArray[np.float64]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a NIfTI file and put its axes into RAS order; nothing is interpolated.

        Raises
        ------
        InputError
            If the file cannot be used; see `phycharm.data.nifti.read_volume`.
        """
        image, affine = read_volume(path)
        return cls(image=image, affine=affine)

    @property
    def space(self) -> Space:
        """Its grid."""
        x, y, z = self.image.shape
        return Space(shape=(x, y, z), affine=self.affine)

    def crop(self, box: tuple[slice, ...]) -> Self:
        """Return the part of it that lies in a box of voxel indices."""
        return type(self)(image=self.image[box], affine=self.space.crop(box).affine)

    def masked(self, mask: Mask) -> Self:
        """Return it with zeros outside a mask."""
        return type(self)(image=np.where(mask, self.image, np.float32(0)), affine=self.affine)
