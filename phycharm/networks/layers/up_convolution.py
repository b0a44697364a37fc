"""Transposed convolution whose bias costs nothing to learn on a CPU."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from typing_extensions import override


class UpConvolution(nn.ConvTranspose2d):
    """Enlarge an image as `torch.nn.ConvTranspose2d(kernel_size=F, stride=F)` does.

    In training on a CPU the gradient of the bias is the sum of the image's, as it is by definition:
    torch takes longer for it than for all other gradients of the layer. Images are the same, and
    so is every gradient, that of the bias to rounding.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    factor : int
        How often larger the sides become; also the side of the kernel.

    Examples
    --------
    >>> UpConvolution(2, 3, factor=2)(torch.ones(1, 2, 4, 5)).shape
    torch.Size([1, 3, 8, 10])
    """

    def __init__(self, in_channels: int, out_channels: int, *, factor: int) -> None:
        super().__init__(in_channels, out_channels, factor, stride=factor)

    @override
    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return the enlarged image."""
        if output_size or not torch.is_grad_enabled() or input.device.type != "cpu":
            return super().forward(input, output_size)
        values: list[Any] = [input, self.weight, self.bias]
        if torch.is_autocast_enabled("cpu"):
            values = [value.to(torch.get_autocast_dtype("cpu")) for value in values]
        # torch has no types for `apply`.
        enlarged: Tensor = _Enlarge.apply(*values, self.stride[0])  # type: ignore[no-untyped-call]
        return enlarged


class _Enlarge(torch.autograd.Function):
    @staticmethod
    @override
    def forward(ctx: Any, image: Tensor, weight: Tensor, bias: Tensor, factor: int) -> Tensor:
        ctx.save_for_backward(image, weight)
        ctx.factor = factor
        return F.conv_transpose2d(image, weight, bias, stride=factor)

    @staticmethod
    @once_differentiable
    @override
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        image, weight = ctx.saved_tensors
        wanted = [*ctx.needs_input_grad[:2], False]
        # No bias, unit dilation, transposed, no padding, one group.
        of_image, of_weight, _ = torch.ops.aten.convolution_backward(
            gradient, image, weight, None, [ctx.factor] * 2, [0, 0], [1, 1], True, [0, 0], 1, wanted
        )
        return of_image, of_weight, gradient.sum((0, 2, 3)), None
