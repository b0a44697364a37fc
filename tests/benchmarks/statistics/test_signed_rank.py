"""The signed-rank test against SciPy, full enumeration and published examples."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from phycharm.benchmarks.statistics import hodges_lehmann, signed_rank, smallest_p

WHOLE = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=9)


def enumerated_p(differences):
    """Two-sided p over all sign flips, one by one."""
    values = np.array([d for d in differences if d != 0])
    ranks = rankdata(np.abs(values))
    observed = ranks[values > 0].sum()
    sums = [ranks[np.array(flip, bool)].sum() for flip in product((0, 1), repeat=len(values))]
    tail = min(np.mean(np.array(sums) <= observed), np.mean(np.array(sums) >= observed))
    return min(1, 2 * tail)


@settings(max_examples=150, deadline=None)
@given(WHOLE)
def test_exact_with_ties_and_zeros(differences):
    assert signed_rank(differences).p == pytest.approx(enumerated_p(differences), abs=1e-12)


@pytest.mark.parametrize("n", [3, 5, 8, 13, 30, 50])
def test_agrees_with_scipy_where_scipy_is_exact(n):
    differences = np.random.default_rng(n).normal(0.4, 1, n)
    expected = wilcoxon(differences, method="exact")
    got = signed_rank(differences)
    assert got.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert min(got.positive, got.negative) == expected.statistic


def test_many_subjects_are_no_trouble():
    differences = np.random.default_rng(0).normal(0.1, 1, 300).round(1)  # ties and zeros
    approximate = wilcoxon(differences, method="asymptotic", zero_method="wilcox").pvalue
    assert signed_rank(differences).p == pytest.approx(approximate, rel=0.01)


def test_depression_scores_of_hollander_and_wolfe():
    """Hollander and Wolfe 1973, p. 29 (Hamilton scale): T+ = 5, p = 0.039, shift -0.46."""
    before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    got = signed_rank(after - before)
    assert (got.positive, got.negative) == (5, 40)
    assert got.p == pytest.approx(0.0390625)
    assert hodges_lehmann(after - before) == pytest.approx(-0.46, abs=1e-9)
    assert got.rank_biserial == pytest.approx((5 - 40) / 45)


def test_darwins_plants():
    """Heights of crossed minus selfed plants, as in SciPy's documentation: T = 24, p = 0.041."""
    heights = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
    got = signed_rank(heights)
    assert got.negative == 24
    assert got.p == pytest.approx(0.041259765625, abs=1e-15)


@pytest.mark.parametrize(
    ("n", "p"), [(5, 0.0625), (6, 0.031), (7, 0.016), (8, 0.0078), (9, 0.0039)]
)
def test_smallest_p_is_reached_when_all_agree(n, p):
    assert smallest_p(n) == pytest.approx(p, abs=5e-4)
    assert signed_rank(np.arange(1, n + 1)).p == smallest_p(n)
    assert signed_rank(np.full(n, 2.0)).p == smallest_p(n)
    assert signed_rank(np.full(n, 2.0)).smallest_p == smallest_p(n)


@settings(max_examples=50, deadline=None)
@given(WHOLE, st.randoms())
def test_order_of_subjects_and_units_do_not_matter(differences, random):
    shuffled = random.sample(differences, len(differences))
    assert signed_rank(shuffled) == signed_rank(differences)
    assert signed_rank(np.multiply(4, differences)).p == signed_rank(differences).p
    assert hodges_lehmann(shuffled) == hodges_lehmann(differences)


@settings(max_examples=50, deadline=None)
@given(WHOLE)
def test_exchanging_the_methods_turns_the_effect_round(differences):
    forth, back = signed_rank(differences), signed_rank(np.negative(differences))
    assert forth.p == back.p
    assert forth.rank_biserial == -back.rank_biserial
    assert -1 <= forth.rank_biserial <= 1
    assert hodges_lehmann(differences) == -hodges_lehmann(np.negative(differences))


def test_no_difference_and_no_subject():
    equal = signed_rank([0.0, 0.0, 0.0])
    assert (equal.nonzero, equal.p, equal.rank_biserial, equal.smallest_p) == (0, 1, 0, 1)
    nobody = signed_rank([np.nan])
    assert np.isnan([nobody.p, nobody.rank_biserial, nobody.smallest_p]).all()
    assert np.isnan(hodges_lehmann([]))
    assert signed_rank([1.0, np.nan, 2.0]) == signed_rank([1.0, 2.0])
