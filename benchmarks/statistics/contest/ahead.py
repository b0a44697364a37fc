"""Who is shown to be behind another method, by an exact test over people."""

from itertools import count

import numpy as np
import numpy.typing as npt
import scipy

from ..inference.wilcoxon import signed_rank, smallest_p

_ROUNDING = 1e-12

BEHIND_RULE = (
    "shown behind where an exact two-sided signed-rank test over people and a paired t test both "
    "say so, at the level divided by the number of pairs of methods (Bonferroni, since the first "
    "one is chosen from the same data)"
)
"""When a method counts as behind another, in words to print beside a leaderboard."""


def behind(merits: npt.ArrayLike, first: int, *, alpha: float) -> npt.NDArray[np.bool_]:
    """Tell which methods are shown to be behind one of them.

    Exact signed-rank tests of people's differences, Bonferroni over all pairs of methods: where
    two methods are exchangeable, so that a person's difference has either sign with equal chance,
    neither is called behind with a chance of more than alpha, over all pairs together, however
    skewed the merits are. With too few people nobody is (see `can_tell`). Their means must differ
    too (see `ahead_by_mean`), or a method that is a little ahead in most people and fails in some
    would be called ahead though it was seen to fail.

    Parameters
    ----------
    merits : array_like, shape (N, k)
        A row per person, a column per method, larger is better. No NaN.
    first : int
        Column that the others are held against.
    alpha : float
        Chance to call any two methods different that are not.

    Returns
    -------
    ndarray of bool, shape (k,)
        False for `first` itself, and for whoever has the better mean.

    Examples
    --------
    >>> people = [[0.9, 0.7], [0.8, 0.7], [0.9, 0.6], [0.7, 0.5], [0.8, 0.5], [0.9, 0.4]]
    >>> behind(people, 0, alpha=0.05), behind(people[1:], 0, alpha=0.05)
    (array([False,  True]), array([False, False]))
    """
    table = np.asarray(merits, dtype=np.float64)
    people, methods = table.shape
    found = np.zeros(methods, dtype=bool)
    if not can_tell(people, methods, alpha=alpha):
        return found
    distances = table[:, [first]] - table
    distances[np.abs(distances) <= _ROUNDING * np.abs(table).max()] = 0
    for other in range(methods):
        gains = distances[:, other]
        outcome = signed_rank(gains)
        ahead = outcome.positive > outcome.negative and outcome.p * _pairs(methods) <= alpha
        found[other] = ahead and ahead_by_mean(gains, methods, alpha=alpha)
    return found


def ahead_by_mean(gains: npt.ArrayLike, methods: int, *, alpha: float) -> bool:
    """Whether a paired t test shows the mean gain of people above 0.

    Parameters
    ----------
    gains : array_like, shape (N,)
        Merit of one method minus that of another, by person.
    methods : int
        How many there are: the test is at alpha over the number of their pairs.
    alpha : float
        As in `behind`.

    Returns
    -------
    bool
        False with fewer than two people.
    """
    values = np.asarray(gains, dtype=np.float64)
    if values.size < 2 or values.mean() <= 0:
        return False
    error = values.std(ddof=1) / np.sqrt(values.size)
    critical = scipy.stats.t.isf(alpha / (2 * _pairs(methods)), values.size - 1)
    return bool(values.mean() > critical * error)


def can_tell(people: int, methods: int, *, alpha: float) -> bool:
    """Whether so many people can show any of so many methods behind another at all.

    Parameters
    ----------
    people, methods : int
        How many there are.
    alpha : float
        As in `behind`.

    Returns
    -------
    bool
        False below the number of people at which the exact test could reject.
    """
    return people > 0 and methods > 1 and smallest_p(people) * _pairs(methods) <= alpha


def people_needed(methods: int, *, alpha: float) -> int:
    """Smallest number of people that could show a method behind another.

    Examples
    --------
    >>> [people_needed(methods, alpha=0.05) for methods in (2, 3, 10)]
    [6, 7, 11]
    """
    return next(n for n in count(1) if can_tell(n, max(methods, 2), alpha=alpha))


def _pairs(methods: int) -> int:
    return methods * (methods - 1) // 2
