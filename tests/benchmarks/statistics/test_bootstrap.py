"""BCa intervals against SciPy."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from phycharm.benchmarks.statistics.inference.bootstrap import RESAMPLES, mean_intervals


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_cauchy"])
@pytest.mark.parametrize("n", [14, 23])
def test_is_that_of_scipy_with_the_same_resamples(n, draw, confidence):
    # Of fewer subjects, permutations are drawn whose mean SciPy compares with rounding errors.
    row = getattr(np.random.default_rng(n), draw)(size=n)
    expected = bootstrap(
        (row,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(4),
    ).confidence_interval
    got = mean_intervals([row], confidence=confidence, seed=4)[0]
    np.testing.assert_allclose(got, [expected.low, expected.high], rtol=1e-9, atol=1e-9)


def test_rows_do_not_see_their_neighbours():
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=n) for n in (5, 7, 5, 2, 7, *[5] * 100)]
    together = mean_intervals(rows)
    alone = np.concatenate([mean_intervals([row]) for row in rows])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert np.all(together[:, 0] <= [row.mean() for row in rows])
    assert np.all(together[:, 1] >= [row.mean() for row in rows])


def test_degenerate_rows():
    got = mean_intervals([[], [3.0], [0.1, 0.1, 0.1], [1.0, 2.0]])
    assert np.isnan(got[:2]).all()
    np.testing.assert_array_equal(got[2], [0.1, 0.1])
    assert 1 <= got[3, 0] < got[3, 1] <= 2
    assert mean_intervals([]).shape == (0, 2)


def test_interval_follows_scale_and_place():
    row = np.random.default_rng(1).exponential(size=8)
    plain = mean_intervals([row])[0]
    np.testing.assert_allclose(mean_intervals([1000 * row + 5])[0], 1000 * plain + 5, rtol=1e-9)
    mirrored = mean_intervals([-row])[0]
    np.testing.assert_allclose(mirrored, -plain[::-1], rtol=1e-3)


@pytest.mark.parametrize(("n", "documented"), [(5, 0.84), (9, 0.89), (15, 0.92)])
def test_coverage_is_as_documented(n, documented):
    ends = mean_intervals(list(np.random.default_rng(n).normal(size=(2000, n))))
    assert np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0)) == pytest.approx(documented, abs=0.02)
