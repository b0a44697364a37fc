"""Numbers of half the size: in training alone, and never where sums are formed."""

import pytest
import torch
from torch import nn

from phycharm.networks import precision
from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.precision import trained_in, training_dtype
from phycharm.networks.training import Training, adam
from phycharm.utils.seeding import seeded

from support.phantom import TINY_FEATURES


class Spy(nn.Module):
    """A convolution that notes in which type of numbers it answered."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.made = []

    def forward(self, x):
        y = self.conv(x)
        self.made.append(y.dtype)
        if x.shape[-1] == 5:
            raise RuntimeError("no slices of five")
        return y, (y * 2).float()


class Parts(nn.Module):
    """A container without a forward of its own."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Spy(), Spy()


SLICE = torch.ones(1, 1, 4, 4)


def test_training_mode_alone():
    spy = Spy()
    with trained_in(torch.bfloat16, [spy], "cpu"):
        trained = spy.train()(SLICE)
        spy.eval()(SLICE)
    spy.train()(SLICE)
    assert spy.made == [torch.bfloat16, torch.float32, torch.float32]
    assert [part.dtype for part in trained] == [torch.float32, torch.float32]


def test_float32_changes_nothing():
    spy = Spy().train()
    with trained_in(torch.float32, [spy], "cpu"):
        assert torch.equal(spy(SLICE)[0], spy.conv(SLICE))
    assert spy.made == [torch.float32]


def test_parts_of_what_has_no_forward():
    parts = Parts().train()
    with trained_in(torch.bfloat16, [parts], "cpu"):
        assert parts.second(parts.first(SLICE)[0])[0].dtype == torch.float32
    assert parts.first.made == parts.second.made == [torch.bfloat16]


def test_what_follows_an_error_is_not_cast():
    spy = Spy().train()
    with trained_in(torch.bfloat16, [spy], "cpu"):
        with pytest.raises(RuntimeError, match="five"):
            spy(torch.ones(1, 1, 5, 5))
        assert not torch.is_autocast_enabled("cpu")
        assert spy(SLICE)[0].dtype == torch.float32


@pytest.mark.parametrize("able", [True, False])
def test_auto_asks_the_machine(monkeypatch, able):
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda device: able)
    assert training_dtype("auto", "cpu") == (torch.bfloat16 if able else torch.float32)
    assert training_dtype("float32", "cpu") == torch.float32
    assert training_dtype("bfloat16", "cpu") == torch.bfloat16


def test_every_machine_can_be_asked():
    assert precision._multiplies_bfloat16("cpu") in (True, False)


def last_loss(kind):
    """Train a small network to invert slices; the loss that is left, in float32."""
    plan = TrainingPlan(epochs=30, batch_size=4, learning_rate=1e-2, precision=kind)
    with seeded(0):
        network = BasicUNet(features=TINY_FEATURES)
        x = torch.rand(8, 1, 32, 32)
        y = 1 - x
        optimizer = adam(network, plan)

        def step(indices):
            loss = (network(x[indices]) - y[indices]).square().mean()
            assert loss.dtype == torch.float32
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return {"loss": loss}

        Training(
            label="",
            plan=plan,
            samples=8,
            step=step,
            modules={"N": network},
            optimizers=[optimizer],
        ).run()
        with torch.no_grad():
            return float((network(x) - y).square().mean()), float((x - y).square().mean())


def test_learns_as_well_as_in_float32():
    exact, begin = last_loss("float32")
    half, _ = last_loss("bfloat16")
    assert exact < 0.2 * begin
    assert half == pytest.approx(exact, rel=0.35)
    assert half != exact
