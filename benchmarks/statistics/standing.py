"""The overall order of methods, and who may be as good as the first one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .contest.criteria import Criterion
from .contest.field import Field
from .contest.judgement import methods_behind

MeritTables = Sequence[pd.DataFrame]


def standing(
    field: Field, deciding: Sequence[Criterion], *, by_borda: bool, alpha: float
) -> pd.DataFrame:
    """Put methods in order.

    Parameters
    ----------
    field : Field
        The methods and their merits; its criteria are behind the columns `mean_rank` and `borda`.
    deciding : sequence of Criterion
        What decides the order.
    by_borda : bool
        Order by Borda count instead of mean rank.
    alpha : float
        Level of the tests.

    Returns
    -------
    DataFrame
        Index harmonizer; columns `place`, `ranked`, `tied_for_first`, `mean_rank`, `borda`. Who
        lacks a score that another has in what decides is not ranked and shares the place after the
        last. Tied for the first place is every ranked method that is not shown behind the first
        one (see `contest.judgement.methods_behind`).
    """
    board = pd.DataFrame(index=pd.Index(field.methods, name="harmonizer"))
    overall = field.complete(field.criteria)
    tables = [field.images(one)[overall] for one in field.criteria] if overall else []
    board["borda"], board["mean_rank"] = borda(tables), mean_rank(tables)
    ranked = field.complete(deciding)
    board["ranked"] = board.index.isin(ranked)
    board["place"] = len(ranked) + 1
    board["tied_for_first"] = False
    if not ranked:
        return board
    chosen = [field.images(one)[ranked] for one in deciding]
    performance = borda(chosen) if by_borda and len(ranked) > 1 else -mean_rank(chosen)
    places = performance.round(9).rank(method="min", ascending=False).astype("int64")
    board.loc[places.index, "place"] = places
    first = str(places.index[int(np.argmin(places))])
    people = {one.metric: field.people(one, ranked) for one in deciding}
    behind = methods_behind(people, first, alpha=alpha)
    board.loc[ranked, "tied_for_first"] = [name not in behind for name in ranked]
    return board


def mean_rank(tables: MeritTables) -> "pd.Series[float]":
    """Average over criteria the rank of a method's mean merit over people; 1 is best.

    Parameters
    ----------
    tables : sequence of DataFrame
        Merits of complete methods, a row per image and a column per method.

    Returns
    -------
    Series of float64
        By method; empty without tables.
    """
    ranks = [
        table.groupby("subject").mean().mean().round(12).rank(ascending=False) for table in tables
    ]
    return pd.concat(ranks, axis=1).mean(axis=1) if ranks else pd.Series(dtype="float64")


def borda(tables: MeritTables) -> "pd.Series[float]":
    """Share of the duels that a method wins, every image being a ballot; averaged over criteria.

    On a ballot a method earns a point for each method with less merit and half a point for each
    with the same.

    Parameters
    ----------
    tables : sequence of DataFrame
        As for `mean_rank`.

    Returns
    -------
    Series of float64
        From 0 to 1, by method; NaN where there is but one.
    """
    shares = [_borda(table) for table in tables]
    return pd.concat(shares, axis=1).mean(axis=1) if shares else pd.Series(dtype="float64")


def _borda(table: pd.DataFrame) -> "pd.Series[float]":
    merits = table.to_numpy()
    names = list(table.columns)
    points = np.zeros(len(names))
    for index in range(len(names)):
        own, others = merits[:, [index]], np.delete(merits, index, axis=1)
        points[index] = (own > others).sum() + 0.5 * (own == others).sum()
    duels = len(merits) * (len(names) - 1)
    return pd.Series(points / duels if duels else np.nan, index=names)
