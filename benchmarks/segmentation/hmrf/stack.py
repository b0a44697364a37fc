"""Brains of a batch as rows of voxels, in the raster order that FAST visits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from phycharm.utils.arrays import Image

from .crop import Crop


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Brains of a batch, padded to one shape with a border of zeros, their voxels in one row.

    Because of the border, the neighbour of a voxel of the brain is found by adding a number to
    its place in the row, and is zero where it lies outside the brain.

    Parameters
    ----------
    intensity : Tensor of float32, shape (B, P)
        Intensities, 0 outside the brain.
    spacing : Tensor of float64, shape (B, 3)
        Voxel edges in mm.
    shape : tuple of int
        Padded (X, Y, Z), whose product is P.
    crops : sequence of Crop
        Where each brain comes from.
    """

    intensity: torch.Tensor
    spacing: torch.Tensor
    shape: tuple[int, int, int]
    crops: Sequence[Crop]

    @classmethod
    def of(
        cls,
        volumes: Sequence[Image],
        affines: Sequence[npt.NDArray[np.float64]],
        *,
        device: torch.device,
    ) -> Self:
        """Crop, reverse and pad volumes that are positive inside the brain and 0 outside."""
        pairs = zip(volumes, affines, strict=True)
        crops = [Crop.around(volume > 0, affine) for volume, affine in pairs]
        boxes = [crop.cut(volume) for crop, volume in zip(crops, volumes, strict=True)]
        x, y, z = (max(box.shape[axis] for box in boxes) + 2 for axis in range(3))
        spacing = np.stack([np.linalg.norm(affine[:3, :3], axis=0) for affine in affines])
        padded = np.zeros((len(boxes), x, y, z), dtype=np.float32)
        for row, box in zip(padded, boxes, strict=True):
            row[_interior(box.shape)] = box
        return cls(
            intensity=torch.from_numpy(padded.reshape(len(boxes), -1)).to(device),
            spacing=torch.from_numpy(spacing).to(device),
            shape=(x, y, z),
            crops=crops,
        )

    @property
    def strides(self) -> tuple[int, int, int]:
        """Steps in the row from a voxel to its neighbour along x, y and z."""
        return self.shape[1] * self.shape[2], self.shape[2], 1

    def random_start(self, classes: int, *, seed: int) -> torch.Tensor:
        """Draw class probabilities, the same for a brain in whatever batch and device it is.

        Returns
        -------
        Tensor of float32, shape (B, K, P)
            Uniform numbers divided by their sum over the classes; 0 outside the crop.
        """
        batch = len(self.crops)
        start = torch.zeros((batch, classes, *self.shape), device=self.intensity.device)
        for row, crop in zip(start, self.crops, strict=True):
            generator = torch.Generator().manual_seed(seed)
            shape = tuple(part.stop - part.start for part in crop.slices)
            draw = torch.rand((classes, *shape), generator=generator)
            x, y, z = _interior(shape)
            row[:, x, y, z] = (draw / draw.sum(0)).to(row.device)
        return start.reshape(batch, classes, -1)

    def unstack(self, row: torch.Tensor, index: int) -> npt.NDArray[Any]:
        """Return one brain's box, in raster order, from its row of shape (..., P)."""
        shape = tuple(part.stop - part.start for part in self.crops[index].slices)
        padded: npt.NDArray[Any] = row.cpu().numpy().reshape(*row.shape[:-1], *self.shape)
        return padded[(..., *_interior(shape))]


def _interior(shape: Sequence[int]) -> tuple[slice, slice, slice]:
    x, y, z = (slice(1, 1 + size) for size in shape)
    return x, y, z
