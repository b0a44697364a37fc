"""Which methods cannot be told from the best one."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .bootstrap import resampled_counts

Floats = npt.NDArray[np.float64]

FEWEST = 5
"""Below this many subjects a bootstrap knows too little and every method is tied."""


def tied_with_best(
    performance: Callable[[Floats], Floats], subjects: int, *, alpha: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Tell which methods are within noise of the best one.

    A method is tied if the simultaneous bootstrap interval over subjects of its distance to the
    best (percentiles; alpha shared by Bonferroni among the other methods) reaches 0, or if there
    are fewer than five subjects.

    Parameters
    ----------
    performance : callable
        Takes weights of the subjects, shape (B, N), rows summing to 1, and gives the performance
        of the methods under them, shape (B, k), larger is better.
    subjects : int
        Their number N.
    alpha : float
        One minus the simultaneous coverage.
    seed : int
        Of the resampling.

    Returns
    -------
    ndarray of bool, shape (k,)
        True for the best and for all that are tied with it.
    """
    observed = performance(np.full((1, subjects), 1 / subjects))[0]
    if subjects < FEWEST or observed.size < 2:
        return np.ones(observed.size, dtype=bool)
    best = int(np.argmax(observed))
    resampled = performance(resampled_counts(subjects, seed) / subjects)
    behind = resampled[:, [best]] - resampled
    nearest = np.quantile(behind, alpha / 2 / (observed.size - 1), axis=0)
    return np.asarray(nearest <= 1e-9 * max(1.0, float(np.abs(observed).max())))
