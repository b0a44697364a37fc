"""Bootstrap intervals of means over subjects, for many rows at once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]

RESAMPLES = 9999
_ROWS_AT_ONCE = 64
_SAME = 1e-12


def mean_intervals(
    rows: Sequence[npt.ArrayLike], *, confidence: float = 0.95, seed: int = 0
) -> Floats:
    """Bias-corrected and accelerated bootstrap interval of the mean of each row.

    BCa of Efron 1987 (J. Am. Stat. Assoc. 82:171-185), equations 2.3 and 6.6, with 9999
    resamples of subjects. Rows of the same length share their resamples, so that an interval
    depends on its row and the seed, not on its neighbours. With few subjects the coverage falls
    short of its name: of 2000 simulated normal samples each, 84 % of the 95 % intervals held the
    mean at 5 subjects, 89 % at 9 and 92 % at 15.

    Parameters
    ----------
    rows : sequence of array_like
        One value per subject; rows may differ in length. No NaN.
    confidence : float
        Nominal coverage.
    seed : int
        Of the resampling.

    Returns
    -------
    ndarray of float64, shape (len(rows), 2)
        Lower and upper end. Both are the mean where all values agree; NaN with fewer than two.

    Examples
    --------
    >>> mean_intervals([[1.0, 2.0, 3.0, 4.0, 5.0], [3.0, 3.0], [1.0]]).round(2)
    array([[1.8, 4.2],
           [3. , 3. ],
           [nan, nan]])
    """
    arrays = [np.asarray(row, dtype=np.float64) for row in rows]
    ends = np.full((len(arrays), 2), np.nan)
    by_length: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        by_length.setdefault(array.size, []).append(index)
    for length, members in by_length.items():
        if length < 2:
            continue
        counts = _resamples(length, seed)
        for start in range(0, len(members), _ROWS_AT_ONCE):
            part = members[start : start + _ROWS_AT_ONCE]
            ends[part] = _bca(np.stack([arrays[i] for i in part]), counts, confidence)
    return ends


@lru_cache(maxsize=8)
def _resamples(length: int, seed: int) -> Floats:
    """Return how often each subject occurs in each resample, shape (RESAMPLES, length)."""
    drawn = np.random.default_rng(seed).integers(0, length, (RESAMPLES, length))
    counts = np.zeros((RESAMPLES, length))
    np.add.at(counts, (np.arange(RESAMPLES)[:, None], drawn), 1)
    return counts


def _bca(rows: Floats, counts: Floats, confidence: float) -> Floats:
    length = rows.shape[1]
    means = np.clip(rows.mean(axis=1), rows.min(axis=1), rows.max(axis=1))  # against rounding
    centred = rows - means[:, None]
    spread = np.abs(centred).max(axis=1)
    varied = spread > _SAME * np.abs(rows).max(axis=1)
    ends = np.stack([means, means], axis=1)
    if not varied.any():
        return ends
    centred, spread = centred[varied], spread[varied]
    resampled = np.sort(centred @ counts.T / length, axis=1)
    tolerance = _SAME * spread[:, None]
    below = (resampled < -tolerance).mean(axis=1)
    level = (resampled <= tolerance).mean(axis=1)
    bias = ndtri((below + level) / 2)[:, None]
    acceleration = ((centred**3).sum(1) / (6 * (centred**2).sum(1) ** 1.5))[:, None]
    tail = (1 - confidence) / 2
    shifted = bias + ndtri(np.array([tail, 1 - tail]))
    probabilities = ndtr(bias + shifted / (1 - acceleration * shifted))
    ends[varied] += _quantiles(resampled, probabilities)
    return ends


def _quantiles(rows: Floats, probabilities: Floats) -> Floats:
    """Interpolate linearly in sorted rows, each at probabilities of its own."""
    position = probabilities * (rows.shape[1] - 1)
    lower = np.floor(position).astype(int)
    upper = np.minimum(lower + 1, rows.shape[1] - 1)
    low, high = (np.take_along_axis(rows, index, axis=1) for index in (lower, upper))
    return np.asarray(low + (position - lower) * (high - low))
