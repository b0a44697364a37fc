"""Friedman's test of many methods at once, and critical differences of their mean ranks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy


@dataclass(frozen=True, slots=True, kw_only=True)
class Friedman:
    """Outcome of Friedman's test on N subjects and k methods.

    Parameters
    ----------
    mean_ranks : ndarray of float64, shape (k,)
        Mean over subjects of each method's rank, 1 the best.
    chi_square, p : float
        Friedman's statistic, corrected for ties, and its chi-square p.
    f, p_f : float
        The less conservative statistic of Iman and Davenport, and its p.
    critical_difference : float
        Nemenyi's: mean ranks further apart than this differ.
    """

    mean_ranks: npt.NDArray[np.float64]
    chi_square: float
    p: float
    f: float
    p_f: float
    critical_difference: float


def friedman(merits: npt.ArrayLike, *, alpha: float = 0.05) -> Friedman:
    """Test whether methods differ when every subject ranks them.

    Friedman 1937 (J. Am. Stat. Assoc. 32:675-701), Iman and Davenport 1980 (Commun. Stat.
    A9:571-595), Nemenyi 1963; all as in Demsar 2006 (J. Mach. Learn. Res. 7:1-30, section 3.2.2).
    Chi-square and F are approximations that are rough below about ten subjects.

    Parameters
    ----------
    merits : array_like, shape (N, k)
        One row per subject, one column per method, larger is better. No NaN.
    alpha : float
        Level of the critical difference.

    Returns
    -------
    Friedman
        Ranks and statistics. The statistics are NaN with fewer than three methods or two
        subjects, or where every subject ties all methods.

    Examples
    --------
    >>> outcome = friedman([[3, 2, 1], [3, 1, 2], [3, 2, 1], [3, 2, 1]])
    >>> outcome.mean_ranks, outcome.chi_square, round(outcome.p, 4)
    (array([1.  , 2.25, 2.75]), 6.5, 0.0388)
    """
    table = np.asarray(merits, dtype=np.float64)
    subjects, methods = table.shape
    ranks = scipy.stats.rankdata(-table, axis=1)
    means = ranks.mean(axis=0)
    variance = ((ranks - (methods + 1) / 2) ** 2).sum()
    if methods < 3 or subjects < 2 or variance == 0:
        return Friedman(
            mean_ranks=means,
            chi_square=np.nan,
            p=np.nan,
            f=np.nan,
            p_f=np.nan,
            critical_difference=critical_difference(methods, subjects, alpha=alpha),
        )
    # Conover's form of the statistic, which corrects for ties.
    statistic = (methods - 1) * subjects**2 * ((means - (methods + 1) / 2) ** 2).sum() / variance
    freedom = subjects * (methods - 1) - statistic
    f = (subjects - 1) * statistic / freedom if freedom > 1e-9 else np.inf
    return Friedman(
        mean_ranks=means,
        chi_square=float(statistic),
        p=float(scipy.stats.chi2.sf(statistic, methods - 1)),
        f=float(f),
        p_f=float(scipy.stats.f.sf(f, methods - 1, (methods - 1) * (subjects - 1))),
        critical_difference=critical_difference(methods, subjects, alpha=alpha),
    )


def critical_difference(methods: int, subjects: int, *, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference of mean ranks: q sqrt(k (k + 1) / (6 N)).

    q is the studentized range at infinite freedom over the square root of 2 (Demsar 2006, table
    5a).

    Parameters
    ----------
    methods : int
        Number k.
    subjects : int
        Number N.
    alpha : float
        Level.

    Returns
    -------
    float
        The difference; NaN with fewer than two methods or no subject.

    Examples
    --------
    >>> round(critical_difference(4, 14), 3)  # Demsar 2006, page 13: 1.25
    1.254
    """
    if methods < 2 or subjects < 1:
        return float("nan")
    q = scipy.stats.studentized_range.ppf(1 - alpha, methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * subjects)))
