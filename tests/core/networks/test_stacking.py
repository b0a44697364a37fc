"""Trainings done as one, held against each done alone."""

import pytest
import torch
from torch import nn

from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.keeping.kept_fit import KeptFit, kept_in
from phycharm.networks.lessons.regression import Regression
from phycharm.networks.losses import masked_mse
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.stacking.stacked_training import StackedTraining
from phycharm.networks.stacking.together import fits_together
from phycharm.networks.training import Training, adam
from phycharm.utils.seeding import seeded

from support.phantom import TINY_FEATURES
from support.stacks import assert_same_history, watched_stacks

PLAN = TrainingPlan(epochs=2, batch_size=4, learning_rate=1e-3, schedule="cosine")
STEPS = PLAN.model_copy(update={"steps": 12})


class Fit:
    """A fit of one or two networks to slices of its own; batches are varied by drawn noise."""

    def __init__(self, seed, *, samples=10, plan=PLAN, dropout=0.2, names=("HN",), size=32):
        self.seed, self.samples, self.plan, self.size = seed, samples, plan, size
        self.dropout, self.names = dropout, names

    def __call__(self):
        with seeded(self.seed):
            images = torch.rand(self.samples, 1, self.size, self.size)
            wanted, mask = 1 - images, images > 0.1
            networks = {
                name: BasicUNet(features=TINY_FEATURES, dropout=self.dropout) for name in self.names
            }
            regression = Regression(
                networks=networks,
                optimizer=adam(nn.ModuleDict(networks), self.plan),
                batch=lambda i: (
                    images[i] + 0.05 * torch.randn(images[i].shape),
                    wanted[i],
                    mask[i],
                ),
                shape=(1, self.size, self.size),
                inputs=lambda batch: batch[0],
                loss=lambda made, batch: {"loss": masked_mse(sum(made.values()), *batch[1:])},
            )
            self.history = Training(
                label=f"fit {self.seed}",
                plan=self.plan,
                samples=self.samples,
                step=regression.lesson.step,
                validate=lambda: regression.terms((images, wanted, mask)),
                modules=networks,
                optimizers=[regression.optimizer],
                lesson=regression.lesson,
            ).run()
            self.networks = networks
            self.next_number = float(torch.rand(()))
            return self


@pytest.fixture
def stacked(monkeypatch):
    """How many trainings each stack had."""
    return watched_stacks(monkeypatch)


def together_and_alone(**choices):
    fits = [lambda n=n: Fit(n, **choices)() for n in (1, 2, 3)]
    return [one.result for one in fits_together(fits)], [fit() for fit in fits]


def assert_alike(one, other, *, tolerance):
    assert_same_history(one.history, other.history, tolerance=tolerance)
    assert one.next_number == other.next_number
    for name, network in one.networks.items():
        assert not network.training
        # Not of the common generator: what other tests drew would decide how close they come.
        asked = torch.rand(2, 1, one.size, one.size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            torch.testing.assert_close(
                network(asked), other.networks[name](asked), atol=10 * tolerance, rtol=0
            )


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"dropout": 0.0},
        {"plan": STEPS},
        {"names": ("T1", "M0")},
        {"plan": STEPS.model_copy(update={"schedule": "linear-second-half"}), "samples": 7},
    ],
    ids=["epochs", "no dropout", "steps", "two networks", "shorter batches"],
)
def test_each_ends_as_it_would_alone(stacked, choices):
    for one, other in zip(*together_and_alone(**choices), strict=True):
        assert_alike(one, other, tolerance=2e-4)
    assert stacked == [3]


def test_in_bfloat16_too(stacked):
    # Short: of numbers of eight bits each rounding is a step of its own.
    plan = STEPS.model_copy(update={"precision": "bfloat16", "steps": 5})
    for one, other in zip(*together_and_alone(plan=plan), strict=True):
        assert_alike(one, other, tolerance=5e-3)
    assert stacked == [3]


def test_of_other_sizes_and_lengths_each_is_done_apart(stacked):
    fits = [
        Fit(1),
        Fit(2),
        Fit(3, size=48),
        Fit(4, samples=11),
        Fit(5, samples=17),
        Fit(6, dropout=0.1),
    ]
    done = [one.result for one in fits_together(fits)]
    # As many batches of an epoch, though one of them is longer: they go together.
    assert stacked == [3]
    for one in done:
        alone = Fit(one.seed, samples=one.samples, size=one.size, dropout=one.dropout)()
        assert_alike(one, alone, tolerance=2e-4)


