"""Agreement of measurements of the same people: coefficient of variation, limits, ranks."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]

_NORMAL = 1.96
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bias between two measurements, and the limits of agreement.

    Parameters
    ----------
    n : int
        People with both.
    bias : float
        Mean difference.
    bias_low, bias_high : float
        Ends of the t interval of the bias.
    low, high : float
        Limits of agreement, between which about 95 % of differences lie.
    """

    n: int
    bias: float
    bias_low: float
    bias_high: float
    low: float
    high: float


def limits_of_agreement(
    first: npt.ArrayLike, second: npt.ArrayLike, *, confidence: float = 0.95
) -> Limits:
    """Compare two measurements of the same people (Bland and Altman 1986, Lancet 327:307-310).

    The limits are the bias plus and minus 1.96 standard deviations of the differences
    `first - second`.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        A value per person; who lacks one (NaN) is left out.
    confidence : float
        Coverage of the interval of the bias.

    Returns
    -------
    Limits
        NaN for what one person alone cannot tell, and for all where there is nobody.

    Examples
    --------
    >>> found = limits_of_agreement([10.0, 12.0, 14.0], [9.0, 12.0, 12.0])
    >>> found.bias, round(found.low, 2), round(found.high, 2)
    (1.0, -0.96, 2.96)
    """
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    differences = differences[~np.isnan(differences)]
    n = differences.size
    bias = float(differences.mean()) if n else _UNKNOWN
    spread = float(differences.std(ddof=1)) if n > 1 else _UNKNOWN
    # Of one person nothing is known of the spread, and there is no such t distribution.
    error = (
        float(scipy.stats.t.isf((1 - confidence) / 2, max(n - 1, 1))) * spread / np.sqrt(max(n, 1))
    )
    return Limits(
        n=n,
        bias=bias,
        bias_low=float(bias - error),
        bias_high=float(bias + error),
        low=bias - _NORMAL * spread,
        high=bias + _NORMAL * spread,
    )


def within_person_cv(ratings: npt.ArrayLike) -> float:
    """Coefficient of variation within people over scanners.

    ``sqrt(mean(s^2 / m^2))`` over people with the standard deviation s and the mean m of a
    person's measurements: the root mean square approach (Bland's method for proportional errors;
    Hyslop and White 2009, Ann. Clin. Biochem. 46:418-420).

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        A row per person, a column per scanner. NaN is left out, and so is who has fewer than two.

    Returns
    -------
    float
        A fraction of the mean; NaN where nobody has two measurements or a mean is 0.

    Examples
    --------
    >>> round(within_person_cv([[9.0, 11.0], [100.0, 100.0]]), 3)
    0.1
    """
    table = np.asarray(ratings, dtype=np.float64)
    table = table[(~np.isnan(table)).sum(axis=1) > 1]
    if not table.size:
        return _UNKNOWN
    means = np.nanmean(table, axis=1)
    if (means == 0).any():
        return _UNKNOWN
    variances = np.nanvar(table, axis=1, ddof=1)
    return float(np.sqrt((variances / means**2).mean()))


def mean_spearman(ratings: npt.ArrayLike) -> float:
    """Mean over pairs of scanners of Spearman's correlation between people.

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        A row per person, a column per scanner; no NaN.

    Returns
    -------
    float
        1 where every scanner puts people in the same order; NaN with fewer than three people, of
        whom an order says nothing, or two scanners, or where a scanner sees all people alike.

    Examples
    --------
    >>> mean_spearman([[1, 10], [2, 20], [3, 15]])
    0.5
    """
    table = np.asarray(ratings, dtype=np.float64)
    people, scanners = table.shape
    if people < 3 or scanners < 2:
        return _UNKNOWN
    ranks = scipy.stats.rankdata(table, axis=0)
    if (ranks.std(axis=0) == 0).any():
        return _UNKNOWN
    pairs = combinations(range(scanners), 2)
    found = [float(np.corrcoef(ranks[:, a], ranks[:, b])[0, 1]) for a, b in pairs]
    return float(np.round(np.mean(found), 12))


def kendall_w(ratings: npt.ArrayLike) -> float:
    """Concordance of the orders in which scanners put people, Kendall's W.

    ``12 S / (k^2 (n^3 - n) - k T)``, S the squared deviations of people's rank sums, T the sum of
    ``t^3 - t`` over the ties of every scanner (Kendall and Babington Smith 1939, Ann. Math. Stat.
    10:275-287).

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        A row per person, a column per scanner; no NaN.

    Returns
    -------
    float
        From 0 (no order in common) to 1 (the same order); NaN with fewer than three people or two
        scanners, or where all see all people alike.

    Examples
    --------
    >>> kendall_w([[1, 10], [2, 20], [3, 30]])
    1.0
    """
    table = np.asarray(ratings, dtype=np.float64)
    people, scanners = table.shape
    if people < 3 or scanners < 2:
        return _UNKNOWN
    ranks = scipy.stats.rankdata(table, axis=0)
    sums = ranks.sum(axis=1)
    ties = 0.0
    for column in ranks.T:
        counts = np.unique(column, return_counts=True)[1].astype(np.float64)
        ties += float((counts**3 - counts).sum())
    most = scanners**2 * (people**3 - people) - scanners * ties
    return float(12 * ((sums - sums.mean()) ** 2).sum() / most) if most > 0 else _UNKNOWN
