"""Instance norm: torch's values and gradients, to rounding."""

import torch

from phycharm.networks.layers.instance_norm import InstanceNorm


def _norm_and_image():
    generator = torch.Generator().manual_seed(0)
    norm = InstanceNorm(3)
    with torch.no_grad():
        norm.weight.copy_(torch.rand(3, generator=generator) + 0.5)
        norm.bias.copy_(torch.randn(3, generator=generator))
    return norm, 1000 + torch.randn(2, 3, 16, 20, generator=generator)


def test_equals_torch_to_rounding():
    norm, image = _norm_and_image()
    wanted = torch.nn.functional.instance_norm(image, weight=norm.weight, bias=norm.bias)
    with torch.no_grad():
        made = norm(image)
    # Of intensities of a thousand and a spread of one, float32 itself knows four digits.
    torch.testing.assert_close(made, wanted, rtol=0, atol=5e-4)


def test_gradients_equal_torch_s_to_rounding():
    norm, image = _norm_and_image()
    image = (image - 1000).requires_grad_()
    wanted = torch.nn.functional.instance_norm(image, weight=norm.weight, bias=norm.bias)
    by = [image, norm.weight, norm.bias]
    factors = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1))
    theirs = torch.autograd.grad((wanted * factors).sum(), by)
    ours = torch.autograd.grad((norm(image) * factors).sum(), by)
    for own, torchs in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, torchs, rtol=1e-4, atol=1e-5)
