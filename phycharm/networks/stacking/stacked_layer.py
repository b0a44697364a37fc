"""One layer with the weights of the same layer of several networks."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Compute = Callable[[Tensor, Tensor, Tensor | None], Tensor]


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

    def forward(self, images: Tensor) -> Tensor:
        """Compute the layer for all networks.

        Parameters
        ----------
        images : Tensor, shape (N, K * C, H, W)
            What each sees.
        """
        bias = None if self.bias is None else self.bias.flatten(0, 1)
        return self._compute(images, self.weight.flatten(0, 1), bias)


def _stacked(parameters: Sequence[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.stack([one.detach() for one in parameters]))


def _computing(layer: nn.Module, count: int) -> Compute:
    """Return how a layer is computed, given images, weights and bias."""
    if isinstance(layer, nn.InstanceNorm2d):
        return lambda images, weight, bias: F.instance_norm(
            images, weight=weight, bias=bias, eps=layer.eps
        )
    known: Any = layer
    shape = {"stride": known.stride, "padding": known.padding, "dilation": known.dilation}
    groups = known.groups * count
    if isinstance(layer, nn.ConvTranspose2d):
        more = known.output_padding
        return lambda images, weight, bias: F.conv_transpose2d(
            images, weight, bias, groups=groups, output_padding=more, **shape
        )
    return lambda images, weight, bias: F.conv2d(images, weight, bias, groups=groups, **shape)
