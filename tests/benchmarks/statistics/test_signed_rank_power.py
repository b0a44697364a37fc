"""Power of the signed-rank test, against the test itself on drawn differences."""

import numpy as np
import pytest

from phycharm.benchmarks.statistics import signed_rank
from phycharm.benchmarks.statistics.inference.signed_rank_power import (
    MOST_PEOPLE,
    people_needed,
    signed_rank_power,
)


@pytest.mark.parametrize(
    ("people", "effect"), [(6, 1.0), (9, 1.0), (15, 0.8), (41, 0.4), (60, 0.4), (90, 0.25)]
)
def test_the_test_itself_rejects_as_often(people, effect):
    rng = np.random.default_rng(people)
    draws = 1000
    rejected = sum(signed_rank(rng.normal(effect, 1, people)).p <= 0.05 for _ in range(draws))
    error = 3 * 0.5 / np.sqrt(draws)
    # Beyond 40 people it is an approximation.
    slack = 0.01 if people > 40 else 0.0
    assert signed_rank_power(people, effect) == pytest.approx(rejected / draws, abs=error + slack)


def test_without_effect_it_is_the_level_at_most():
    for people in (6, 12, 25, 80, 500):
        assert 0.02 < signed_rank_power(people, 0.0) <= 0.055


def test_the_two_ways_meet():
    for effect in (0.3, 0.45):
        below, above = (signed_rank_power(n, effect) for n in (40, 41))
        assert above == pytest.approx(below, abs=0.03)


def test_sign_does_not_matter_and_more_is_easier():
    assert signed_rank_power(12, -0.7) == signed_rank_power(12, 0.7)
    powers = [signed_rank_power(20, effect) for effect in (0.0, 0.3, 0.6, 1.2)]
    assert powers == sorted(powers)


def test_people_needed_is_the_smallest_number():
    found = int(people_needed(0.5, 1.0))
    assert signed_rank_power(found, 0.5) >= 0.8 > signed_rank_power(found - 1, 0.5)
    # The t test needs 34 (G*Power); the signed-rank test pi / 3 times as many, about.
    assert found == pytest.approx(34 * np.pi / 3, abs=2)


def test_few_people_cannot_reach_alpha_whatever_the_effect():
    assert people_needed(100.0, 1e-9) == 6
    assert people_needed(100.0, 1.0, alpha=0.01) == 8


def test_unknown_and_out_of_reach():
    assert np.isnan(people_needed(1.0, float("nan")))
    assert people_needed(0.001, 1.0) == np.inf
    assert people_needed(0.1, 1.0) <= MOST_PEOPLE
    assert people_needed(0.0, 0.0) == np.inf
