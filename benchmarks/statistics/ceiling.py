"""The scan-rescan ceiling: as like the target as the target scanner is to itself."""

import pandas as pd

from .inference.intervals import median_intervals
from .subjects import DIRECTION, MEASURE, Metrics, over_directions, subject_values

COLUMNS = ("split", *DIRECTION, *MEASURE, "n", "mean", "interval_low", "interval_high")


def ceiling(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    harmonizer: str = "rescan",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Summarize what a second scan on the target scanner scores beside the first.

    A method that beats it has fitted noise of the target; one that reaches it has no more to
    gain.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores; those of `harmonizer` compare two scans of one person on the target scanner.
    metrics : mapping or iterable of records
        What the metrics mean.
    harmonizer : str
        Name that the repeats go by.
    confidence : float
        Coverage of the interval of the median subject.

    Returns
    -------
    DataFrame
        A row per split, direction, metric and tissue, and one with source and target `all` for
        the subjects' means over directions: `n` subjects, `mean`, `interval_low`,
        `interval_high` (of the median, see `inference.intervals.median_intervals`; NaN with too few
        subjects). Empty where there are no repeats.

    Raises
    ------
    InputError
        The scores lack a column.
    """
    values = subject_values(scores, metrics)
    values = values[values["harmonizer"] == harmonizer]
    if values.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    values = pd.concat([values, over_directions(values)], ignore_index=True)
    groups = values.groupby(["split", *DIRECTION, *MEASURE])["value"]
    table = groups.agg(n="size", mean="mean").reset_index()
    rows = [rows.to_numpy() for _, rows in groups]
    ends = median_intervals(rows, confidence=confidence)
    table["interval_low"], table["interval_high"] = ends[:, 0], ends[:, 1]
    return table[list(COLUMNS)]
