"""Power of the exact signed-rank test, and how many people it takes."""

from functools import lru_cache
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, owens_t

from .wilcoxon import null_rank_sums, smallest_p

Floats = npt.NDArray[np.float64]

MOST_PEOPLE = 1000
"""Beyond this nobody is counted any more."""

_MOST_SIMULATED = 40
# Six people see an effect of eight standard deviations whatever the power that is asked for.
_LARGE, _CLOSE = 8.0, 1e-3
_DRAWS = 5_000


def signed_rank_power(people: int, effect: float, *, alpha: float = 0.05) -> float:
    """Chance that the exact two-sided signed-rank test finds a shift of normal differences.

    Up to 40 people it is the share of 5,000 drawn samples, always the same ones, that the test
    rejects (standard error at most .007); above, the normal approximation of the rank sum W+ with
    its mean and variance under the alternative (Lehmann 1975, Nonparametrics: Statistical
    Methods Based on Ranks).

    Parameters
    ----------
    people : int
        Number n of paired differences.
    effect : float
        Mean of the differences over their standard deviation.
    alpha : float
        Level of the test.

    Returns
    -------
    float
        From 0 to 1; 0 where so few people cannot reach `alpha` (fewer than six for .05).

    Examples
    --------
    >>> signed_rank_power(5, 10.0), signed_rank_power(6, 10.0)
    (0.0, 1.0)
    """
    if smallest_p(people) > alpha:
        return 0.0
    shift = abs(effect)
    if people > _MOST_SIMULATED:
        return _approximate_power(people, shift, alpha)
    sums = _rank_sums(_drawn(people) + shift)
    most = people * (people + 1) // 2
    critical = _critical(people, alpha)
    return float(((sums <= critical) | (sums >= most - critical)).mean())


def people_needed(
    effect: float, spread: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest number of people with whom the signed-rank test finds an effect.

    Parameters
    ----------
    effect : float
        Mean difference that is to be found.
    spread : float
        Standard deviation of the paired differences over people.
    alpha : float
        Level of the test, two-sided.
    power : float
        Chance to find it.

    Returns
    -------
    float
        A whole number; infinite where more than `MOST_PEOPLE` are needed, NaN where the spread is
        not known.

    Examples
    --------
    >>> people_needed(1.0, 0.0), people_needed(0.0, 1.0)
    (6.0, inf)
    """
    if np.isnan(spread):
        return float("nan")
    standardized = abs(effect) / spread if spread > 0 else (np.inf if effect else 0.0)
    low = next(n for n in count(1) if smallest_p(n) <= alpha)
    high = MOST_PEOPLE
    if not _suffice(high, standardized, alpha, power):
        return float("inf")
    while low < high:
        middle = (low + high) // 2
        if _suffice(middle, standardized, alpha, power):
            high = middle
        else:
            low = middle + 1
    return float(low)


def _suffice(people: int, standardized: float, alpha: float, power: float) -> bool:
    """Whether an effect is at least the smallest one that so many people find.

    That one is looked for by halves, only until it is known to lie above or below.
    """
    low, high = 0.0, _LARGE
    while low < standardized < high and high - low > _CLOSE:
        middle = (low + high) / 2
        if _finds(people, middle, alpha, power):
            high = middle
        else:
            low = middle
    return standardized >= high


@lru_cache(maxsize=65_536)
def _finds(people: int, effect: float, alpha: float, power: float) -> bool:
    """Whether the power is reached; found once for all who ask: all halve the same effects."""
    return signed_rank_power(people, effect, alpha=alpha) >= power


def _rank_sums(differences: Floats) -> npt.NDArray[np.float32]:
    """Sum of the ranks of the positive differences, row by row; no two alike but for their sign.

    The bits of absolute numbers, read as integers, order as the numbers do. With the sign below
    them one sort of a row tells all, at a fifth of the price of sorting its indices.
    """
    people = differences.shape[1]
    keys = np.abs(differences).view(np.uint64) << np.uint64(1) | (differences > 0)
    keys.sort(axis=1)
    positive = (keys & np.uint64(1)).astype(np.float32)
    sums: npt.NDArray[np.float32] = positive @ np.arange(1, people + 1, dtype=np.float32)
    return sums


def _approximate_power(people: int, shift: float, alpha: float) -> float:
    """Power from the moments of W+ with differences that are normal with mean `shift`."""
    n = float(people)
    pair = np.sqrt(2.0) * shift
    # P(D1 > 0), P(D1 + D2 > 0), and P(D1 + D2 > 0 and D1 + D3 > 0), whose sums correlate by a half.
    one, two = ndtr(shift), ndtr(pair)
    three = two - 2 * owens_t(pair, np.sqrt(1 / 3))
    mean = n * one + n * (n - 1) / 2 * two
    variance = n * one * (1 - one) + n * (n - 1) * (n - 2) * (three - two**2)
    variance += n * (n - 1) / 2 * (2 * (one - two) ** 2 + 3 * two * (1 - two))
    middle, deviation = n * (n + 1) / 4, np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    reach = -ndtri(alpha / 2) * deviation
    spread = np.sqrt(max(variance, 1e-12))
    above = ndtr(-(middle + reach - mean) / spread)
    below = ndtr((middle - reach - mean) / spread)
    return float(above + below)


@lru_cache(maxsize=64)
def _drawn(people: int) -> Floats:
    return np.random.default_rng(people).standard_normal((_DRAWS, people))


@lru_cache(maxsize=256)
def _critical(people: int, alpha: float) -> int:
    """Largest rank sum that the two-sided test rejects; -1 where there is none."""
    null = null_rank_sums(tuple(range(2, 2 * people + 1, 2)))[::2]
    return int(np.searchsorted(np.cumsum(null), alpha / 2 * (1 + 1e-12), side="right")) - 1
