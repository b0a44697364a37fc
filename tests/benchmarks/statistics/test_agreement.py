"""Coefficient of variation, limits of agreement and concordance of ranks."""

import numpy as np
import pytest
from scipy import stats

from phycharm.benchmarks.statistics.inference.agreement import (
    kendall_w,
    limits_of_agreement,
    mean_spearman,
    within_person_cv,
)

NAN = float("nan")


class TestLimits:
    # Bland and Altman 1986, table 1: peak flow by two meters, first measurements (l/min).
    WRIGHT = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
    MINI = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)

    def test_the_worked_example_of_bland_and_altman(self):
        found = limits_of_agreement(self.WRIGHT, self.MINI)
        assert found.n == 17
        assert found.bias == pytest.approx(-2.1, abs=0.05)
        # They round the standard deviation (38.8), and have 2 in place of 1.96: -79.7 and 75.5.
        spread = (found.high - found.bias) / 1.96
        assert spread == pytest.approx(38.8, abs=0.05)
        # "the 95 % CI for the bias is -22.0 to 17.8 l/min".
        assert (found.bias_low, found.bias_high) == pytest.approx((-22.0, 17.8), abs=0.1)

    def test_who_lacks_one_is_left_out(self):
        whole = limits_of_agreement([1.0, 2.0, 4.0], [0.0, 0.5, 1.0])
        assert limits_of_agreement([1.0, NAN, 2.0, 4.0, 9.0], [0.0, 3.0, 0.5, 1.0, NAN]) == whole

    @pytest.mark.parametrize(("values", "n"), [([], 0), ([NAN], 0), ([3.0], 1)])
    def test_too_few(self, values, n):
        found = limits_of_agreement(values, np.zeros(len(values)))
        assert found.n == n
        assert np.isnan([found.low, found.high, found.bias_low, found.bias_high]).all()
        assert np.isnan(found.bias) == (n == 0)

    def test_equal_measurements(self):
        found = limits_of_agreement([5.0, 7.0], [5.0, 7.0])
        assert (found.bias, found.low, found.high) == (0, 0, 0)


class TestWithinPerson:
    def test_is_the_root_mean_square(self):
        rng = np.random.default_rng(0)
        table = rng.normal(600, 30, (6, 3))
        each = table.std(axis=1, ddof=1) / table.mean(axis=1)
        assert within_person_cv(table) == pytest.approx(np.sqrt((each**2).mean()))

    def test_missing_scanners_are_left_out(self):
        assert within_person_cv([[9, 11, NAN], [NAN, 5, NAN]]) == pytest.approx(np.sqrt(2) / 10)

    @pytest.mark.parametrize(
        "table", [np.empty((0, 3)), [[1.0, NAN]], [[0.0, 0.0]], [[1.0]], np.empty((0, 0))]
    )
    def test_undefined(self, table):
        assert np.isnan(within_person_cv(table))

    def test_constant(self):
        assert within_person_cv([[5.0, 5.0], [7.0, 7.0]]) == 0


class TestRanks:
    @pytest.mark.parametrize("ties", [False, True])
    def test_scipy_says_the_same(self, ties):
        rng = np.random.default_rng(1)
        table = rng.normal(size=(8, 4))
        table = np.round(table) if ties else table
        statistic = stats.friedmanchisquare(*table).statistic
        assert kendall_w(table) == pytest.approx(statistic / (4 * 7))
        wanted = [
            stats.spearmanr(table[:, a], table[:, b]).statistic for a in range(4) for b in range(a)
        ]
        assert mean_spearman(table) == pytest.approx(np.mean(wanted))
        if not ties:
            assert mean_spearman(table) == pytest.approx((4 * kendall_w(table) - 1) / 3)

    @pytest.mark.parametrize("function", [mean_spearman, kendall_w])
    def test_undefined(self, function):
        for table in ([[1, 2], [2, 3]], np.ones((4, 1)), np.ones((4, 3)), np.empty((0, 0))):
            assert np.isnan(function(table))

    @pytest.mark.parametrize("function", [mean_spearman, kendall_w])
    def test_the_same_order(self, function):
        assert function([[1, 100], [2, 1000], [3, 1001]]) == 1
