"""Volumes as stacks of slices for networks in two dimensions, and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...utils.arrays import Image, Mask


@dataclass(frozen=True)
class Placement:
    """Where the slices of one volume came from.

    Parameters
    ----------
    shape : tuple of int
        (X, Y, Z) of the volume.
    planes : tuple of int
        Index of each slice along z.
    corner : tuple of int
        Index (x, y) of the canvas's first voxel in the volume; may be negative.
    size : tuple of int
        Canvas used, (height, width).
    """

    shape: tuple[int, int, int]
    planes: tuple[int, ...]
    corner: tuple[int, int]
    size: tuple[int, int]


@dataclass(frozen=True)
class SliceCanvas:
    """Canvas of fixed size on which the brain of every axial slice is centred.

    One size for all: instance norm sees the empty border too, so a network must meet the same
    border in use as in training. Slices without brain are left out, for they teach nothing.

    Parameters
    ----------
    height, width : int
        Along x and y.
    multiple : int
        Sides are multiples of this.

    Examples
    --------
    >>> brain = np.zeros((40, 50, 3), bool)
    >>> brain[10:30, 5:45, 1] = True
    >>> canvas = SliceCanvas.around([brain], multiple=16)
    >>> canvas
    SliceCanvas(height=32, width=48, multiple=16)
    >>> canvas.place(brain)
    Placement(shape=(40, 50, 3), planes=(1,), corner=(4, 1), size=(32, 48))
    """

    height: int
    width: int
    multiple: int

    @classmethod
    def around(cls, masks: Iterable[Mask], *, multiple: int) -> Self:
        """Choose the smallest canvas that holds every one of these brains.

        It has at least two multiples a side, for at the bottom of a network that halves the image
        down to `multiple` an instance norm needs more than one voxel.
        """
        height = width = 2 * multiple
        for mask in masks:
            (x0, x1), (y0, y1) = _extent(mask, 0), _extent(mask, 1)
            height, width = max(height, x1 - x0), max(width, y1 - y0)
        return cls(round_up(height, multiple), round_up(width, multiple), multiple)

    def place(self, mask: Mask) -> Placement:
        """Centre the canvas on a brain; a brain too large for it gets a larger one.

        Parameters
        ----------
        mask : ndarray of bool, shape (X, Y, Z)
            Brain, not empty.
        """
        (x0, x1), (y0, y1) = _extent(mask, 0), _extent(mask, 1)
        height = max(self.height, round_up(x1 - x0, self.multiple))
        width = max(self.width, round_up(y1 - y0, self.multiple))
        planes = np.flatnonzero(mask.any(axis=(0, 1)))
        return Placement(
            shape=(mask.shape[0], mask.shape[1], mask.shape[2]),
            planes=tuple(int(z) for z in planes),
            corner=((x0 + x1 - height) // 2, (y0 + y1 - width) // 2),
            size=(height, width),
        )


def cut(volume: Tensor, placement: Placement) -> Tensor:
    """Take the slices of a volume.

    Parameters
    ----------
    volume : Tensor, shape (C, X, Y, Z)
        All channels of one scan.
    placement : Placement
        From `SliceCanvas.place`.

    Returns
    -------
    Tensor, shape (N, C, H, W)
        Zero where the canvas reaches beyond the volume.
    """
    (x, y), (height, width) = placement.corner, placement.size
    size_x, size_y, _ = placement.shape
    # Negative padding crops: one call both cuts and fills.
    padding = (y * -1, y + width - size_y, x * -1, x + height - size_x)
    stack = volume[..., list(placement.planes)].permute(3, 0, 1, 2)
    return F.pad(stack, padding).contiguous()


def paste(slices: Tensor, placement: Placement) -> Tensor:
    """Put slices back where they came from; the reverse of `cut`.

    Parameters
    ----------
    slices : Tensor, shape (N, C, H, W)
        In the order of the placement's planes.
    placement : Placement
        As given to `cut`.

    Returns
    -------
    Tensor, shape (C, X, Y, Z)
        Zero wherever there was no slice.

    Examples
    --------
    >>> brain = np.zeros((20, 20, 4), bool)
    >>> brain[5:15, 5:15, 1:3] = True
    >>> placement = SliceCanvas.around([brain], multiple=8).place(brain)
    >>> volume = torch.from_numpy(brain).float()[None]
    >>> slices = cut(volume, placement)
    >>> slices.shape
    torch.Size([2, 1, 16, 16])
    >>> torch.equal(paste(slices, placement), volume)
    True
    """
    (x, y), (height, width) = placement.corner, placement.size
    size_x, size_y, size_z = placement.shape
    padding = (-y, y + width - size_y, -x, x + height - size_x)
    inner = F.pad(slices, tuple(-side for side in padding))
    volume = slices.new_zeros((slices.shape[1], size_x, size_y, size_z))
    volume[..., list(placement.planes)] = inner.permute(1, 2, 3, 0)
    return volume


def as_tensor(volume: Image, device: str) -> Tensor:
    """Turn a volume (X, Y, Z) into a tensor (1, X, Y, Z) on a device."""
    return torch.from_numpy(np.ascontiguousarray(volume))[None].to(device)


def _extent(mask: Mask, axis: int) -> tuple[int, int]:
    others = tuple(other for other in range(3) if other != axis)
    occupied = np.flatnonzero(mask.any(axis=others))
    return int(occupied[0]), int(occupied[-1]) + 1


def round_up(size: int, multiple: int) -> int:
    """Return the smallest multiple that is not below a size."""
    return -(-size // multiple) * multiple
