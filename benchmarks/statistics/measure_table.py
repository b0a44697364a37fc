"""One measure of all methods: mean, interval, spreads, rank and ties."""

import numpy as np
import pandas as pd

from .inference.bootstrap import mean_intervals
from .noise import behind
from .seeds import seed_means
from .standing import mean_rank
from .subjects import merit_table, over_directions


def measure_table(
    values: pd.DataFrame, by_seed: pd.DataFrame, *, alpha: float, seed: int
) -> pd.DataFrame:
    """Summarize one metric and tissue.

    Parameters
    ----------
    values, by_seed : DataFrame
        Rows of one split, metric and tissue from `subject_values`, without and with seeds apart.
    alpha : float
        One minus the coverage of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Index harmonizer; columns `n`, `images`, `missing`, `mean`, `interval_low`,
        `interval_high`, `subject_spread`, `seeds`, `seed_spread`, `rank`, `tied_with_best` as
        `leaderboard` describes them.
    """
    merits = merit_table(values)
    subjects = over_directions(values).groupby("harmonizer")["value"]
    table = pd.DataFrame({"n": subjects.size(), "mean": subjects.mean()})
    table["subject_spread"] = subjects.std()
    table["images"] = merits.notna().sum()
    table["missing"] = int(merits.notna().any(axis=1).sum()) - table["images"]
    rows = [rows.to_numpy() for _, rows in subjects]
    ends = mean_intervals(rows, confidence=1 - alpha, seed=seed)
    table["interval_low"], table["interval_high"] = ends[:, 0], ends[:, 1]
    seeds = seed_means(by_seed)
    table["seeds"], table["seed_spread"] = seeds.notna().sum(axis=1), seeds.std(axis=1)
    return table.join(_ranks(merits, alpha))


def _ranks(merits: pd.DataFrame, alpha: float) -> pd.DataFrame:
    table = pd.DataFrame({"rank": mean_rank([merits])})
    if not len(table):
        return pd.DataFrame({"rank": np.nan, "tied_with_best": False}, index=merits.columns)
    subjects = merits[list(table.index)].groupby("subject").mean().to_numpy()
    best = int(np.argmin(table["rank"]))
    table["tied_with_best"] = ~behind(subjects, best, alpha=alpha)
    table = table.reindex(merits.columns)
    return table.assign(tied_with_best=table["tied_with_best"].eq(True))
