"""Training plans."""

import math

import pytest

from phycharm.method.maps.preprint import GENERATOR_PLAN
from phycharm.method.translation import HARMONIZATION_PLAN
from phycharm.networks.plan import TrainingPlan

PLAN = TrainingPlan(epochs=10, batch_size=2, learning_rate=1e-3)


def test_plans_of_the_preprint():
    network = TrainingPlan(
        epochs=200, batch_size=2, learning_rate=1e-3, betas=(0.5, 0.999), schedule="constant"
    )
    assert network == HARMONIZATION_PLAN
    maps = TrainingPlan(epochs=500, batch_size=2, learning_rate=1e-3, betas=(0.9, 0.999))
    assert maps == GENERATOR_PLAN


def test_changes_replace_and_leave_the_rest():
    changed = PLAN.changed({"epochs": 3, "betas": [0.5, 0.9]})
    assert (changed.epochs, changed.batch_size) == (3, 2)
    assert changed.betas == (0.5, 0.9)
    assert PLAN.epochs == 10
    assert PLAN.changed(None) == PLAN.changed({}) == PLAN


def test_steps_are_said_in_place_of_epochs():
    (sentence,) = PLAN.changed({"steps": 500, "epochs": 3}).deviations(PLAN)
    assert sentence == "Training plan: 500 steps a direction instead of 10 epochs."
    assert PLAN.changed({"epochs": 10}).deviations(PLAN) == ()


def test_plan_cannot_be_changed_in_place():
    with pytest.raises(ValueError):
        PLAN.epochs = 3


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ("cosine", [0.5 * (1 + math.cos(math.pi * p)) for p in (0, 0.25, 0.5, 0.75, 1)]),
        ("linear-second-half", [1, 1, 1, 0.5, 0]),
    ],
)
def test_schedules(schedule, factors):
    plan = PLAN.changed({"schedule": schedule})
    found = [plan.factor(progress) for progress in (0, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx(factors, abs=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 3},
        {"epochs": 0},
        {"steps": 0},
        {"batch_size": 0},
        {"learning_rate": -1e-3},
        {"schedule": "cosin"},
        {"epochs": "ten"},
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(changes):
    from phycharm.errors import InputError

    with pytest.raises(InputError) as error:
        PLAN.changed(changes)
    assert next(iter(changes)) in str(error.value)
    assert "\n" not in str(error.value)
