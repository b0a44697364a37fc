"""Overlap of tissues: worked by hand, and as SciPy and scikit-learn give it."""

import numpy as np
import pytest
from scipy.spatial import distance
from sklearn.metrics import f1_score

from phycharm.benchmarks.scoring.tissues import (
    dice,
    soft_dice,
)

from support.tissue_engines import NAN


def regions(seed, *, share=0.3):
    rng = np.random.default_rng(seed)
    return rng.random((2, 7, 8, 9)) < share


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_dice_is_that_of_scipy_and_scikit_learn(seed, share):
    a, b = regions(seed, share=share)
    assert dice(a, b) == pytest.approx(1 - distance.dice(a.ravel(), b.ravel()), rel=1e-12)
    assert dice(a, b) == pytest.approx(f1_score(a.ravel(), b.ravel()), rel=1e-12)
    assert dice(a, b) == dice(b, a)


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [
        ([1, 1, 0, 0], [1, 0, 0, 0], 2 / 3),
        ([1, 1, 1, 0], [0, 1, 1, 1], 2 / 3),
        ([1, 0, 0, 0], [0, 1, 0, 0], 0),
        ([1, 1, 0, 0], [1, 1, 0, 0], 1),
        ([1, 0, 0, 0], [0, 0, 0, 0], 0),
        ([0, 0, 0, 0], [0, 0, 0, 0], NAN),
    ],
)
def test_overlaps_worked_by_hand(a, b, value):
    a, b = np.array(a, bool), np.array(b, bool)
    assert dice(a, b) == pytest.approx(value, nan_ok=True)
    # On fractions of 0 and 1 the soft overlap is the hard one.
    assert soft_dice(a.astype(np.float32), b.astype(np.float32)) == pytest.approx(
        value, nan_ok=True
    )


@pytest.mark.parametrize(
    ("p", "q", "value"),
    [
        ([0.5, 1, 0], [1, 0.5, 0], 2 * (0.5 + 0.5) / 3),
        ([0.2, 0.8], [0.4, 0.6], 2 * (0.2 + 0.6) / 2),
        ([0.25, 0.25], [0.75, 0.75], 2 * 0.5 / 2),
        ([0.3, 0.7], [0.3, 0.7], 1),
    ],
)
def test_soft_overlaps_worked_by_hand(p, q, value):
    p, q = np.array(p, np.float32), np.array(q, np.float32)
    assert soft_dice(p, q) == soft_dice(q, p) == pytest.approx(value, rel=1e-6)


def test_sums_over_millions_of_voxels_keep_their_digits():
    # A float32 accumulator that starts at 1e8 would not notice a single one of the others.
    p = np.full(2_000_000, 0.1, np.float32)
    p[0] = 1e8
    q = p.copy()
    q[1:] = 0.3
    wanted = 2 * (1e8 + 1999999 * 0.1) / (2e8 + 1999999 * 0.4)
    assert soft_dice(p, q) == pytest.approx(wanted, rel=1e-9)
