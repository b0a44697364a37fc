"""Fits of Pix2Pix done as one, held against each done alone."""

import pytest
import torch

from phycharm.baselines.pix2pix.pix2pix import Pix2Pix
from phycharm.baselines.pix2pix.pix2pix_training import Pix2PixTraining
from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.networks.stacking.stacked_training import StackedTraining
from phycharm.networks.stacking.together import fits_together

from support.stacks import assert_same_history, watched_stacks
from support.toy_cohort import A, B, toy_cohort, toy_scan

SEEDS = (1, 2, 3)


def pix2pix(seed, *, base=4, l1_weight=100.0, people=("01", "02"), **training):
    """A fit to slices in batches of five, the last of which is shorter."""
    plan = {"epochs": 2, "batch_size": 5, "learning_rate": 1e-3} | training
    method = Pix2Pix(training=plan, base=base, l1_weight=l1_weight, seed=seed)
    return method.fit(toy_cohort(*people), toy_cohort("03"))


@pytest.fixture
def stacked(monkeypatch):
    """How many trainings each stack had."""
    return watched_stacks(monkeypatch)


def together_and_alone(fit, **choices):
    works = [lambda seed=seed: fit(seed, **choices) for seed in SEEDS]
    done = fits_together(works)
    assert [one.error for one in done] == [None] * len(SEEDS)
    return [one.result for one in done], [work() for work in works]


def assert_alike(one, other, *, tolerance):
    assert_same_history(one.history, other.history, tolerance=tolerance)
    for source, target in ((A, B), (B, A)):
        scan = toy_scan("04", source)
        images = [torch.from_numpy(fit.harmonize(scan, target)) for fit in (one, other)]
        torch.testing.assert_close(*images, atol=10 * tolerance, rtol=0)


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"steps": 7, "schedule": "linear-second-half"},
        {"base": 2, "batch_size": 8},
        {"batch_size": 40, "people": ("01", "02", "05", "06", "07")},
    ],
    ids=["epochs", "steps", "whole batches", "more pairs than are asked at once"],
)
def test_each_ends_as_it_would_alone(stacked, choices):
    for one, other in zip(*together_and_alone(pix2pix, **choices), strict=True):
        assert_alike(one, other, tolerance=2e-4)
    assert stacked == [3, 3]  # in both directions


def test_in_bfloat16_too(stacked):
    # Short: of numbers of eight bits each rounding is a step of its own.
    choices = {"steps": 5, "precision": "bfloat16"}
    for one, other in zip(*together_and_alone(pix2pix, **choices), strict=True):
        assert_alike(one, other, tolerance=5e-3)
    assert stacked == [3, 3]


def test_an_error_in_a_step_is_its_own_fit_s(monkeypatch, capsys, stacked):
    original = Pix2PixTraining.generator_terms

    def broken(self, *given):
        if self.l1_weight == 99:
            raise ValueError("no such weight")
        return original(self, *given)

    monkeypatch.setattr(Pix2PixTraining, "generator_terms", broken)
    weights = {1: 100.0, 2: 99.0, 3: 98.0}
    works = [lambda seed=seed: pix2pix(seed, l1_weight=weights[seed]) for seed in SEEDS]
    first, second, third = fits_together(works)
    assert str(second.error) == "no such weight"
    assert "no such weight" in capsys.readouterr().err
    for fit, seed in ((first, 1), (third, 3)):
        assert_alike(fit.result, pix2pix(seed, l1_weight=weights[seed]), tolerance=2e-4)
    assert stacked == [3, 2]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("again", ["together", "alone"])
def test_a_kill_costs_what_came_after_the_last_state(monkeypatch, tmp_path, again):
    def kept(seed):
        with kept_in(tmp_path / str(seed), every=0):
            return pix2pix(seed, steps=6)

    works = [lambda seed=seed: kept(seed) for seed in SEEDS]
    original, steps = StackedTraining._step, []

    def killed(self):
        if len(steps) == 9:  # in the middle of the second direction
            raise Killed
        steps.append(1)
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", killed)
    with pytest.raises(Killed):
        fits_together(works)

    def counted(self):
        steps.append(1)
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", counted)
    if again == "together":
        done = [one.result for one in fits_together(works)]
        assert len(steps) == 12
    else:
        done = [work() for work in works]
    for one, seed in zip(done, SEEDS, strict=True):
        assert_alike(one, pix2pix(seed, steps=6), tolerance=2e-4)


def test_where_memory_is_short_fewer_are_done_at_once(monkeypatch, capsys, stacked):
    original = StackedTraining._step

    def short(self):
        if len(self._members) > 2 and self._members[0].course.progress.batches == 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        original(self)

    monkeypatch.setattr(StackedTraining, "_step", short)
    for one, other in zip(*together_and_alone(pix2pix, steps=6), strict=True):
        assert_alike(one, other, tolerance=2e-4)
    assert stacked == [3, 2, 3, 2]
    assert "out of memory; 2 are trained at a time" in capsys.readouterr().err
