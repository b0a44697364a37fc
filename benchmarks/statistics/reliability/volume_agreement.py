"""Whether tissue volumes of a person agree, whichever scanner they were measured on."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from ..inference.agreement import (
    kendall_w,
    limits_of_agreement,
    mean_spearman,
    within_person_cv,
)
from ..inference.intraclass import icc_agreement, icc_consistency

ALL = "all"
"""Stands for the target where the numbers of all targets are averaged."""

RELIABILITY_COLUMNS = (
    "split", "harmonizer", "tissue", "target", "people", "left_out", "scanners", "mean_ml",
    "icc_agreement", "icc_agreement_low", "icc_agreement_high",
    "icc_consistency", "icc_consistency_low", "icc_consistency_high",
    "cv", "spearman", "kendall_w",
)  # fmt: skip
LIMITS_COLUMNS = (
    "split", "harmonizer", "tissue", "target", "first", "second", "people",
    "bias", "bias_low", "bias_high", "low", "high",
)  # fmt: skip

_GROUP = ["split", "harmonizer", "tissue", "target"]
_NUMBERS = RELIABILITY_COLUMNS[7:]
_INTERVALS = [name for name in _NUMBERS if name.endswith(("_low", "_high"))]


def volume_reliability(volumes: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the reliability of volumes over scanners, for each method and target scanner.

    For a target T every person has k volumes: of the scan on T itself, and of the images harmonized
    to T from each of the k - 1 others. They are what should agree. Under `none` these are the
    volumes of the k scans as they are: before harmonization.

    Parameters
    ----------
    volumes : DataFrame
        Columns of `volumes.parquet`; rows whose source is the target are of the scan itself. Folds,
        then seeds of a person are averaged first.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        Columns `RELIABILITY_COLUMNS`: a row per split, harmonizer, tissue and target, and one with
        target `all`, which holds the means over targets and no intervals. `people` have all k
        volumes and are counted; `left_out` lack some. `icc_agreement` is ICC(2,1), and
        `icc_consistency` ICC(3,1), with their intervals; `cv` the coefficient of variation within
        people, as a fraction; `spearman` the mean Spearman correlation between scanners;
        `kendall_w` Kendall's W. NaN where one is undefined.
    """
    rows = []
    for key, table in _tables(volumes):
        complete = table.dropna()
        ratings = complete.to_numpy(dtype=np.float64)
        counts = (len(complete), len(table) - len(complete), table.shape[1])
        rows.append([*key, *counts, *_numbers(ratings, confidence)])
    found = pd.DataFrame(rows, columns=list(RELIABILITY_COLUMNS))
    return pd.concat([found, _over_targets(found)], ignore_index=True) if rows else found


def _numbers(ratings: np.ndarray, confidence: float) -> list[float]:
    absolute = icc_agreement(ratings, confidence=confidence)
    relative = icc_consistency(ratings, confidence=confidence)
    return [
        float(ratings.mean()) if ratings.size else float("nan"),
        *(absolute.value, absolute.low, absolute.high),
        *(relative.value, relative.low, relative.high),
        within_person_cv(ratings),
        mean_spearman(ratings),
        kendall_w(ratings),
    ]


def _over_targets(found: pd.DataFrame) -> pd.DataFrame:
    """Means over targets; a mean of which a part is undefined is undefined too."""
    groups = found.groupby(_GROUP[:3], sort=False)
    means = groups[list(_NUMBERS)].agg(_strict_mean)
    counts = groups.agg(people=("people", "min"), left_out=("left_out", "max"))
    whole = means.assign(target=ALL, scanners=groups["scanners"].max()).join(counts)
    whole[_INTERVALS] = np.nan
    return whole.reset_index()[list(RELIABILITY_COLUMNS)]


def _strict_mean(values: pd.Series) -> float:
    return float(values.mean(skipna=False))


def volume_limits(volumes: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute bias and limits of agreement of volumes for each pair of scanners.

    Parameters
    ----------
    volumes : DataFrame
        As for `volume_reliability`.
    confidence : float
        Coverage of the interval of the bias.

    Returns
    -------
    DataFrame
        Columns `LIMITS_COLUMNS`: a row per split, harmonizer, tissue, target, and pair of scanners
        that people's images harmonized to the target come from; where one of the two is the target
        it is `second`, and its volume is that of the scan itself. `bias` is the mean of first minus
        second in ml, with its t interval, and `low` and `high` the limits of agreement
        (`limits_of_agreement`). Who lacks one of the two is left out.
    """
    rows = []
    for key, table in _tables(volumes):
        target = key[-1]
        others = [name for name in table if name != target]
        pairs = [*combinations(others, 2), *((name, target) for name in others if target in table)]
        for first, second in pairs:
            found = limits_of_agreement(
                table[first].to_numpy(), table[second].to_numpy(), confidence=confidence
            )
            numbers = (found.n, found.bias, found.bias_low, found.bias_high, found.low, found.high)
            rows.append([*key, first, second, *numbers])
    return pd.DataFrame(rows, columns=list(LIMITS_COLUMNS))


def person_volumes(volumes: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Average folds, then seeds, of each person.

    Parameters
    ----------
    volumes : DataFrame
        Columns of `volumes.parquet`.
    keys : sequence of str
        Columns that tell rows apart, besides fold and seed.

    Returns
    -------
    DataFrame
        Columns `keys`, `volume_ml`, `true_ml` and `known_loss`. A volume is NaN where an image of
        any fold or seed has none: means over different folds cannot be compared.
    """
    numbers = ["volume_ml", "true_ml", "known_loss"]
    groups = volumes.groupby([*keys, "seed"], sort=False, dropna=False)
    seeds = groups[numbers].mean().where(groups["volume_ml"].count() == groups.size())
    seeds[numbers[1:]] = groups[numbers[1:]].mean()
    people = seeds.groupby(list(keys), sort=False, dropna=False)
    means = people[numbers].mean()
    means["volume_ml"] = means["volume_ml"].where(people["volume_ml"].count() == people.size())
    return means.reset_index()


def _tables(volumes: pd.DataFrame) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """Lay out volumes: a row per person, a column per scanner, for each method, tissue, target."""
    if volumes.empty:
        return []
    people = person_volumes(volumes, [*_GROUP, "source", "subject"])
    return [
        (tuple(map(str, key)), own.pivot(index="subject", columns="source", values="volume_ml"))
        for key, own in people.groupby(_GROUP, sort=False)
    ]
