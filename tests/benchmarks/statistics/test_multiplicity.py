"""Holm and Benjamini-Hochberg against published examples and first principles."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phycharm.benchmarks.statistics import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=7)
# Benjamini and Hochberg 1995, section 4.1: fifteen p values of a trial of thrombolysis.
THROMBOLYSIS = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
    *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)


def closed_testing(p):
    """Holm's procedure as what it is: closed testing with Bonferroni in every subset."""
    adjusted = np.zeros(len(p))
    for size in range(1, len(p) + 1):
        for subset in combinations(range(len(p)), size):
            bonferroni = min(1, size * min(p[i] for i in subset))
            for i in subset:
                adjusted[i] = max(adjusted[i], bonferroni)
    return adjusted


@settings(max_examples=100, deadline=None)
@given(P_VALUES)
def test_holm_is_closed_testing_with_bonferroni(p):
    np.testing.assert_allclose(holm(p), closed_testing(p), atol=1e-15)


def test_example_of_benjamini_and_hochberg():
    """The paper rejects four hypotheses at 0.05 by its procedure and three by Bonferroni."""
    adjusted = benjamini_hochberg(THROMBOLYSIS)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    assert (holm(THROMBOLYSIS) <= 0.05).sum() == 3


@settings(max_examples=50, deadline=None)
@given(P_VALUES, st.randoms())
def test_adjustment_keeps_order_and_does_not_see_positions(p, random):
    order = random.sample(range(len(p)), len(p))
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p)
        np.testing.assert_allclose(adjust(np.array(p)[order]), adjusted[order], atol=1e-15)
        assert np.all(adjusted >= np.array(p) - 1e-15)
        assert np.all(np.diff(adjusted[np.argsort(p)]) >= -1e-15)
    assert np.all(benjamini_hochberg(p) <= holm(p) + 1e-12)


def test_tests_that_could_not_be_made_do_not_count():
    for adjust in (holm, benjamini_hochberg):
        got = adjust([0.01, np.nan, 0.02])
        np.testing.assert_array_equal(got[[0, 2]], adjust([0.01, 0.02]))
        assert np.isnan(got[1])
        assert np.isnan(adjust([np.nan])).all()
        assert adjust([]).size == 0
