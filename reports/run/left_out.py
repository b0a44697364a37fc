"""What some methods were never asked for, and scores that are fair in spite of that.

Where people lack scanners, a pair of scanners may have nobody to learn from in a fold. Methods that
need such people have no scores there, and others have; and a folder may have been given further
training seeds for some methods only. Means over different folds, directions or seeds must not be
compared.
"""

from collections.abc import Collection, Sequence

import pandas as pd

from .cell_records import CellRecord

_DIRECTION = ["source", "target"]
Direction = tuple[str, str]


def left_out(cells: Sequence[CellRecord]) -> pd.DataFrame:
    """Gather what the cells of a run say that nobody could teach.

    Parameters
    ----------
    cells : sequence of CellRecord
        The fits of the run.

    Returns
    -------
    DataFrame
        Columns `harmonizer`, `fold`, `source`, `target`, `reason`; seeds do not matter.
    """
    columns = ["harmonizer", "fold", *_DIRECTION, "reason"]
    rows = [
        {"harmonizer": cell.harmonizer, "fold": cell.fold, **direction}
        for cell in cells
        for direction in cell.left_out
    ]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(columns[:-1])


def equal_folds(scores: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Drop the folds of a direction in which a method that learned it in others was left out.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    gaps : DataFrame
        As `left_out` gives them.

    Returns
    -------
    DataFrame
        The scores themselves where nothing was left out.
    """
    if gaps.empty:
        return scores
    keys = ["harmonizer", *_DIRECTION]
    learned = scores[keys].drop_duplicates()
    some = gaps.merge(learned, on=keys)[["fold", *_DIRECTION]].drop_duplicates()
    dropped = pd.MultiIndex.from_frame(some)
    return scores[~pd.MultiIndex.from_frame(scores[["fold", *_DIRECTION]]).isin(dropped)]


def equal_seeds(
    scores: pd.DataFrame, cells: Sequence[CellRecord], trained: Collection[str]
) -> pd.DataFrame:
    """Drop the training seeds that not every trained method was asked for.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    cells : sequence of CellRecord
        The fits of the run, failed ones too: a seed whose fits failed was asked for.
    trained : collection of str
        Methods that a seed can change; scores of others stay.

    Returns
    -------
    DataFrame
        The scores themselves where all were asked for the same seeds, where no cell says who was
        asked for what, or where no seed is left.
    """
    if not cells:
        return scores
    own = scores[scores["harmonizer"].isin(list(trained))]
    asked = {str(name): set(seeds) for name, seeds in own.groupby("harmonizer")["seed"]}
    for cell in cells:
        if cell.harmonizer in asked and cell.seed is not None:
            asked[cell.harmonizer].add(cell.seed)
    common = set.intersection(*asked.values()) if asked else set()
    if not common or all(seeds == common for seeds in asked.values()):
        return scores
    return scores.drop(own.index[~own["seed"].isin(common)])


def untrained_directions(scores: pd.DataFrame, gaps: pd.DataFrame) -> dict[Direction, str]:
    """Say which directions some method with scores elsewhere was nowhere trained in, and why.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    gaps : DataFrame
        As `left_out` gives them.

    Returns
    -------
    dict
        A reason by (source, target).
    """
    folds = scores.groupby(_DIRECTION)["fold"].agg(set)
    scored = set(scores["harmonizer"])
    found: dict[Direction, str] = {}
    for (method, *direction), own in gaps.groupby(["harmonizer", *_DIRECTION], sort=False):
        key = (str(direction[0]), str(direction[1]))
        if method in scored and key in folds.index and folds[key] <= set(own["fold"]):
            found.setdefault(key, str(own["reason"].iloc[0]))
    return found
