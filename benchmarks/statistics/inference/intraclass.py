"""Intraclass correlation: how much of the spread of measurements is that of people."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-12
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation:
    """An intraclass correlation with its interval.

    Parameters
    ----------
    value : float
        1 where scanners agree, 0 where people cannot be told apart; NaN where it is undefined.
    low, high : float
        Ends of the confidence interval.
    """

    value: float
    low: float
    high: float


_UNDEFINED = IntraclassCorrelation(value=_UNKNOWN, low=_UNKNOWN, high=_UNKNOWN)
_PERFECT = IntraclassCorrelation(value=1.0, low=1.0, high=1.0)


def icc_agreement(ratings: npt.ArrayLike, *, confidence: float = 0.95) -> IntraclassCorrelation:
    """Absolute agreement of single measurements, ICC(2,1).

    ``(BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n)`` with the mean squares of a two-way
    analysis of variance between people (BMS), between scanners (JMS) and of what is left (EMS):
    Shrout and Fleiss 1979 (Psychol. Bull. 86:420-428), where it is ICC(2,1); ICC(A,1) of McGraw and
    Wong 1996 (Psychol. Methods 1:30-46), whose interval it has (table 7, case 2A). Scanners count
    as a random sample: a bias between them lowers it.

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        A row per person, a column per scanner; no NaN.
    confidence : float
        Coverage of the interval. It holds under a normal distribution, approximately
        (Satterthwaite).

    Returns
    -------
    IntraclassCorrelation
        NaN with fewer than two people or scanners, and where nothing varies; ends of NaN where the
        approximation gives some that do not hold the value.

    Examples
    --------
    >>> round(icc_agreement([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8]]).value, 2)
    0.34
    """
    table = np.asarray(ratings, dtype=np.float64)
    squares = _mean_squares(table)
    if squares is None:
        return _UNDEFINED
    (people, scanners), (between, columns, error) = table.shape, squares
    below = between + (scanners - 1) * error + scanners * (columns - error) / people
    if below <= 0:
        return _UNDEFINED
    value = (between - error) / below
    if columns == 0 and error == 0:
        return _PERFECT
    shared = scanners * value / (people * (1 - value))
    own = 1 + shared * (people - 1)
    parts = (shared * columns) ** 2 / (scanners - 1)
    parts += (own * error) ** 2 / ((people - 1) * (scanners - 1))
    freedom = (shared * columns + own * error) ** 2 / parts if parts else 1.0
    tail = (1 - confidence) / 2
    # With next to no freedom the quantile is too large to be multiplied: all is divided by it.
    least = between / scipy.stats.f.isf(tail, people - 1, freedom)
    narrow = scipy.stats.f.isf(tail, freedom, people - 1)
    rest = scanners * columns + (scanners * people - scanners - people) * error
    low = people * (least - error) / (rest + people * least)
    high = people * (narrow * between - error) / (rest + people * narrow * between)
    if not low <= value <= high:
        # So little freedom that the approximation does not even hold what it is about.
        low = high = _UNKNOWN
    return IntraclassCorrelation(value=float(value), low=float(low), high=float(high))


def icc_consistency(ratings: npt.ArrayLike, *, confidence: float = 0.95) -> IntraclassCorrelation:
    """Consistency of single measurements, ICC(3,1): a bias of a scanner is forgiven.

    ``(BMS - EMS) / (BMS + (k - 1) EMS)``: Shrout and Fleiss 1979 (see `icc_agreement`), with their
    interval, exact under a normal distribution; ICC(C,1) of McGraw and Wong 1996.

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        A row per person, a column per scanner; no NaN.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    IntraclassCorrelation
        NaN with fewer than two people or scanners, and where nothing varies.

    Examples
    --------
    >>> icc_consistency([[1, 2], [3, 4], [6, 7]]).value
    1.0
    """
    table = np.asarray(ratings, dtype=np.float64)
    squares = _mean_squares(table)
    if squares is None:
        return _UNDEFINED
    (people, scanners), (between, _, error) = table.shape, squares
    below = between + (scanners - 1) * error
    if below <= 0:
        return _UNDEFINED
    if error == 0:
        return _PERFECT
    ratio, tail = between / error, (1 - confidence) / 2
    freedom = (people - 1) * (scanners - 1)
    low = ratio / scipy.stats.f.isf(tail, people - 1, freedom)
    high = ratio * scipy.stats.f.isf(tail, freedom, people - 1)
    return IntraclassCorrelation(
        value=float((between - error) / below),
        low=float((low - 1) / (low + scanners - 1)),
        high=float((high - 1) / (high + scanners - 1)),
    )


def _mean_squares(table: Floats) -> tuple[float, float, float] | None:
    """Between people, between scanners, and of what is left; None where there are too few."""
    people, scanners = table.shape
    if people < 2 or scanners < 2:
        return None
    mean = table.mean()
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    rest = table - rows[:, None] - columns + mean
    found = (
        scanners * float(((rows - mean) ** 2).sum()) / (people - 1),
        people * float(((columns - mean) ** 2).sum()) / (scanners - 1),
        float((rest**2).sum()) / ((people - 1) * (scanners - 1)),
    )
    # What only rounding made is nought: or equal volumes would get a correlation of some kind.
    least = (_ROUNDING * float(np.abs(table).max())) ** 2
    between, raters, error = (0.0 if square <= least else square for square in found)
    return between, raters, error
