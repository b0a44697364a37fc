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

    Examples
    --------
    >>> import torch
    >>> a, b = torch.tensor([1.0, 5.0]), torch.tensor([3.0, 0.0])
    >>> masked_mse(a, b, torch.tensor([True, False]))
    tensor(4.)
    """
    return ((a - b).square() * mask).sum() / mask.sum().clamp(min=1)
