"""Which methods cannot be told from the best one."""

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

Floats = npt.NDArray[np.float64]

TIE_RULE = (
    "tied with the best unless the paired t interval over subjects of its distance to the best "
    "excludes 0; the intervals hold simultaneously (Bonferroni over all pairs of methods, since "
    "the best one is chosen from the same data)"
)
"""When a method counts as tied, in words to print beside a leaderboard."""


def behind(
    merits: npt.ArrayLike, best: int, *, alpha: float, measures: int = 1
) -> npt.NDArray[np.bool_]:
    """Tell which methods are behind one of them by more than noise.

    The distance of two methods is the mean over subjects of the difference of their merits. Its
    t interval is what holds its level with as few subjects as travel: percentile bootstrap
    intervals are far too narrow there (Hesterberg 2015, Am. Stat. 69:371-386).

    Parameters
    ----------
    merits : array_like, shape (N, k)
        A row per subject, a column per method, larger is better. No NaN.
    best : int
        Column that the others are held against.
    alpha : float
        Chance, over all pairs of methods and all measures together, to call two methods
        different that are not.
    measures : int
        Number of measures that the decision looks at.

    Returns
    -------
    ndarray of bool, shape (k,)
        False for the best itself, and for all with fewer than two subjects.

    Examples
    --------
    >>> merits = [[0.90, 0.70, 0.89], [0.92, 0.71, 0.93], [0.91, 0.73, 0.90], [0.93, 0.72, 0.92]]
    >>> behind(merits, 0, alpha=0.05)
    array([False,  True, False])
    """
    table = np.asarray(merits, dtype=np.float64)
    subjects, methods = table.shape
    if subjects < 2 or methods < 2:
        return np.zeros(methods, dtype=bool)
    distances = table[:, [best]] - table
    means = distances.mean(axis=0)
    errors = distances.std(axis=0, ddof=1) / np.sqrt(subjects)
    pairs = methods * (methods - 1) // 2
    critical = student.isf(alpha / (2 * pairs * measures), subjects - 1)
    rounding = 1e-12 * np.abs(table).max()
    return np.asarray(means > np.maximum(critical * errors, rounding))
