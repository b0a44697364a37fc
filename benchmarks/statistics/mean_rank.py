"""Methods judged by the mean of their ranks."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from .subjects import complete_methods

Floats = npt.NDArray[np.float64]


class MeanRank:
    """Mean over measures of the rank of a method's mean merit over subjects.

    Only methods that miss no image in any measure take part.

    Parameters
    ----------
    tables : sequence of DataFrame
        Merits in each measure, a row per image and a column per method; see `merit_table`.
    """

    def __init__(self, tables: Sequence[pd.DataFrame]) -> None:
        complete = [set(complete_methods(table)) for table in tables]
        self.names = sorted(set.intersection(*complete)) if complete else []
        means = [table[self.names].groupby("subject").mean() for table in tables]
        subjects = sorted(set().union(*(mean.index for mean in means)))
        self.subjects = len(subjects)
        self._means = [mean.reindex(subjects).to_numpy() for mean in means]

    def __call__(self, weights: Floats) -> Floats:
        """Return minus the mean rank under weights of the subjects, so that larger is better.

        Parameters
        ----------
        weights : ndarray of float64, shape (B, N)
            Weights of the subjects, which are in alphabetical order.

        Returns
        -------
        ndarray of float64, shape (B, k)
            A column per name in `names`.
        """
        ranks = [rankdata(-_weighted(weights, mean), axis=1) for mean in self._means]
        return -np.asarray(np.mean(ranks, axis=0), dtype=np.float64)

    def observed(self) -> Floats:
        """Return the performance with all subjects weighing the same, shape (k,)."""
        return self(np.full((1, self.subjects), 1 / self.subjects)).ravel()


def _weighted(weights: Floats, values: Floats) -> Floats:
    """Average values over the subjects that have them, alike to the tenth digit where alike."""
    present = ~np.isnan(values).any(axis=1)
    if not present.any():
        return np.zeros((len(weights), values.shape[1]))
    total = weights[:, present].sum(axis=1, keepdims=True)
    scale = np.abs(values[present]).max() or 1.0
    sums = weights[:, present] @ (values[present] / scale)
    means = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return np.asarray(means.round(10))
