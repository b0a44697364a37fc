"""Losses that every method may use."""

from torch import Tensor


def masked_mse(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference inside a mask; 0 where the mask is empty.

    Parameters
    ----------
    a, b : Tensor
        Images of one shape.
    mask : Tensor of bool
        Same shape.
    """
    return ((a - b).square() * mask).sum() / mask.sum().clamp(min=1)
