"""The largest of every two by two elements, in a fraction of the time on a CPU."""

import torch
from torch import Tensor, nn
from typing_extensions import override


class MaxPool(nn.MaxPool2d):
    """Halve an image as `torch.nn.MaxPool2d(2)` does, with the same values.

    Where no gradient is wanted on a CPU, rows and then columns are held against each other: torch
    goes through the image number by number there, and notes where each of the largest lay.

    Examples
    --------
    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> with torch.no_grad():
    ...     MaxPool()(image)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """

    def __init__(self) -> None:
        super().__init__(2)

    @override
    def forward(self, input: Tensor) -> Tensor:
        """Return the halved image, of shape (N, C, H // 2, W // 2)."""
        if torch.is_grad_enabled() or input.device.type != "cpu":
            halved: Tensor = super().forward(input)
            return halved
        height, width = (size // 2 * 2 for size in input.shape[-2:])
        rows = torch.maximum(input[..., 0:height:2, :], input[..., 1:height:2, :])
        return torch.maximum(rows[..., 0:width:2], rows[..., 1:width:2])
