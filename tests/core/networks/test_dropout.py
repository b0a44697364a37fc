"""Dropout with cheap random numbers, held against torch's own."""

import pytest
import torch

from phycharm.networks.layers.dropout import Dropout

ONES = torch.ones(3, 5, 40, 401)


def lost(values):
    return float((values == 0).double().mean())


@pytest.mark.parametrize("probability", [0.001, 0.1, 0.5, 0.9])
def test_as_many_are_lost_as_by_torchs(probability):
    torch.manual_seed(1)
    made = Dropout(probability)(ONES)
    deviation = (probability * (1 - probability) / ONES.numel()) ** 0.5
    assert lost(made) == pytest.approx(probability, abs=4 * deviation + 2**-16)
    assert float(made.double().mean()) == pytest.approx(1, abs=5 * deviation / (1 - probability))


def test_elements_are_lost_independently():
    """Four neighbours share one drawn number; the parts of it must not know each other."""
    torch.manual_seed(2)
    gone = (Dropout(0.3)(torch.ones(400_000)) == 0).double()
    for distance in (1, 2, 3, 4, 5, 400):
        together = float((gone[distance:] * gone[:-distance]).mean())
        assert together == pytest.approx(0.09, abs=0.003)
    for place in range(4):
        assert float(gone[place::4].mean()) == pytest.approx(0.3, abs=0.006)


def test_gradient_goes_where_values_went():
    values = torch.rand(64, 64, requires_grad=True)
    made = Dropout(0.4)(values)
    made.sum().backward()
    torch.testing.assert_close(values.grad * values.detach(), made.detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_type_of_numbers_stays(dtype):
    assert Dropout(0.1)(torch.ones(7, 3, dtype=dtype)).dtype == dtype


def test_seed_decides():
    images = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        images.append(Dropout(0.5)(ONES))
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])


def test_nothing_is_lost_in_use():
    assert Dropout(0.5).eval()(ONES) is ONES
    assert Dropout(0.0)(ONES) is ONES
    assert not Dropout(1.0)(ONES).any()


@pytest.mark.parametrize("wrong", [-0.1, 1.5])
def test_no_probability(wrong):
    with pytest.raises(ValueError, match="probability"):
        Dropout(wrong)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_factors_are_those_of_a_comparison(dtype):
    """What is made of bits is what the numbers say, in every type."""
    layer, values = Dropout(0.1), torch.ones(3, 4, 7, 5, dtype=dtype)
    torch.manual_seed(3)
    factors = layer.draw(values)
    torch.manual_seed(3)
    drawn = torch.empty(105, dtype=torch.int64).random_().view(torch.int16) & (2**15 - 1)
    lost = round(0.1 * 2**15)
    kept = (drawn >= lost).view(values.shape)
    assert torch.equal(factors, kept.to(dtype).mul_(2**15 / (2**15 - lost)))
    assert factors.dtype == dtype
