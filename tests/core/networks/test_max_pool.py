"""Max pooling: torch's values, whatever the sides and what stands in the image."""

import pytest
import torch

from phycharm.networks.layers.max_pool import MaxPool


@pytest.mark.parametrize("sides", [(8, 6), (7, 5), (2, 2)])
def test_equals_torch_with_and_without_gradients(sides):
    image = torch.randn(3, 4, *sides, generator=torch.Generator().manual_seed(0))
    image[0, 0, 0, 0] = torch.nan
    image[1, 1] = 0  # ties
    wanted = torch.nn.functional.max_pool2d(image, 2)
    with torch.no_grad():
        torch.testing.assert_close(MaxPool()(image), wanted, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(MaxPool()(image), wanted, rtol=0, atol=0, equal_nan=True)


def test_a_tie_has_one_gradient_as_in_torch():
    image = torch.zeros(1, 1, 2, 2, requires_grad=True)
    MaxPool()(image).sum().backward()
    assert image.grad is not None
    assert sorted(image.grad.flatten().tolist()) == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("sides", [(8, 6), (7, 5), (2, 2)])
def test_gradients_are_torch_s_to_the_last_digit(sides, dtype):
    draw = torch.Generator().manual_seed(0)
    # Few values: many are equal.
    image = torch.randint(0, 4, (3, 4, *sides), generator=draw).to(dtype).requires_grad_()
    halved = MaxPool()(image)
    gradient = torch.randn(halved.shape, generator=draw).to(dtype)
    (ours,) = torch.autograd.grad(halved, image, gradient)
    (theirs,) = torch.autograd.grad(torch.nn.functional.max_pool2d(image, 2), image, gradient)
    assert ours.dtype == dtype
    assert torch.equal(ours, theirs)


def test_one_image_without_a_batch():
    image = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (gradient,) = torch.autograd.grad(MaxPool()(image).sum(), image)
    assert gradient.shape == image.shape
    assert gradient.sum() == 4 * 3 * 4
