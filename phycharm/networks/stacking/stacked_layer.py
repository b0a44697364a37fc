"""One layer with the weights of the same layer of several networks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, register_parametrization

from .stacked_norm import StackedNorm

Compute = Callable[..., Tensor]


class StackedLayer(nn.Module):
    """A layer of several networks at once: the channels of one network after those of another.

    Convolutions are computed as one with a group for each network. An instance norm looks at one
    channel of one slice, so that it is one of more channels.

    Parameters
    ----------
    layers : sequence of K Module
        Convolution, transposed convolution, linear layer or instance norm, alike but for their
        weights; weights may be spectrally normalized.

    Attributes
    ----------
    weight, bias : Parameter, shape (K, ...)
        Of all.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self._compute = _computing(layers[0], len(layers))
        known: list[Any] = list(layers)
        normed = is_parametrized(layers[0], "weight")
        # To look at a normed weight would count as an iteration of its norm.
        weights = [one.parametrizations.weight.original if normed else one.weight for one in known]
        biases = [one.bias for one in known]
        self.weight = _stacked(weights)
        if normed:
            norm = StackedNorm([one.parametrizations.weight[0] for one in known])
            register_parametrization(self, "weight", norm, unsafe=True)
        self.bias = None if biases[0] is None else _stacked(biases)

    def forward(self, images: Tensor, **choices: Any) -> Tensor:
        """Compute the layer for all networks.

        Parameters
        ----------
        images : Tensor, shape (N, K * C, H, W)
            What each sees; (N, K * C) of a linear layer.
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
    if isinstance(layer, nn.Linear):
        return partial(_linear, count)
    known: Any = layer
    shape = {"stride": known.stride, "padding": known.padding, "dilation": known.dilation}
    groups = known.groups * count
    return lambda images, weight, bias: F.conv2d(images, weight, bias, groups=groups, **shape)


def _linear(count: int, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    # A convolution that sees one number of each channel.
    return F.conv1d(images[..., None], weight[..., None], bias, groups=count)[..., 0]


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
