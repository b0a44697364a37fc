"""What an image is in memory, in the whole package."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]
"""Voxels in RAS order, shape (X, Y, Z) as a rule."""

Mask = npt.NDArray[np.bool_]
"""True inside, usually of the brain; shape of the image it belongs to."""

Labels = npt.NDArray[np.uint8]
"""A tissue per voxel, 0 outside the brain."""


def box_around(values: npt.NDArray[Any], margin: Sequence[int]) -> tuple[slice, ...]:
    """Return the smallest box that holds all that is not 0, and a margin.

    Parameters
    ----------
    values : ndarray, shape (X, Y, Z)
        A mask or an image; where all is 0, the box is the whole of it.
    margin : sequence of int
        Voxels to add on either side of each axis, as far as there are any.

    Examples
    --------
    >>> values = np.zeros((9, 9, 9))
    >>> values[4, 2:5, 0] = 1
    >>> box_around(values, (1, 1, 1))
    (slice(3, 6, None), slice(1, 6, None), slice(0, 2, None))
    """
    if not values.any():
        return tuple(slice(0, count) for count in values.shape)
    reach = [np.flatnonzero(values.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    return tuple(
        slice(max(int(found[0]) - wider, 0), min(int(found[-1]) + 1 + wider, count))
        for found, wider, count in zip(reach, margin, values.shape, strict=True)
    )
