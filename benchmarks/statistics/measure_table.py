"""One measure of all methods: mean, interval, spreads, rank and ties."""

import numpy as np
import pandas as pd

from .contest.ahead import behind
from .inference.intervals import median_intervals
from .standing import mean_rank
from .subjects import complete_methods, over_directions


def measure_table(
    values: pd.DataFrame,
    seeds: pd.DataFrame,
    merits: pd.DataFrame,
    *,
    alpha: float,
) -> pd.DataFrame:
    """Summarize one metric and tissue.

    Parameters
    ----------
    values : DataFrame
        Rows of one split, metric and tissue, from `subject_values`.
    seeds : DataFrame
        Its means under each seed, from `seed_means`.
    merits : DataFrame
        Its merits as `contest.field.Field` has them.
    alpha : float
        One minus the coverage of the intervals, and level of the tests.

    Returns
    -------
    DataFrame
        Index harmonizer; columns `n`, `images`, `missing`, `mean`, `interval_low`,
        `interval_high`, `subject_spread`, `seeds`, `seed_spread`, `rank`, `tied_with_best` as
        `leaderboard` describes them.
    """
    subjects = over_directions(values).groupby("harmonizer")["value"]
    table = pd.DataFrame({"n": subjects.size(), "mean": subjects.mean()})
    table["subject_spread"] = subjects.std()
    table["images"] = merits.notna().sum()
    table["missing"] = len(merits) - table["images"]
    ends = median_intervals([rows.to_numpy() for _, rows in subjects], confidence=1 - alpha)
    table["interval_low"], table["interval_high"] = ends[:, 0], ends[:, 1]
    table["seeds"], table["seed_spread"] = seeds.notna().sum(axis=1), seeds.std(axis=1)
    return table.join(_ranks(merits, alpha))


def _ranks(merits: pd.DataFrame, alpha: float) -> pd.DataFrame:
    complete = complete_methods(merits)
    if not complete:
        return pd.DataFrame({"rank": np.nan, "tied_with_best": False}, index=merits.columns)
    ranks = mean_rank([merits[complete]])
    subjects = merits[complete].groupby("subject").mean().to_numpy()
    tied = ~behind(subjects, int(np.argmin(ranks)), alpha=alpha)
    table = pd.DataFrame({"rank": ranks, "tied_with_best": tied}).reindex(merits.columns)
    return table.assign(tied_with_best=table["tied_with_best"].eq(True))
