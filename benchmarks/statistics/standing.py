"""The overall order of methods, and who is tied for the first place."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from .noise import behind
from .subjects import complete_methods

Floats = npt.NDArray[np.float64]
MeritTables = Sequence[pd.DataFrame]


def standing(
    names: Sequence[str],
    primary: MeritTables,
    deciding: MeritTables,
    *,
    by_borda: bool,
    alpha: float,
) -> pd.DataFrame:
    """Put methods in order.

    Parameters
    ----------
    names : sequence of str
        Every method that is to have a place.
    primary : sequence of DataFrame
        Merits behind the columns `mean_rank` and `borda`, one table per measure; see
        `merit_table`.
    deciding : sequence of DataFrame
        Merits in the measures that decide the order.
    by_borda : bool
        Order by Borda count instead of mean rank.
    alpha : float
        Level of the ties.

    Returns
    -------
    DataFrame
        Index harmonizer; columns `place`, `tied_for_first`, `mean_rank`, `borda`. Methods that
        cannot be ranked come after the others, by Borda count. Tied for the first place is every
        ranked method that the first one does not beat by more than noise in any deciding measure.
    """
    board = pd.DataFrame(index=pd.Index(sorted(names), name="harmonizer"))
    board["borda"], board["mean_rank"] = borda(primary), mean_rank(primary)
    performance = borda(deciding) if by_borda else -mean_rank(deciding)
    # Any share of points minus a million is below any mean rank.
    key = performance.reindex(board.index).fillna(board["borda"].fillna(0) - 1e6).round(9)
    board["place"] = key.rank(method="min", ascending=False).astype("int64")
    first = key.index[int(np.argmax(key))]
    board["tied_for_first"] = [
        name == first or not _beaten(deciding, str(first), str(name), alpha) for name in board.index
    ]
    return board


def mean_rank(tables: MeritTables) -> "pd.Series[float]":
    """Average over measures the rank of a method's mean merit over subjects; 1 is best.

    Parameters
    ----------
    tables : sequence of DataFrame
        Merits, a row per image and a column per method.

    Returns
    -------
    Series of float64
        By method, only those that miss no image in any measure.
    """
    complete = [set(complete_methods(table)) for table in tables]
    names = sorted(set.intersection(*complete)) if complete else []
    ranks = [
        table[names].groupby("subject").mean().mean().rank(ascending=False) for table in tables
    ]
    return pd.concat(ranks, axis=1).mean(axis=1) if names else pd.Series(dtype="float64")


def borda(tables: MeritTables) -> "pd.Series[float]":
    """Share of the duels that a method wins, every image being a ballot in every measure.

    On a ballot a method earns a point for each method with less merit and half a point for each
    with the same; a method without a score loses to all that have one.

    Parameters
    ----------
    tables : sequence of DataFrame
        Merits, a row per image and a column per method.

    Returns
    -------
    Series of float64
        From 0 to 1, by method; NaN where there is but one.
    """
    names = sorted(set().union(*(table.columns for table in tables)))
    ballots = pd.concat([table.reindex(columns=names) for table in tables]).to_numpy()
    merits = np.where(np.isnan(ballots), -np.inf, ballots)
    points = np.zeros(len(names))
    for index in range(len(names)):
        own, others = merits[:, [index]], np.delete(merits, index, axis=1)
        points[index] = (own > others).sum() + 0.5 * ((own == others) & np.isfinite(own)).sum()
    duels = len(ballots) * (len(names) - 1)
    return pd.Series(points / duels if duels else np.nan, index=names)


def _beaten(tables: MeritTables, first: str, name: str, alpha: float) -> bool:
    """Tell whether `first` beats a method by more than noise, or the method cannot be ranked."""
    for table in tables:
        complete = complete_methods(table)
        if first not in complete or name not in complete:
            return True
        merits = table[complete].groupby("subject").mean().to_numpy()
        beaten = behind(merits, complete.index(first), alpha=alpha, measures=len(tables))
        if beaten[complete.index(name)]:
            return True
    return False
