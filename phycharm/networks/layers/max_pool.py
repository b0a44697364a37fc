"""The largest of every two by two elements, in a fraction of the time on a CPU."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from typing_extensions import override


class MaxPool(nn.MaxPool2d):
    """Halve an image as `torch.nn.MaxPool2d(2)` does, with the same values and gradients.

    On a CPU columns and then rows are held against each other: torch goes through the image number
    by number there, and notes where each of the largest lay.

    Examples
    --------
    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> MaxPool()(image)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """

    def __init__(self) -> None:
        super().__init__(2)

    @override
    def forward(self, input: Tensor) -> Tensor:
        """Return the halved image, of shape (N, C, H // 2, W // 2)."""
        if input.device.type != "cpu":
            halved: Tensor = super().forward(input)
            return halved
        height, width = (size // 2 * 2 for size in input.shape[-2:])
        image = input[..., :height, :width]
        if torch.is_grad_enabled():
            # torch has no types for `apply`.
            learned: Tensor = _Halve.apply(image)  # type: ignore[no-untyped-call]
            return learned
        rows = torch.maximum(image[..., 0::2, :], image[..., 1::2, :])
        return torch.maximum(rows[..., 0::2], rows[..., 1::2])


class _Halve(torch.autograd.Function):
    """As torch does, the first of equals in reading order has the gradient."""

    @staticmethod
    @override
    def forward(ctx: Any, image: Tensor) -> Tensor:
        # Every second number is slow to read: they are read once.
        left, right = image[..., 0::2].contiguous(), image[..., 1::2].contiguous()
        columns = torch.maximum(left, right)
        upper, lower = columns[..., 0::2, :], columns[..., 1::2, :]
        ctx.save_for_backward(right > left, lower > upper)
        return torch.maximum(upper, lower)

    @staticmethod
    @once_differentiable
    @override
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        is_right, is_lower = ctx.saved_tensors
        columns = _dealt(gradient, is_lower, axis=gradient.dim() - 2)
        return _dealt(columns, is_right, axis=gradient.dim() - 1)


def _dealt(gradient: Tensor, to_second: Tensor, *, axis: int) -> Tensor:
    """Double a side: of every two numbers along it one has the gradient, and the other none."""
    shape = [*gradient.shape]
    shape.insert(axis + 1, 2)
    both = gradient.new_empty(shape)
    first, second = both.unbind(axis + 1)
    of_second = gradient * to_second
    second.copy_(of_second)
    torch.sub(gradient, of_second, out=first)
    return both.flatten(axis, axis + 1)
