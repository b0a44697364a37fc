"""From tidy scores to one number per subject: the only unit that statistics may count."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from phycharm.errors import InputError

from ..metrics.catalogue import from_records
from ..metrics.metric import Metric
from ..scoring.tables.scores import SCORE_TYPES

SCORE_COLUMNS = tuple(SCORE_TYPES)
"""Columns of the scores, exactly."""

CONTROLS = ("oracle", "blurred", "constant", "rescan")
"""Harmonizers that are no methods: they check the metrics and are never ranked or tested."""

MEASURE = ["metric", "tissue"]
DIRECTION = ["source", "target"]
EVERYWHERE = "all"
"""Stands for source and target where directions are averaged."""

_KEYS = ["split", *DIRECTION, *MEASURE, "harmonizer", "subject"]
_NUMBERS = ["value", "merit"]

Metrics = Mapping[str, Metric] | Iterable[Mapping[str, Any]]
"""Metrics by name, or their records as read from `metrics.json`."""


def known_metrics(metrics: Metrics) -> dict[str, Metric]:
    """Return metrics by name, whichever way they were given.

    Records that say neither which way is better nor what value is best are left out: they cannot
    be judged.
    """
    if isinstance(metrics, Mapping):
        return {str(name): metric for name, metric in metrics.items()}
    judged = [
        record
        for record in metrics
        if record.get("higher_is_better") is not None or record.get("best") is not None
    ]
    return from_records(judged)


def subject_values(
    scores: pd.DataFrame, metrics: Metrics, *, by_seed: bool = False
) -> pd.DataFrame:
    """Average the scores of each subject over folds, then over seeds.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores with the columns `SCORE_COLUMNS`.
    metrics : mapping or iterable of records
        What the metrics mean; scores of others are left out.
    by_seed : bool
        Keep the seeds apart.

    Returns
    -------
    DataFrame
        Columns `split, source, target, metric, tissue, harmonizer, subject`, `seed` if asked for,
        `value` (mean score) and `merit` (mean of the scores turned so that larger is better, see
        `Metric.merit`; turned before averaging, so that errors of opposite sign do not cancel).
        Values that are not finite are left out.

    Raises
    ------
    InputError
        A column is missing.
    """
    return mean_over_fits(unit_values(scores, metrics), by_seed=by_seed)


def unit_values(scores: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return every score that can be judged, with its merit: one of one image of one fit.

    Parameters
    ----------
    scores, metrics
        As for `subject_values`.

    Returns
    -------
    DataFrame
        Columns `split, source, target, subject, harmonizer, metric, tissue, fold, seed, value,
        merit`, without values that are not finite.

    Raises
    ------
    InputError
        A column is missing.
    """
    known = known_metrics(metrics)
    frame = _checked(scores)
    frame = pd.DataFrame(frame[frame["metric"].isin(known) & np.isfinite(frame["value"])])
    merit = pd.Series(np.nan, index=frame.index, dtype="float64")
    for name, rows in frame.groupby("metric", sort=False):
        merit.loc[rows.index] = known[str(name)].merit(rows["value"].to_numpy())
    judged: pd.DataFrame = frame.assign(merit=merit)
    return judged


def mean_over_fits(units: pd.DataFrame, *, by_seed: bool = False) -> pd.DataFrame:
    """Average what `unit_values` gave over folds, then over seeds (see `subject_values`)."""
    keys = [*_KEYS, "seed"]
    per_seed = units.groupby(keys, as_index=False, dropna=False)[_NUMBERS].mean()
    return per_seed if by_seed else per_seed.groupby(_KEYS, as_index=False)[_NUMBERS].mean()


def over_directions(values: pd.DataFrame, numbers: Sequence[str] = tuple(_NUMBERS)) -> pd.DataFrame:
    """Average each subject over the directions; source and target become `all`.

    Parameters
    ----------
    values : DataFrame
        Columns `source`, `target`, `numbers` and whatever else tells rows apart.
    numbers : sequence of str
        Columns to average.

    Returns
    -------
    DataFrame
        The same columns.
    """
    keys = [name for name in values.columns if name not in (*numbers, *DIRECTION)]
    means = values.groupby(keys, as_index=False, dropna=False)[list(numbers)].mean()
    return means.assign(source=EVERYWHERE, target=EVERYWHERE)[list(values.columns)]


def chosen_methods(values: pd.DataFrame, methods: Collection[str] | None) -> pd.DataFrame:
    """Keep the rows of the given harmonizers, by default of all that are no controls."""
    if methods is None:
        return values[~values["harmonizer"].isin(CONTROLS)]
    return values[values["harmonizer"].isin(list(methods))]


def merit_tables(values: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Lay out the merits of every measure: a row per image, a column per harmonizer.

    Parameters
    ----------
    values : DataFrame
        Rows of one split, as `subject_values` gives them.

    Returns
    -------
    dict of DataFrame
        By metric and tissue, sorted by both. Index `source, target, subject`, columns the
        harmonizers with a score in that measure; NaN where one has none of an image.
    """
    image = [*DIRECTION, "subject"]
    # All at once: to pivot a small table takes as long as to pivot a large one.
    whole = values.pivot(index=[*MEASURE, *image], columns="harmonizer", values="merit")
    groups = whole.groupby(level=MEASURE, sort=True)
    return {(str(k[0]), str(k[1])): _own(part) for k, part in groups}


def _own(merits: pd.DataFrame) -> pd.DataFrame:
    """Drop from one measure's part of a table what belongs to others."""
    scored = merits.notna().any()
    return merits.loc[:, scored].droplevel([0, 1])


def complete_methods(merits: pd.DataFrame) -> list[str]:
    """Return the methods with a score for every image for which any method has one.

    Only these can be ranked: means over different images cannot be compared. An image that every
    method lacks in part is a row of NaN, and leaves nobody complete.
    """
    return [str(name) for name in merits.columns[merits.notna().all()]] if len(merits) else []


def _checked(scores: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in SCORE_COLUMNS if name not in scores.columns]
    if missing:
        raise InputError(
            f"the scores lack the column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            "statistics need scores as the harness writes them (scores.parquet)"
        )
    texts = ("split", "source", "target", "subject", "harmonizer", "metric", "tissue")
    frame = scores[[*texts, "fold", "seed", "value"]].reset_index(drop=True)
    frame["tissue"] = frame["tissue"].fillna("")
    for name in texts:
        frame[name] = frame[name].astype(str)
    frame["value"] = pd.to_numeric(frame["value"]).astype("float64")
    return frame
