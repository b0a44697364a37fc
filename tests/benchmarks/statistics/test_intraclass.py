"""Intraclass correlations: the paper's worked example, pingouin, what cannot be computed."""

import warnings

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.statistics.inference.intraclass import icc_agreement, icc_consistency

# Shrout and Fleiss 1979, table 2: six targets, four judges; table 4 has .29 and .71.
PAPER = [
    [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
]  # fmt: skip


def test_the_worked_example_of_shrout_and_fleiss():
    agreement, consistency = icc_agreement(PAPER), icc_consistency(PAPER)
    assert round(agreement.value, 2) == 0.29
    assert round(consistency.value, 2) == 0.71
    # Intervals of the same data, which pingouin has too.
    assert (round(agreement.low, 2), round(agreement.high, 2)) == (0.02, 0.76)
    assert (round(consistency.low, 2), round(consistency.high, 2)) == (0.34, 0.95)


@pytest.mark.parametrize(("people", "scanners"), [(3, 2), (5, 3), (12, 6), (40, 2)])
def test_pingouin_says_the_same(people, scanners):
    with warnings.catch_warnings():
        # It calls pandas in ways that the newest deprecates.
        warnings.simplefilter("ignore")
        pingouin = pytest.importorskip("pingouin")
        rng = np.random.default_rng(people)
        ratings = 600 + 40 * rng.standard_normal((people, 1)) + rng.normal(0, 9, scanners)
        ratings = ratings + 5 * rng.standard_normal((people, scanners))
        long = pd.DataFrame(ratings).melt(ignore_index=False).reset_index()
        found = pingouin.intraclass_corr(
            long, targets="index", raters="variable", ratings="value"
        ).set_index("Type")
    for name, ours in (
        ("ICC(A,1)", icc_agreement(ratings)),
        ("ICC(C,1)", icc_consistency(ratings)),
    ):
        assert ours.value == pytest.approx(found.loc[name, "ICC"], abs=1e-9)
        # It rounds the ends of its intervals.
        assert [ours.low, ours.high] == pytest.approx([*found.loc[name, "CI95"]], abs=0.0051)


def test_next_to_no_degrees_of_freedom_overflow_nothing():
    # Satterthwaite's freedom is .004 here, and the quantile of F near the largest number there is.
    ratings = [
        [378.31677108, 298.59323117, 283.8937225],
        [419.68124525, 316.72315356, 241.78171951],
    ]
    with np.errstate(all="raise"):
        found = icc_agreement(ratings)
    assert found.value == pytest.approx(-0.0587, abs=1e-4)
    # The ends lie beside it, both at -.0622, and so are none.
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("function", [icc_agreement, icc_consistency])
class TestBoth:
    @pytest.mark.parametrize(
        "ratings",
        [np.empty((0, 3)), [[1.0, 2.0]], [[1.0], [2.0]], [[700.1] * 3] * 4, np.empty((0, 0))],
        ids=["nobody", "one person", "one scanner", "constant", "nothing"],
    )
    def test_undefined(self, function, ratings):
        found = function(ratings)
        assert np.isnan([found.value, found.low, found.high]).all()

    def test_perfect_agreement(self, function):
        found = function([[600.1] * 3, [650.7] * 3, [580.3] * 3])
        assert (found.value, found.low, found.high) == (1, 1, 1)

    def test_does_not_depend_on_unit_or_order(self, function):
        table = np.array(PAPER, dtype=float)
        wanted = function(table)
        for other in (table * 1000, table[::-1], table[:, ::-1], table + 300):
            found = function(other)
            for name in ("value", "low", "high"):
                assert getattr(found, name) == pytest.approx(getattr(wanted, name))

    def test_a_wider_interval_covers_the_narrower(self, function):
        wide, narrow = function(PAPER, confidence=0.99), function(PAPER, confidence=0.8)
        assert wide.low < narrow.low < narrow.value < narrow.high < wide.high

    def test_covers_what_it_should(self, function):
        rng = np.random.default_rng(3)
        covered = 0
        for _ in range(400):
            people, bias = rng.normal(0, 3, (5, 1)), rng.normal(0, 1, (1, 3))
            found = function(people + bias + rng.normal(0, 1, (5, 3)))
            covered += found.low <= (9 / 11 if function is icc_agreement else 9 / 10) <= found.high
        # A hundred of the runs differ by 1 %: this is three standard errors.
        assert covered / 400 > 0.917


def test_a_bias_of_one_scanner_counts_for_agreement_alone():
    shifted = np.array(PAPER, dtype=float)
    shifted[:, 0] += 20
    assert icc_agreement(shifted).value < 0.1
    assert icc_consistency(shifted).value == pytest.approx(icc_consistency(PAPER).value)


def test_opposite_orders_are_negative():
    assert icc_consistency([[1, 3], [2, 2], [3, 1]]).value == pytest.approx(-1)
