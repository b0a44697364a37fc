"""The training engine: what it counts, keeps and records."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from phycharm.networks.in_batches import in_batches
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import Training, adam
from phycharm.utils.seeding import seeded

TAGS = {"network": "HN", "source": "GE", "target": "Siemens"}


def plan(**changes):
    return TrainingPlan(epochs=4, batch_size=3, learning_rate=0.1).changed(changes)


class Regression:
    """y = 2 x + 1 with a linear layer; remembers all that the engine asks for."""

    def __init__(self, **options):
        with seeded(0):
            self.network = nn.Linear(1, 1)
        self.x = torch.linspace(-1, 1, 10)[:, None]
        self.seen, self.rates, self.modes, self.validations = [], [], [], []
        chosen = options.pop("plan", plan())
        self.optimizer = adam(self.network, chosen)
        self.training = Training(
            label="regression",
            plan=chosen,
            samples=10,
            step=self.step,
            modules={"HN": self.network},
            optimizers=[self.optimizer],
            tags=TAGS,
            **options,
        )

    def loss(self, x):
        return (self.network(x) - (2 * x + 1)).square().mean()

    def step(self, indices):
        self.seen.append(indices)
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        self.modes.append(self.network.training)
        loss = self.loss(self.x[indices])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    def run(self, seed=0):
        with seeded(seed):
            return self.training.run()


def test_every_sample_once_an_epoch_in_another_order():
    toy = Regression()
    toy.run()
    assert [len(indices) for indices in toy.seen] == [3, 3, 3, 1] * 4
    epochs = [torch.cat(toy.seen[start : start + 4]).tolist() for start in range(0, 16, 4)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_it_learns():
    toy = Regression(plan=plan(epochs=100))
    history = toy.run()
    assert history[-1]["value"] < 1e-3 < history[0]["value"]
    assert toy.network.weight.item() == pytest.approx(2, abs=0.05)


def test_history_has_the_documented_columns():
    toy = Regression()
    history = toy.run()
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert [row["step"] for row in history] == [4, 8, 12, 16]
    assert all(row.keys() == {*TAGS, "epoch", "step", "split", "term", "value"} for row in history)
    assert {(row["split"], row["term"], row["network"]) for row in history} == {
        ("train", "loss", "HN")
    }


def test_training_loss_is_the_mean_over_samples():
    values = iter([1.0, 1.0, 1.0, 7.0])
    toy = Regression(plan=plan(epochs=1))
    toy.training.step = lambda indices: {"loss": next(values)}
    (row,) = toy.run()
    assert row["value"] == pytest.approx((3 + 3 + 3 + 7) / 10)


def test_state_with_the_lowest_validation_loss_is_kept():
    toy = Regression(plan=plan(epochs=5), validate=lambda: {"loss": next(losses)})
    losses = iter([0.5, 0.2, 0.9, 0.1, 0.3])
    weights = []
    take = toy.training.step

    def step(indices):
        terms = take(indices)
        weights.append(toy.network.weight.detach().clone())
        return terms

    toy.training.step = step
    history = toy.run()
    after_epoch = weights[3::4]
    # The training loss falls all the time, so the last state would look best by it.
    train = [row["value"] for row in history if row["split"] == "train"]
    assert train[-1] == min(train)
    assert torch.equal(toy.network.weight, after_epoch[3])
    assert not torch.equal(after_epoch[3], after_epoch[4])


def test_without_validation_the_last_state_is_kept():
    toy = Regression()
    states = []
    take = toy.training.step
    toy.training.step = lambda indices: (
        take(indices),
        states.append(toy.network.weight.detach().clone()),
    )[0]
    toy.run()
    assert torch.equal(toy.network.weight, states[-1])


def test_any_validation_term_can_select():
    toy = Regression(
        plan=plan(epochs=3),
        validate=lambda: {"loss": next(losses), "L1": next(distances)},
        select_by="L1",
    )
    losses, distances = iter([0.3, 0.2, 0.1]), iter([0.1, 0.2, 0.3])
    states = []
    take = toy.training.step

    def step(indices):
        terms = take(indices)
        states.append(toy.network.weight.detach().clone())
        return terms

    toy.training.step = step
    history = toy.run()
    assert torch.equal(toy.network.weight, states[3])
    validation = [row for row in history if row["split"] == "validation"]
    assert [row["term"] for row in validation] == ["loss", "L1"] * 3


def test_validation_that_is_never_finite_keeps_the_last_state():
    toy = Regression(validate=lambda: {"loss": math.nan})
    toy.run()
    assert all(parameter.isfinite().all() for parameter in toy.network.parameters())


def test_networks_train_validate_and_end_in_the_right_mode():
    toy = Regression(validate=lambda: toy.validations.append(state()) or {"loss": 1.0})

    def state():
        return toy.network.training, torch.is_grad_enabled()

    toy.run()
    assert all(toy.modes)
    assert toy.validations == [(False, False)] * 4
    assert not toy.network.training


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear-second-half"])
def test_learning_rate_follows_the_plan_step_by_step(schedule):
    toy = Regression(plan=plan(schedule=schedule))
    toy.run()
    expected = [0.1 * toy.training.plan.factor(step / 16) for step in range(16)]
    assert toy.rates == pytest.approx(expected)


def test_steps_take_the_place_of_epochs():
    toy = Regression(plan=plan(steps=10, epochs=99), validate=lambda: {"loss": 1.0})
    history = toy.run()
    # Passes go on where a round ends: 10 slices in 4 batches, twice, and half of a third pass.
    assert [len(indices) for indices in toy.seen] == [3, 3, 3, 1] * 2 + [3, 3]
    for start in (0, 4):
        assert sorted(torch.cat(toy.seen[start : start + 4]).tolist()) == list(range(10))
    train = [row for row in history if row["split"] == "train"]
    assert [row["step"] for row in train] == list(range(1, 11))
    assert [row["epoch"] for row in train] == [0.25 * n for n in range(1, 11)]
    assert len(history) == 2 * len(train)


@pytest.mark.parametrize(("directions", "turns"), [(1, 1), (6, 1), (1, 2), (2, 2)])
def test_steps_are_updates_of_one_network_for_each_direction(directions, turns):
    toy = Regression(plan=plan(steps=33, schedule="cosine"), directions=directions, turns=turns)
    history = toy.run()
    total = 33 * directions
    assert len(toy.seen) == turns * total
    assert history[-1]["step"] == total
    assert len(history) == min(20, total)
    gaps = {b["step"] - a["step"] for a, b in pairwise(history)}
    assert max(gaps) - min(gaps) <= 1
    expected = [0.1 * toy.training.plan.factor(n / (turns * total)) for n in range(turns * total)]
    assert toy.rates == pytest.approx(expected)


def test_same_seed_same_network():
    weights = []
    for seed in (1, 1, 2):
        toy = Regression()
        toy.run(seed)
        weights.append(toy.network.weight.item())
    assert weights[0] == weights[1] != weights[2]


def test_rivals_may_take_turns_and_name_their_own_terms():
    toy = Regression(plan=plan(epochs=1))
    turns = iter([{"D.loss": 2.0}, {"loss": 1.0, "G.L1": 3.0}] * 2)
    toy.training.step = lambda indices: next(turns)
    rows = {(row["network"], row["term"]): row["value"] for row in toy.run()}
    # Weighted by the samples of the steps that gave the term: 3 and 3, 3 and 1.
    assert rows == {("D", "loss"): 2.0, ("HN", "loss"): 1.0, ("G", "L1"): 3.0}


def test_in_batches_gives_what_one_batch_gives():
    network = nn.Conv2d(1, 2, 3).eval()
    slices = torch.randn(7, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = network(slices)
        for size in (1, 2, 7, 64):
            torch.testing.assert_close(in_batches(network, slices, size=size), whole)


def test_adam_is_the_plans():
    optimizer = adam(nn.Linear(1, 1), plan(betas=(0.5, 0.99), learning_rate=0.02))
    assert optimizer.defaults["betas"] == (0.5, 0.99)
    assert optimizer.defaults["lr"] == 0.02
    assert optimizer.defaults["weight_decay"] == 0
