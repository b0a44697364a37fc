"""What a pair of images must satisfy before it is compared."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from phycharm.errors import InputError


class ComparisonError(InputError, ValueError):
    """Two images cannot be compared; a `ValueError` to callers, one line to users."""


class UndefinedError(ComparisonError):
    """One metric is not defined for images that others can compare."""


Volume = Tensor | npt.NDArray[Any]
"""What metrics take: a tensor, or an array, which is copied into one on the CPU."""

# Unsigned numbers, which torch can hardly compare, and half precision fit into these exactly.
_WIDE = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}


def as_tensor(volume: Volume) -> Tensor:
    """Return an array as a tensor of its own, and a tensor as it is.

    Raises
    ------
    ComparisonError
        It holds no plain numbers.
    """
    if isinstance(volume, Tensor):
        return volume
    array = np.asarray(volume)
    if array.dtype.kind not in _WIDE:
        raise ComparisonError(f"images hold numbers, got an array of type {array.dtype}")
    narrow = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    # Always a copy: torch wants native byte order, positive strides and leave to write.
    return torch.from_numpy(array.astype(np.float32 if narrow else _WIDE[array.dtype.kind]))


def check_mask(mask: Volume | None, shape: tuple[int, ...]) -> Tensor | None:
    """Return the mask as bool.

    Raises
    ------
    ComparisonError
        The mask has another shape or holds no voxel.
    """
    if mask is None:
        return None
    mask = as_tensor(mask)
    if mask.shape != shape:
        raise ComparisonError(f"the mask has shape {_text(mask)}, the images have {tuple(shape)}")
    if not mask.any():
        raise ComparisonError("the mask is empty: there is nothing to compare")
    return mask.bool()


def check_pair(
    reference: Volume, image: Volume, mask: Volume | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Bring two images to one floating type and hold them against each other.

    A non-finite voxel of the image becomes NaN, so that the score of a method that diverged is
    NaN in every metric.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare.
    mask : Tensor, ndarray or None, shape (X, Y, Z)
        Voxels to look at.

    Returns
    -------
    reference, image : Tensor of float32 or float64
        The images.
    mask : Tensor of bool or None
        The mask.

    Raises
    ------
    ComparisonError
        The images are not 3D, differ in shape or hold no numbers, or the reference holds NaN or
        infinity; the mask has another shape or is empty.
    """
    reference, image = as_tensor(reference), as_tensor(image)
    if reference.ndim != 3 or reference.shape != image.shape:
        raise ComparisonError(
            f"the images must be 3D and of one shape, got {_text(reference)} and {_text(image)}"
        )
    mask = check_mask(mask, reference.shape)
    if not all_finite(reference):
        raise ComparisonError("the reference image holds NaN or infinite values")
    dtype = torch.promote_types(reference.dtype, image.dtype)
    if dtype not in (torch.float32, torch.float64):
        dtype = torch.float32
    image = image.to(dtype)
    if not all_finite(image):
        image = torch.where(image.isfinite(), image, torch.nan)
    return reference.to(dtype), image, mask


def check_range(data_range: float | Tensor) -> float:
    """Return the data range as a number.

    Raises
    ------
    ComparisonError
        It is not positive and finite.
    """
    number = float(data_range)
    if not 0 < number < float("inf"):
        raise ComparisonError(f"data_range must be positive and finite, got {number:g}")
    return number


def all_finite(values: Tensor) -> bool:
    """Whether no number is NaN or infinite."""
    # A sum is finite if every number is, unless it overflows, and costs a fraction of the look.
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def inside(values: Tensor, mask: Tensor | None) -> Tensor:
    """Return the voxels in the mask (all without one) as a vector."""
    return values.flatten() if mask is None else values.masked_select(mask)


def _text(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
