"""Distribution-free intervals of the median over people."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]

_SHORT = 0.02
"""How far below its name the coverage of an interval that is printed may lie."""


def median_intervals(rows: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Floats:
    """Interval of the median that two order statistics make, for each row.

    From the j-th smallest to the j-th largest value, j as large as `median_coverage` allows. It
    inverts the sign test, and its coverage is that of the binomial distribution, whatever
    distribution the people come from (Hahn and Meeker 1991, Statistical Intervals, section 5.2).
    `python -m phycharm.benchmarks.statistics.inference.coverage` measures it beside those of
    intervals of the mean, which fall short of their name with as few people as travel.

    Parameters
    ----------
    rows : sequence of array_like
        One value per person; rows may differ in length. No NaN.
    confidence : float
        Nominal coverage.

    Returns
    -------
    ndarray of float64, shape (len(rows), 2)
        Lower and upper end; NaN where too few people stand behind a row.

    Examples
    --------
    >>> median_intervals([[1.0, 2.0, 3.0, 4.0, 5.0, 9.0], [1.0, 2.0, 3.0, 4.0]])
    array([[ 1.,  9.],
           [nan, nan]])
    """
    ends = np.full((len(rows), 2), np.nan)
    for index, row in enumerate(rows):
        values = np.sort(np.asarray(row, dtype=np.float64))
        order = _order(values.size, confidence)
        if order:
            ends[index] = values[order - 1], values[-order]
    return ends


def median_coverage(people: int, *, confidence: float = 0.95) -> float:
    """Coverage of the interval of the median; NaN where none is printed.

    Parameters
    ----------
    people : int
        How many values there are.
    confidence : float
        Nominal coverage. An interval is printed where it is reached, and for so few people that
        smallest and largest value miss it by no more than two hundredths.

    Returns
    -------
    float
        Exact for every continuous distribution.

    Examples
    --------
    >>> [round(median_coverage(people), 3) for people in (4, 5, 6, 9)]
    [nan, 0.938, 0.969, 0.961]
    """
    order = _order(people, confidence)
    return _coverage(people, order) if order else float("nan")


@lru_cache(maxsize=1024)
def _order(people: int, confidence: float) -> int:
    """Return how many values are left out at either end, plus one; 0 where no interval is."""
    if people < 1 or _coverage(people, 1) < confidence - _SHORT:
        return 0
    return max([1, *(j for j in range(2, people // 2 + 1) if _coverage(people, j) >= confidence)])


def _coverage(people: int, order: int) -> float:
    return float(1 - 2 * scipy.stats.binom.cdf(order - 1, people, 0.5))
