"""A batch that memory does not hold is taken in parts: the same result."""

import copy

import pytest
import torch
from torch import nn

from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.in_batches import in_batches
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.smaller_parts import can_be_parted, in_parts
from phycharm.networks.training import Training, adam

FEATURES = (4, 4, 8, 8, 8, 4)


class Narrow(nn.Module):
    """A network on a device that holds so many slices, and no more, in training."""

    def __init__(self, network, most):
        super().__init__()
        self.network, self.most, self.seen = network, most, []

    def forward(self, slices):
        self.seen.append(len(slices))
        if len(slices) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(slices)


def slices(count=8):
    return torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(1))


def trained(network, *, batch=8, steps=6, rival=None):
    plan = TrainingPlan(epochs=1, batch_size=batch, learning_rate=1e-2).of_steps(steps)
    optimizers = [adam(network, plan)]
    images = slices(24).to(next(network.parameters(), torch.zeros(())).dtype)
    torch.manual_seed(3)

    def step(indices):
        if rival is not None:
            rival.calls += 1
        loss = ((network(images[indices]) - 0.5 * images[indices]) ** 2).mean()
        optimizers[0].zero_grad(set_to_none=True)
        loss.backward()
        optimizers[0].step()
        return {"loss": loss}

    return Training(
        label="tested",
        plan=plan,
        samples=len(images),
        step=step,
        validate=lambda: {"loss": (in_batches(network, images) ** 2).mean()},
        modules={"net": network},
        optimizers=optimizers,
        memory=rival,
    ).run()


def net(seed=0, **settings):
    torch.manual_seed(seed)
    return BasicUNet(features=FEATURES, **settings)


@pytest.mark.parametrize("parts", [2, 3, 8, 20])
def test_gradients_are_those_of_the_whole(parts):
    whole, parted, images = net(), net(), slices()
    for network, count in ((whole, 1), (parted, parts)):
        network.train()
        with in_parts([network], count):
            ((network(images) - images) ** 2).mean().backward()
    for one, other in zip(whole.parameters(), parted.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-7)


def test_afterwards_the_network_is_as_before():
    network = Narrow(net(), 4)
    with in_parts([network], 4):
        network(slices())
    assert network.seen == [2, 2, 2, 2]
    assert "forward" not in vars(network)


def test_several_arguments_and_answers():
    class Two(nn.Module):
        def forward(self, a, scale, b):
            return a * scale, b + 1

    a, b = slices(5), slices(5) + 1
    with in_parts([two := Two()], 2):
        made = two(a, 3.0, b)
    torch.testing.assert_close(made, (a * 3.0, b + 1))


@pytest.mark.parametrize("most", [4, 3, 1])
def test_a_training_goes_on_with_smaller_parts(most, capsys):
    # In double precision: Adam makes much of rounding.
    wide, narrow = Narrow(net().double(), 99), Narrow(net().double(), most)
    wanted, found = trained(wide), trained(narrow)
    assert max(narrow.seen[1:]) <= 24
    assert [row["step"] for row in found] == [row["step"] for row in wanted]
    assert [r["value"] for r in found] == pytest.approx([r["value"] for r in wanted], rel=1e-7)
    # Not the weights: ahead of a norm a bias has no gradient but rounding.
    with torch.no_grad():
        made = [one.network(slices().double()) for one in (wide, narrow)]
    torch.testing.assert_close(*made, rtol=1e-6, atol=1e-8)
    said = capsys.readouterr().err
    assert f"tested: out of memory; networks take {2 ** (most.bit_length() - 1)} slices" in said


def test_what_steps_remember_begins_anew_too():
    class Turns:
        calls = 0

        def state_dict(self):
            return {"calls": self.calls}

        def load_state_dict(self, state):
            self.calls = state["calls"]

    turns = Turns()
    trained(Narrow(net(), 2), rival=turns)
    assert turns.calls == 6


def test_one_slice_is_too_much():
    with pytest.raises(torch.OutOfMemoryError):
        trained(Narrow(net(), 0), batch=2)


def test_norms_over_the_batch_are_not_parted():
    network = nn.Sequential(Narrow(nn.Identity(), 1), nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))
    assert not can_be_parted([network])
    assert can_be_parted([net()])
    with pytest.raises(torch.OutOfMemoryError):
        trained(network)


def test_many_slices_without_gradients():
    network = Narrow(net(), 3).eval()
    with torch.no_grad():
        found = in_batches(network, slices(10), size=8)
    assert set(network.seen) >= {8, 4, 2}
    torch.testing.assert_close(found, copy.deepcopy(network.network)(slices(10)))
