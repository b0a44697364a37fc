"""Fits of CALAMITI done as one, held against each done alone.

In double precision: which class a pixel is of is a hard choice, and where two are as good as equal
the last digit decides, in single precision within a few steps.
"""

import pytest
import torch

from phycharm.baselines.calamiti.calamiti_model import CalamitiModel
from phycharm.baselines.calamiti.calamiti_training import CalamitiTraining
from phycharm.baselines.matched_slices import SliceStack
from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.stacking.stacked_training import StackedTraining
from phycharm.networks.stacking.together import fits_together
from phycharm.networks.training import Training
from phycharm.utils.seeding import seeded

PLAN = TrainingPlan(epochs=1, batch_size=5, learning_rate=4e-4)
SEEDS = (1, 2, 3)


@pytest.fixture(autouse=True)
def double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Fit:
    """Steps of CALAMITI on 7 random slices, in batches of 5 and 2."""

    def __init__(self, seed, *, steps=3, features=None, residual=False):
        with seeded(seed):
            images = torch.rand(7, 2, 32, 32)
            there = torch.ones(7, 2, dtype=torch.bool)
            stacks = [SliceStack(images=images, masks=images > 0.1, there=there)]
            model = CalamitiModel(scanners=2, classes=4, dimensions=2, base=2, residual=residual)
            plan = PLAN.of_steps(steps)
            game = CalamitiTraining(model=model, stacks=stacks, plan=plan, features=features)
            self.networks = {"G": model, "D": game.discriminator}
            self.history = Training(
                label=f"fit {seed}",
                plan=plan,
                samples=7,
                turns=2,
                step=game.lesson.step,
                validate=lambda: game.validate(stacks),
                select_by="reconstruction",
                modules=self.networks,
                optimizers=list(game.optimizers),
                memory=game,
                lesson=game.lesson,
            ).run()
            self.next_number = float(torch.rand(()))


@pytest.fixture
def stacked(monkeypatch):
    """Batches that stacks were begun and done at."""
    batches = []
    original = StackedTraining._step

    def watched(self):
        batches.append([member.course.progress.batches for member in self._members])
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", watched)
    return batches


def assert_alike(one, other):
    assert [row | {"value": 0} for row in one.history] == [
        row | {"value": 0} for row in other.history
    ]
    values = [[row["value"] for row in fit.history] for fit in (one, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)
    assert one.next_number == other.next_number
    for name, network in one.networks.items():
        theirs = other.networks[name].state_dict()
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, theirs[key], atol=1e-8, rtol=0)


@pytest.mark.parametrize(
    "choices",
    [{}, {"features": torch.square}, {"residual": True}],
    ids=["plain", "perceptual", "residual"],
)
def test_each_ends_as_it_would_alone(stacked, choices):
    done = fits_together([lambda seed=seed: Fit(seed, **choices) for seed in SEEDS])
    assert stacked == [[batch] * 3 for batch in range(6)]
    for one, seed in zip(done, SEEDS, strict=True):
        assert_alike(one.result, Fit(seed, **choices))


class Killed(BaseException):
    pass


@pytest.mark.parametrize("stop", [3, 4], ids=["before D's turn", "before G's turn"])
def test_a_kill_costs_what_came_after_the_last_state(monkeypatch, stacked, tmp_path, stop):
    def kept(seed):
        with kept_in(tmp_path / str(seed), every=0):
            return Fit(seed)

    works = [lambda seed=seed: kept(seed) for seed in SEEDS]
    with monkeypatch.context() as here:
        original = StackedTraining._step

        def killed(self):
            if self._members[0].course.progress.batches == stop:
                raise Killed
            original(self)

        here.setattr(StackedTraining, "_step", killed)
        with pytest.raises(Killed):
            fits_together(works)
    stacked.clear()
    done = fits_together(works)
    assert stacked == [[batch] * 3 for batch in range(stop, 6)]
    for one, seed in zip(done, SEEDS, strict=True):
        assert_alike(one.result, Fit(seed))
