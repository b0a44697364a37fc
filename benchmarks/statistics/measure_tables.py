"""Each measure of all methods: mean, interval, spreads, rank and ties."""

import numpy as np
import pandas as pd
import scipy

from .contest.ahead import behind
from .contest.field import Field
from .inference.intervals import median_intervals
from .seeds import seed_means
from .subjects import MEASURE, over_directions

_ROW = [*MEASURE, "harmonizer"]


def measure_tables(field: Field, *, alpha: float) -> pd.DataFrame:
    """Summarize every metric and tissue, all at once: one by one costs as often as there are.

    Parameters
    ----------
    field : Field
        The methods and their scores, of one measure at least.
    alpha : float
        One minus the coverage of the intervals, and level of the tests.

    Returns
    -------
    DataFrame
        Index `metric`, `tissue` (in the order of the field) and `harmonizer`; columns `n`,
        `images`, `missing`, `mean`, `interval_low`, `interval_high`, `subject_spread`, `seeds`,
        `seed_spread`, `rank`, `tied_with_best` as `leaderboard` describes them.
    """
    people = over_directions(pd.concat(field.values.values()))
    subjects = people.groupby(_ROW)["value"]
    table = pd.DataFrame({"n": subjects.size(), "mean": subjects.mean()})
    table["subject_spread"] = subjects.std()
    # The rows of a group follow each other, since the means are sorted by the same columns.
    rows = np.split(people["value"].to_numpy(), np.cumsum(table["n"])[:-1])
    ends = median_intervals(rows, confidence=1 - alpha)
    table["interval_low"], table["interval_high"] = ends[:, 0], ends[:, 1]
    seeds = seed_means(pd.concat(field.units.values()), by=MEASURE)
    table["seeds"], table["seed_spread"] = seeds.notna().sum(axis=1), seeds.std(axis=1)
    people_by_measure = field.subject_merits
    ranks = {
        measure: _ranks(merits, people_by_measure[measure], alpha)
        for measure, merits in field.merits.items()
    }
    return pd.concat(ranks, names=MEASURE).join(table)


def _ranks(merits: pd.DataFrame, people: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Count the images of every method, and rank those that lack none."""
    images = merits.notna().to_numpy().sum(axis=0)
    complete = images == len(merits)
    rank, tied = np.full(len(images), np.nan), np.zeros(len(images), dtype=bool)
    if complete.any():
        subjects = people.to_numpy()[:, complete]
        rank[complete] = scipy.stats.rankdata(-subjects.mean(axis=0).round(12))
        tied[complete] = ~behind(subjects, int(np.argmin(rank[complete])), alpha=alpha)
    found = {"images": images, "missing": len(merits) - images}
    return pd.DataFrame({**found, "rank": rank, "tied_with_best": tied}, index=merits.columns)
