"""The box of a volume that holds the brain, in the raster order that FAST visits it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from phycharm.utils.arrays import Image, Mask


@dataclass(frozen=True, kw_only=True)
class Crop:
    """Where a brain lies in its volume, and whether x runs backwards there.

    FAST counts x in radiological order (from the right of the head to the left): an affine with
    a positive determinant is read with x reversed. A volume and its left-right mirrored file
    are therefore visited in the same physical order.

    Parameters
    ----------
    slices : tuple of slice
        Bounding box of the brain.
    reverse_x : bool
        Whether the first axis is reversed.
    shape : tuple of int
        Shape of the whole volume.
    """

    slices: tuple[slice, slice, slice]
    reverse_x: bool
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, inside: Mask, affine: npt.NDArray[np.float64]) -> Self:
        """Find the bounding box of the voxels inside the brain (at least one)."""
        spans = [np.flatnonzero(inside.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        x, y, z = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
        return cls(
            slices=(x, y, z),
            reverse_x=bool(np.linalg.det(affine[:3, :3]) > 0),
            shape=(inside.shape[0], inside.shape[1], inside.shape[2]),
        )

    def cut(self, volume: Image) -> Image:
        """Return the box of a volume in raster order."""
        box = volume[self.slices]
        return box[::-1] if self.reverse_x else box

    def paste(self, box: npt.NDArray[Any], *, outside: float = 0) -> npt.NDArray[Any]:
        """Return a volume (leading axes are kept) that holds `box` and is `outside` elsewhere."""
        volume = np.full((*box.shape[:-3], *self.shape), outside, dtype=box.dtype)
        volume[(..., *self.slices)] = box[..., ::-1, :, :] if self.reverse_x else box
        return volume