def test_several_trainings_of_a_fit(stacked):
    """Each goes on from the random numbers and networks that the first left behind."""

    def fit(seed):
        first = Fit(seed)()
        return [first, Fit(round(1e6 * first.next_number), plan=STEPS)()]

    fits = [lambda n=n: fit(n) for n in (1, 2)]
    for one, alone in zip(fits_together(fits), map(fit, (1, 2)), strict=True):
        for mine, other in zip(one.result, alone, strict=True):
            assert_alike(mine, other, tolerance=2e-4)
    assert stacked == [2, 2]


def test_an_error_is_its_own_fit_s(stacked):
    def broken():
        raise ValueError("no such scan")

    first, second, third = fits_together([Fit(1), broken, Fit(2)])
    assert isinstance(second.error, ValueError)
    assert (first.error, third.error) == (None, None)
    assert stacked == [2]


def test_where_memory_is_short_fewer_are_done_at_once(monkeypatch, capsys, stacked):
    original = StackedTraining._step

    def short(self):
        if len(self._members) > 2 and self._members[0].course.progress.batches == 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", short)
    done, alone = together_and_alone()
    for one, other in zip(done, alone, strict=True):
        assert_alike(one, other, tolerance=2e-4)
    assert stacked == [3, 2]
    assert "out of memory; 2 are trained at a time" in capsys.readouterr().err


def test_what_cannot_be_stacked_is_done_one_by_one(monkeypatch, capsys):
    def refused(self):
        raise RuntimeError("vmap: no batching rule")

    monkeypatch.setattr(StackedTraining, "_step", refused)
    done, alone = together_and_alone()
    for one, other in zip(done, alone, strict=True):
        assert_alike(one, other, tolerance=0)
    assert "no batching rule" in capsys.readouterr().err


class Killed(BaseException):
    pass


@pytest.mark.parametrize("again", ["together", "alone"])
def test_a_kill_costs_what_came_after_the_last_state(monkeypatch, tmp_path, again):
    def kept(seed):
        with kept_in(tmp_path / str(seed), every=0):
            return Fit(seed, plan=STEPS)()

    fits = [lambda n=n: kept(n) for n in (1, 2)]
    original = StackedTraining._step

    def killed(self):
        if self._members[0].course.progress.batches == 7:
            raise Killed
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", killed)
    with pytest.raises(Killed):
        fits_together(fits)
    steps = []

    def counted(self):
        steps.append(1)
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", counted)
    if again == "together":
        done = [one.result for one in fits_together(fits)]
        assert len(steps) == 12 - 7
    else:
        done = [fit() for fit in fits]
    for one in done:
        assert_alike(one, Fit(one.seed, plan=STEPS)(), tolerance=2e-4)


def test_all_are_kept_at_one_step(monkeypatch, tmp_path):
    """Each fit has its own clock; states of different steps could not go on together."""
    original, batches = StackedTraining._step, []

    def kept(seed):
        with kept_in(tmp_path / str(seed)):
            return Fit(seed, plan=STEPS)()

    def killed(self):
        if self._members[0].course.progress.batches == 7:
            raise Killed
        original(self)

    monkeypatch.setattr(KeptFit, "is_due", lambda fit: fit.folder.name == "1")
    monkeypatch.setattr(StackedTraining, "_step", killed)
    fits = [lambda n=n: kept(n) for n in (1, 2)]
    with pytest.raises(Killed):
        fits_together(fits)

    def watched(self):
        batches.append([member.course.progress.batches for member in self._members])
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", watched)
    fits_together(fits)
    assert batches[0] == [7, 7]


def test_the_time_is_shared(monkeypatch, tmp_path):
    before = []

    def kept(seed):
        with kept_in(tmp_path / str(seed), every=0):
            Fit(seed)()
        with kept_in(tmp_path / str(seed), every=0) as again:
            Fit(seed)()
            before.append(again.seconds_before)

    fits = fits_together([lambda n=n: kept(n) for n in (1, 2, 3, 4)])
    assert [one.error for one in fits] == [None] * 4
    shares = [one.share for one in fits]
    assert shares == [0.25] * 4
    assert max(before) < 2 * min(before)


def test_whoever_stops_leaves_no_fit_behind(monkeypatch):
    def stop(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(StackedTraining, "run", stop)
    ended = []

    def fit():
        try:
            Fit(1)()
        finally:
            ended.append(1)

    with pytest.raises(KeyboardInterrupt):
        fits_together([fit, fit])
    assert ended == [1, 1]
