"""Methods judged by the votes of images."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


class Borda:
    """Share of the duels that a method wins, every image being a ballot in every measure.

    On a ballot a method earns a point for each method with less merit and half a point for each
    with the same; a method without a score loses to all that have one.

    Parameters
    ----------
    tables : sequence of DataFrame
        Merits in each measure, a row per image and a column per method; see `merit_table`.
    """

    def __init__(self, tables: Sequence[pd.DataFrame]) -> None:
        self.names = sorted(set().union(*(table.columns for table in tables)))
        ballots = pd.concat([table.reindex(columns=self.names) for table in tables])
        won = pd.DataFrame(_points(ballots.to_numpy()), index=ballots.index)
        by_subject = won.groupby("subject")
        self._points = by_subject.sum().to_numpy()
        self._possible = by_subject.size().to_numpy() * max(len(self.names) - 1, 1)
        self.subjects = len(self._points)

    def __call__(self, weights: Floats) -> Floats:
        """Return the share of points under weights of the subjects.

        Parameters
        ----------
        weights : ndarray of float64, shape (B, N)
            Weights of the subjects, which are in alphabetical order.

        Returns
        -------
        ndarray of float64, shape (B, k)
            From 0 to 1, a column per name in `names`.
        """
        possible = weights @ self._possible
        return np.asarray((weights @ self._points) / possible[:, None])

    def observed(self) -> Floats:
        """Return the performance with all subjects weighing the same, shape (k,)."""
        return self(np.full((1, self.subjects), 1 / self.subjects)).ravel()


def _points(merits: Floats) -> Floats:
    """Return the points of each method on each ballot, shape (ballots, k)."""
    known = np.where(np.isnan(merits), -np.inf, merits)
    points = np.zeros(merits.shape)
    for rival in range(merits.shape[1]):
        other = known[:, [rival]]
        points += (known > other) + 0.5 * ((known == other) & np.isfinite(known))
    # A method ties with itself wherever it has a score: that half point was not earned.
    return points - 0.5 * np.isfinite(known)
