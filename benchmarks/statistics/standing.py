"""The overall order of methods, and who is tied for the first place."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .borda import Borda
from .mean_rank import MeanRank
from .noise import tied_with_best

MeritTables = Sequence[pd.DataFrame]


def standing(
    primary: MeritTables, deciding: MeritTables, *, by_borda: bool, alpha: float, seed: int
) -> pd.DataFrame:
    """Put methods in order.

    Parameters
    ----------
    primary : sequence of DataFrame
        Merits behind the columns `mean_rank` and `borda`; see `merit_table`.
    deciding : sequence of DataFrame
        Merits in the measures that decide the order.
    by_borda : bool
        Order by Borda count instead of mean rank.
    alpha : float
        One minus the simultaneous coverage of the intervals that decide on ties.
    seed : int
        Of their resampling.

    Returns
    -------
    DataFrame
        Index harmonizer; columns `place`, `tied_for_first`, `mean_rank`, `borda`. Methods that
        cannot be ranked come after the others, by Borda count.
    """
    judge = Borda(deciding) if by_borda else MeanRank(deciding)
    board = pd.DataFrame({"borda": _observed(Borda(primary)), "deciding": _observed(judge)})
    board["mean_rank"] = -_observed(MeanRank(primary)).reindex(board.index)
    tied: list[str] = []
    if judge.names:
        flags = tied_with_best(judge, judge.subjects, alpha=alpha, seed=seed)
        tied = list(np.asarray(judge.names)[flags])
    board["tied_for_first"] = board.index.isin(tied)
    # Any share of points minus a million is below any mean rank.
    key = board["deciding"].fillna(board["borda"].fillna(0) - 1e6).round(9)
    board["place"] = key.rank(method="min", ascending=False).astype("int64")
    return board.drop(columns="deciding").rename_axis("harmonizer")


def _observed(judge: Borda | MeanRank) -> "pd.Series[float]":
    if not judge.names:
        return pd.Series(dtype="float64")
    return pd.Series(judge.observed(), index=judge.names)
