"""Friedman's test and critical differences against Demsar 2006 and SciPy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics import cliques, critical_difference, friedman, rank_methods

from support.score_factory import DIRECTIONS, random_scores, scores_of

# Demsar 2006 (J. Mach. Learn. Res. 7), table 6: AUC of four decision trees on 14 data sets.
TREES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9752, 0.9748],  # both 0.975 in print, but ranked 2 and 3 there
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_worked_example_of_demsar():
    """Pages 9-13: mean ranks, chi-square 9.28, F 3.69, critical differences 1.25 and 1.12."""
    got = friedman(AUC)
    np.testing.assert_allclose(got.mean_ranks, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    # Demsar leaves out the correction for ties, which makes 9.28 of it.
    ties = [np.unique(row, return_counts=True)[1] for row in AUC]
    correction = 1 - sum((t**3 - t).sum() for t in ties) / (14 * 4 * (4**2 - 1))
    uncorrected = got.chi_square * correction
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    assert 13 * uncorrected / (14 * 3 - uncorrected) == pytest.approx(3.69, abs=0.01)
    assert got.critical_difference == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, alpha=0.10) == pytest.approx(1.12, abs=0.005)


def test_bars_of_the_diagram_at_ten_percent():
    """Page 16: at 0.10 C4.5 differs from the two with tuned m, the other pairs do not differ."""
    ranks = dict(zip(TREES, friedman(AUC).mean_ranks, strict=True))
    assert cliques(ranks, critical_difference(4, 14, alpha=0.10)) == [
        ("C4.5+m+cf", "C4.5+m", "C4.5+cf"),
        ("C4.5+cf", "C4.5"),
    ]
    assert cliques(ranks, 5) == [("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5")]
    assert cliques(ranks, 0) == []
    assert cliques({}, 1) == []


def test_critical_values_are_those_of_the_table():
    """Demsar 2006, table 5a, two-tailed Nemenyi at 0.05 for 2 to 10 methods."""
    table = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
    got = [critical_difference(k, 1) / np.sqrt(k * (k + 1) / 6) for k in range(2, 11)]
    np.testing.assert_allclose(got, table, atol=1.1e-3)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(3, 7), st.booleans())
def test_agrees_with_scipy_with_and_without_ties(seed, subjects, methods, tied):
    merits = np.random.default_rng(seed).normal(size=(subjects, methods))
    merits = merits.round(0) if tied else merits
    got = friedman(merits)
    if np.isnan(got.chi_square):
        assert all(len(set(row)) == 1 for row in merits)
        return
    expected = friedmanchisquare(*merits.T)
    assert got.chi_square == pytest.approx(expected.statistic)
    assert got.p == pytest.approx(expected.pvalue)
    assert got.mean_ranks.sum() == pytest.approx(methods * (methods + 1) / 2)


def test_perfect_agreement_and_hopeless_tables():
    perfect = friedman(np.arange(12).reshape(1, 12).repeat(5, axis=0)[:, ::-3])
    assert perfect.mean_ranks.tolist() == [1, 2, 3, 4]
    assert (perfect.f, perfect.p_f) == (np.inf, 0)
    for merits in (np.ones((5, 4)), np.ones((1, 4)), np.zeros((5, 2))):
        assert np.isnan([friedman(merits).chi_square, friedman(merits).p_f]).all()
    assert np.isnan(critical_difference(1, 5))


def test_methods_are_ranked_on_subjects_in_the_right_direction():
    series = {"a": [1, 1, 1, 2.0], "b": [2, 2, 2, 1.0], "c": [3, 3, 3, 3.0]}
    by_rising = rank_methods(scores_of(series, metric="nrmse"), METRICS)
    assert by_rising["harmonizer"].tolist() == ["a", "b", "c"]
    assert by_rising["mean_rank"].tolist() == [1.25, 1.75, 3]
    assert by_rising[["methods", "n"]].iloc[0].tolist() == [3, 4]
    by_falling = rank_methods(scores_of(series, metric="ssim"), METRICS)
    assert by_falling["harmonizer"].tolist() == ["c", "b", "a"]


def test_controls_and_incomplete_methods_are_not_ranked():
    scores = random_scores({"a": 0, "b": 1, "c": 2, "oracle": 9}, metrics=["ssim"])
    gone = (scores["harmonizer"] == "c") & (scores["subject"] == "03")
    gone &= scores["source"] == DIRECTIONS[0][0]
    got = rank_methods(scores[~gone], METRICS)
    assert set(got["harmonizer"]) == {"a", "b"}
    assert got["n"].unique().tolist() == [8]
    nan = scores.assign(value=scores["value"].where(~gone))
    pd.testing.assert_frame_equal(rank_methods(nan, METRICS), got)
    chosen = rank_methods(scores, METRICS, methods=["a", "oracle"])
    assert set(chosen["harmonizer"]) == {"a", "oracle"}
    assert rank_methods(scores.assign(value=np.nan), METRICS).empty
