"""Slices of the whole field of view, as the PhyCHarm preprint has them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from ...utils.arrays import Mask
from .slices import Placement, SliceCanvas, round_up


@dataclass(frozen=True)
class FieldOfView(SliceCanvas):
    """Canvas on which every axial slice stands whole, with brain or without.

    Sides are padded to what the network can halve; nothing is cut off.

    Parameters
    ----------
    height, width, multiple : int
        See `SliceCanvas`.

    Examples
    --------
    >>> import numpy as np
    >>> brain = np.zeros((40, 50, 3), bool)
    >>> brain[10:30, 5:45, 1] = True
    >>> canvas = FieldOfView.around([brain], multiple=16)
    >>> canvas
    FieldOfView(height=48, width=64, multiple=16)
    >>> canvas.place(brain)
    Placement(shape=(40, 50, 3), planes=(0, 1, 2), corner=(-4, -7), size=(48, 64))
    """

    @classmethod
    @override
    def around(cls, masks: Iterable[Mask], *, multiple: int) -> Self:
        """Choose the smallest canvas that holds every one of these volumes."""
        height = width = 2 * multiple
        for mask in masks:
            height, width = max(height, mask.shape[0]), max(width, mask.shape[1])
        return cls(round_up(height, multiple), round_up(width, multiple), multiple)

    @override
    def place(self, mask: Mask) -> Placement:
        """Centre a volume on the canvas; one too large for it gets a larger one.

        Parameters
        ----------
        mask : ndarray of bool, shape (X, Y, Z)
            Of the brain; its shape alone counts.
        """
        height = max(self.height, round_up(mask.shape[0], self.multiple))
        width = max(self.width, round_up(mask.shape[1], self.multiple))
        return Placement(
            shape=(mask.shape[0], mask.shape[1], mask.shape[2]),
            planes=tuple(range(mask.shape[2])),
            corner=((mask.shape[0] - height) // 2, (mask.shape[1] - width) // 2),
            size=(height, width),
        )
