"""One layer with the weights of the same layer of several networks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Compute = Callable[..., Tensor]


class StackedLayer(nn.Module):
    """A layer of several networks at once: the channels of one network after those of another.

    Convolutions are computed as one with a group for each network. An instance norm looks at one
    channel of one slice, so that it is one of more channels.

    Parameters
    ----------
    layers : sequence of K Module
        Convolution, transposed convolution or instance norm, alike but for their weights.

    Attributes
    ----------
    weight, bias : Parameter, shape (K, ...)
        Of all.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self._compute = _computing(layers[0], len(layers))
        weights: list[Any] = [layer.weight for layer in layers]
        biases: list[Any] = [layer.bias for layer in layers]
        self.weight = _stacked(weights)
        self.bias = None if biases[0] is None else _stacked(biases)

    def forward(self, images: Tensor, **choices: Any) -> Tensor:
        """Compute the layer for all networks.

        Parameters
        ----------
        images : Tensor, shape (N, K * C, H, W)
            What each sees.
        **choices
            `output_size` (height, width), of a transposed convolution.
        """
        bias = None if self.bias is None else self.bias.flatten(0, 1)
        return self._compute(images, self.weight.flatten(0, 1), bias, **choices)


def _stacked(parameters: Sequence[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.stack([one.detach() for one in parameters]))


def _computing(layer: nn.Module, count: int) -> Compute:
    """Return how a layer is computed, given images, weights and bias."""
    if isinstance(layer, nn.InstanceNorm2d):
        return lambda images, weight, bias: F.instance_norm(
            images, weight=weight, bias=bias, eps=layer.eps
        )
    if isinstance(layer, nn.ConvTranspose2d):
        return partial(_transposed, layer, layer.groups * count)
    known: Any = layer
    shape = {"stride": known.stride, "padding": known.padding, "dilation": known.dilation}
    groups = known.groups * count
    return lambda images, weight, bias: F.conv2d(images, weight, bias, groups=groups, **shape)


def _transposed(
    layer: Any,
    groups: int,
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    shape = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
    more = layer.output_padding
    if output_size is not None:
        smallest = [
            (side - 1) * layer.stride[n]
            - 2 * layer.padding[n]
            + layer.dilation[n] * (layer.kernel_size[n] - 1)
            + 1
            for n, side in enumerate(images.shape[-2:])
        ]
        more = [wanted - least for wanted, least in zip(output_size, smallest, strict=True)]
    return F.conv_transpose2d(images, weight, bias, output_padding=more, groups=groups, **shape)
