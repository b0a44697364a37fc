"""The exact Wilcoxon signed-rank test, with ties."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRank:
    """Outcome of a signed-rank test.

    Parameters
    ----------
    nonzero : int
        Differences that are not 0; the others say nothing and were dropped (Wilcoxon 1945).
    positive, negative : float
        Sums of the ranks of positive and of negative differences, W+ and W-.
    p : float
        Exact two-sided p; 1 where every difference is 0, NaN where there is none.
    """

    nonzero: int
    positive: float
    negative: float
    p: float

    @property
    def rank_biserial(self) -> float:
        """Matched-pairs rank-biserial correlation (W+ - W-) / (W+ + W-) (Kerby 2014, eq. 1).

        From -1 (all negative) to 1 (all positive); 0 where every difference is 0.
        """
        if np.isnan(self.p):
            return float("nan")
        total = self.positive + self.negative
        return (self.positive - self.negative) / total if total else 0.0

    @property
    def smallest_p(self) -> float:
        """Smallest two-sided p that this many nonzero differences can give."""
        return float("nan") if np.isnan(self.p) else smallest_p(self.nonzero)


def smallest_p(pairs: int) -> float:
    """Smallest two-sided p of the exact signed-rank test: 2^(1-n), all differences of one sign.

    Parameters
    ----------
    pairs : int
        Number n of nonzero differences.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> [smallest_p(n) for n in (5, 6)]
    [0.0625, 0.03125]
    """
    return min(1.0, 2.0 ** (1 - pairs))


def signed_rank(differences: npt.ArrayLike) -> SignedRank:
    """Test whether paired differences are symmetric about zero.

    Zeros are dropped (Wilcoxon 1945, Biometrics Bull. 1:80-83), tied absolute differences share
    their mean rank, and the null distribution is that of the ranks at hand under all 2^n sign
    flips, computed by convolution: exact with and without ties, for any number of subjects.

    Parameters
    ----------
    differences : array_like, shape (N,)
        One difference per subject; NaN is left out.

    Returns
    -------
    SignedRank
        Rank sums and p.

    Examples
    --------
    >>> signed_rank([3.0, 1.0, 2.0, 5.0, 4.0]).p
    0.0625
    >>> signed_rank([3.0, 1.0, 2.0, -5.0, 4.0, 0.0])
    SignedRank(nonzero=5, positive=10.0, negative=5.0, p=0.625)
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        return SignedRank(nonzero=0, positive=0.0, negative=0.0, p=float("nan"))
    values = values[values != 0]
    # What differs by rounding alone is tied.
    sizes = np.round(np.abs(values) / np.abs(values).max(initial=0), 12)
    doubled = np.rint(2 * scipy.stats.rankdata(sizes)).astype(int)  # mean ranks end in .0 or .5
    positive = int(doubled[values > 0].sum())
    null = null_rank_sums(tuple(sorted(doubled.tolist())))
    tail = min(null[: positive + 1].sum(), null[positive:].sum())
    return SignedRank(
        nonzero=values.size,
        positive=positive / 2,
        negative=(int(doubled.sum()) - positive) / 2,
        p=min(1.0, 2 * float(tail)),
    )


def hodges_lehmann(differences: npt.ArrayLike) -> float:
    """Median of the Walsh averages: the shift that belongs to the signed-rank test.

    Hodges and Lehmann 1963 (Ann. Math. Stat. 34:598-611).

    Parameters
    ----------
    differences : array_like, shape (N,)
        One difference per subject; NaN is left out.

    Returns
    -------
    float
        Shift in the units of the differences; NaN where there is none.

    Examples
    --------
    >>> hodges_lehmann([1.0, 2.0, 6.0])
    2.75
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        return float("nan")
    first, second = np.triu_indices(values.size)
    return float(np.median((values[first] + values[second]) / 2))


@lru_cache(maxsize=1024)
def null_rank_sums(doubled_ranks: tuple[int, ...]) -> Floats:
    """Return the probability of every value of twice W+ when each sign is a fair coin."""
    probability = np.zeros(sum(doubled_ranks) + 1)
    probability[0] = 1
    reached = 0
    for rank in doubled_ranks:
        reached += rank
        moved = probability[: reached + 1 - rank] / 2
        probability[: reached + 1] /= 2
        probability[rank : reached + 1] += moved
    return probability
