"""Losses that every method uses: means over a mask, for outside it no output counts.

Outside the brain images are 0 without being dark. A mean over the canvas would have a network learn
where the brain ends, which is nobody's contrast, and pay for it by a dark rim.
"""

from torch import Tensor


def masked_mse(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference inside a mask; 0 where the mask is empty.

    Parameters
    ----------
    a, b : Tensor
        Images of one shape.
    mask : Tensor of bool
        Same shape, or one that is repeated to it. Between scanners it is where both saw brain.

    Examples
    --------
    >>> import torch
    >>> a, b = torch.tensor([1.0, 5.0]), torch.tensor([3.0, 0.0])
    >>> masked_mse(a, b, torch.tensor([True, False]))
    tensor(4.)
    """
    return _masked_mean((a - b).square(), mask)


def masked_l1(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference inside a mask; see `masked_mse`.

    Examples
    --------
    >>> import torch
    >>> a, b = torch.tensor([1.0, 5.0]), torch.tensor([3.0, 0.0])
    >>> masked_l1(a, b, torch.tensor([True, False]))
    tensor(2.)
    """
    return _masked_mean((a - b).abs(), mask)


def _masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    counted = mask.expand_as(values)
    return (values * counted).sum() / counted.sum().clamp(min=1)
