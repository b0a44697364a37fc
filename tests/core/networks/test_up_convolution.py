"""Transposed convolution: torch's images and gradients."""

import pytest
import torch
from torch import nn

from phycharm.networks.layers.up_convolution import UpConvolution


def _layers():
    torch.manual_seed(0)
    torchs = nn.ConvTranspose2d(3, 5, 2, stride=2)
    torch.manual_seed(0)
    return torchs, UpConvolution(3, 5, factor=2)


def _gradients(layer, image, wanted):
    image.grad = None
    layer.zero_grad(set_to_none=True)
    made = layer(image)
    (made.float() * wanted).sum().backward()
    return made.detach(), [image.grad, layer.weight.grad, layer.bias.grad]


@pytest.mark.parametrize("cast", [False, True])
def test_equals_torch_with_all_gradients(cast):
    torchs, ours = _layers()
    image = torch.randn(2, 3, 6, 4, requires_grad=True)
    wanted = torch.randn(2, 5, 12, 8)
    with torch.autocast("cpu", torch.bfloat16, enabled=cast):
        made, gradients = _gradients(ours, image, wanted)
        of_torch, theirs = _gradients(torchs, image, wanted)
    assert made.dtype == of_torch.dtype == (torch.bfloat16 if cast else torch.float32)
    assert torch.equal(made, of_torch)
    assert [one.dtype for one in gradients] == [torch.float32] * 3
    assert torch.equal(gradients[0], theirs[0])
    assert torch.equal(gradients[1], theirs[1])
    torch.testing.assert_close(gradients[2], theirs[2], rtol=1e-2 if cast else 1e-5, atol=1e-5)


def test_equals_torch_without_gradients():
    torchs, ours = _layers()
    with torch.no_grad():
        image = torch.randn(1, 3, 4, 4)
        assert torch.equal(ours(image), torchs(image))


def test_a_frozen_layer_passes_gradients_on():
    torchs, ours = _layers()
    ours.requires_grad_(False)
    image = torch.randn(1, 3, 4, 4, requires_grad=True)
    ours(image).sum().backward()
    gradient = image.grad
    image.grad = None
    torchs(image).sum().backward()
    assert gradient is not None
    assert torch.equal(gradient, image.grad)


def test_weights_are_drawn_and_named_as_torch_s():
    torchs, ours = _layers()
    assert all(
        torch.equal(ours.state_dict()[name], one) for name, one in torchs.state_dict().items()
    )
