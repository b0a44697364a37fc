"""Separable Gaussian smoothing of a volume, exact to the last bits of its type."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .constants import SSIM_RADIUS, SSIM_SIGMA

# torch before 2.9 has no such switches; there full precision is the default of products.
_MATMUL: tuple[Any, ...] = tuple(
    backend
    for backend in (torch.backends.cuda.matmul, getattr(torch.backends.mkldnn, "matmul", None))
    if hasattr(backend, "fp32_precision")
)


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Forbid TF32, bfloat16 and autocast in products, whatever the training around uses.

    Parameters
    ----------
    device : torch.device
        Where the products are computed; autocast is switched off there.
    """
    before = [backend.fp32_precision for backend in _MATMUL]
    for backend in _MATMUL:
        backend.fp32_precision = "ieee"
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for backend, precision in zip(_MATMUL, before, strict=True):
            backend.fp32_precision = precision


def smoothing_matrix(length: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Gaussian smoothing along one axis as a matrix.

    Borders are mirrored with the edge voxel repeated (SciPy's mode `reflect`), as often as the
    window needs.

    Parameters
    ----------
    length : int
        Number of voxels along the axis.

    Returns
    -------
    ndarray of float64, shape (length, length)
        Row i holds the weights of voxel i's window; each row sums to 1.

    Examples
    --------
    >>> smoothing_matrix(3).round(3)
    array([[0.48 , 0.331, 0.189],
           [0.331, 0.338, 0.331],
           [0.189, 0.331, 0.48 ]])
    """
    offsets = np.arange(-SSIM_RADIUS, SSIM_RADIUS + 1)
    window = np.exp(-0.5 * (offsets / SSIM_SIGMA) ** 2)
    window /= window.sum()
    sources = np.pad(np.arange(length), SSIM_RADIUS, mode="symmetric")
    matrix = np.zeros((length, length))
    for offset, weight in enumerate(window):
        np.add.at(matrix, (np.arange(length), sources[offset : offset + length]), weight)
    return matrix


def smooth(volume: Tensor, axes: Iterable[int] = (0, 1, 2)) -> Tensor:
    """Smooth a volume with the Gaussian window of SSIM.

    One product with a banded matrix per axis: several times faster than a convolution here, and
    the borders come with it.

    Parameters
    ----------
    volume : Tensor, shape (X, Y, Z)
        Image.
    axes : iterable of int
        Axes to smooth along.

    Returns
    -------
    Tensor, shape (X, Y, Z)
        Local weighted means.
    """
    with full_precision(volume.device):
        for axis in axes:
            volume = _smooth_along(volume, axis)
    return volume


def _smooth_along(volume: Tensor, axis: int) -> Tensor:
    """Smooth along one axis by the product that needs no copy of the volume with axes in turn."""
    matrix = torch.tensor(_kept_matrix(volume.shape[axis])).to(volume)
    if axis == 0:
        return (matrix @ volume.reshape(len(volume), -1)).view(volume.shape)
    if axis == 1:
        return torch.bmm(matrix.expand(len(volume), -1, -1), volume)
    flat = matrix @ volume.reshape(-1, volume.shape[2]).T
    return flat.view(-1, *volume.shape[:2]).movedim(0, 2)


_kept_matrix = lru_cache(maxsize=64)(smoothing_matrix)


def visible_box(mask: Tensor) -> tuple[slice, slice, slice]:
    """Return the box around a mask that the windows of its voxels can see."""
    sides = []
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        occupied = mask.sum(dim=others).nonzero()
        first, last = int(occupied[0]), int(occupied[-1])
        sides.append(slice(max(first - SSIM_RADIUS, 0), last + SSIM_RADIUS + 1))
    return sides[0], sides[1], sides[2]
