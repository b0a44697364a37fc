"""Training steps of this package's engine beside a plain loop, MONAI's cache and the authors'."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from phycharm.benchmarks.speed.anchors import (
    DROPOUT,
    LEARNING_RATE,
    SlicePairs,
    authors_manner,
    made_up_pairs,
    monai_cache,
    plain_loop,
)
from phycharm.networks.basic_unet import BasicUNet, on_device
from phycharm.networks.lessons.regression import Regression
from phycharm.networks.losses import masked_mse
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.stacking.together import fits_together
from phycharm.networks.training import Training, adam

QUICK = {"height": 64, "width": 80, "depth": 64, "people": 3}
PAPER = {"height": 240, "width": 240, "depth": 224, "people": 1}


def ours(pairs: SlicePairs, *, batch: int, steps: int, device: str) -> None:
    """Train by the engine, as every method of this package is trained."""
    network = on_device(BasicUNet(dropout=DROPOUT), device)
    plan = TrainingPlan(
        epochs=1, batch_size=batch, learning_rate=LEARNING_RATE, precision="auto"
    ).of_steps(steps)
    columns = [one.to(device) for one in (pairs.source, pairs.target, pairs.mask)]
    regression = Regression(
        networks={"net": network},
        optimizer=adam(network, plan),
        batch=lambda indices: [column[indices] for column in columns],
        shape=columns[0].shape[1:],
        inputs=lambda batch: batch[0],
        loss=lambda made, batch: {"loss": masked_mse(made["net"], batch[1], batch[2])},
    )
    Training(
        label="speed",
        plan=plan,
        samples=len(pairs),
        step=regression.lesson.step,
        modules={"net": network},
        optimizers=[regression.optimizer],
        lesson=regression.lesson,
    ).run()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> SlicePairs:
    return made_up_pairs(Path(tmp_path_factory.mktemp("quick")), **QUICK)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> SlicePairs:
    return made_up_pairs(Path(tmp_path_factory.mktemp("paper")), **PAPER)


class TestQuick:
    """Slices of 64 x 80, eight a step; seconds are those of a slice."""

    # What a training takes to begin counts in twelve steps, and not in the thousands that it has.
    BATCH, STEPS = 8, 36

    def measured(self, beside: Any, quick: SlicePairs, anchor: Any, name: str, device: str) -> Any:
        slices = self.BATCH * self.STEPS
        return beside(
            lambda: ours(quick, batch=self.BATCH, steps=self.STEPS, device=device),
            anchor,
            name,
            per=slices,
        )

    def test_beside_the_authors_manner(self, beside: Any, quick: SlicePairs, device: str) -> None:
        steps = self.BATCH * self.STEPS // 2
        ratio = self.measured(
            beside,
            quick,
            lambda: authors_manner(quick, steps=steps, device=device),
            "authors' manner",
            device,
        )
        assert not ratio < 3

    def test_beside_a_plain_loop(self, beside: Any, quick: SlicePairs, device: str) -> None:
        sizes: Any = {"batch": self.BATCH, "steps": self.STEPS, "device": device}
        ratio = self.measured(
            beside, quick, lambda: plain_loop(quick, **sizes), "plain loop", device
        )
        assert not ratio < 1

    def test_beside_monai_s_cache(self, beside: Any, quick: SlicePairs, device: str) -> None:
        sizes: Any = {"batch": self.BATCH, "steps": self.STEPS, "device": device}
        ratio = self.measured(
            beside, quick, lambda: monai_cache(quick, **sizes), "MONAI CacheDataset", device
        )
        assert not ratio < 1


class TestPaper:
    """Slices of 240 x 240, two a step, as the preprint has them."""

    STEPS = 2

    def test_beside_the_authors_manner(self, beside: Any, paper: SlicePairs, device: str) -> None:
        ratio = beside(
            lambda: ours(paper, batch=2, steps=self.STEPS, device=device),
            lambda: authors_manner(paper, steps=self.STEPS, device=device),
            "authors' manner",
            per=2 * self.STEPS,
            rounds=3,
        )
        assert not ratio < 1.2

    def test_beside_a_plain_loop(self, beside: Any, paper: SlicePairs, device: str) -> None:
        ratio = beside(
            lambda: ours(paper, batch=2, steps=self.STEPS, device=device),
            lambda: plain_loop(paper, batch=2, steps=self.STEPS, device=device),
            "plain loop",
            per=2 * self.STEPS,
            rounds=3,
        )
        assert not ratio < 1


STACK = 4


@pytest.mark.parametrize("size", ["quick", "paper"])
def test_several_as_one_beside_each_alone(
    beside: Any, request: pytest.FixtureRequest, size: str, device: str
) -> None:
    """Networks of one stack beside as many one after the other; what a GPU gains by."""
    pairs = request.getfixturevalue(size)
    batch, steps = (8, 6) if size == "quick" else (2, 2)
    work = partial(ours, pairs, batch=batch, steps=steps, device=device)

    def together() -> None:
        errors = [one.error for one in fits_together([work] * STACK)]
        assert errors == [None] * STACK

    def apart() -> None:
        for _ in range(STACK):
            work()

    per = STACK * batch * steps
    beside(together, apart, f"{STACK} one by one", per=per, rounds=3)
