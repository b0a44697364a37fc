"""Tables of what moved: by measure, row by row, and the duplicates."""

from typing import Any

import numpy as np
import pandas as pd

from phycharm.benchmarks.statistics.regression import Delta
from phycharm.benchmarks.statistics.regression.delta import COUNTED, MOVED

from ..run.measures import Measure, find_measures
from ..run.names import label
from ..tables.table import Column, Table, TableCell

MOST_ROWS = 200
"""Rows that a page shows; a mask that changed moves thousands."""
_MEASURED = ("harmonizer", "metric", "tissue")
_PLACE = ("harmonizer", "metric", "tissue", "split", "fold", "source", "target", "subject", "seed")


def moved_table(delta: Delta) -> Table | None:
    """Tell what moved by method, metric and tissue: by how much, and against what.

    Parameters
    ----------
    delta : Delta
        From `compare_scores`.

    Returns
    -------
    Table or None
        What went farthest beyond its tolerance comes first; None where no score moved.
    """
    found = delta.moved_summary()
    if found.empty:
        return None
    groups = dict(iter(delta.rows.groupby([*_MEASURED])))
    known = {
        (m.metric, m.tissue): m
        for m in find_measures(delta.run.scores, [*delta.run.metrics.values()])
    }
    heads = (
        "Rows", "Moved", "Other", "Reference", "Run", "Mean change", "Largest change",
        "Tolerance", "Seed SD",
    )  # fmt: skip
    return Table(
        name="moved",
        title="What moved",
        columns=[
            Column(text="Method", number=False),
            Column(text="Measure", number=False),
            *(Column(text=head) for head in heads),
            Column(text="Which way", number=False),
        ],
        rows=[
            _moved_row(
                row, measure, _which_way(groups[tuple(row[key] for key in _MEASURED)], measure)
            )
            for row in found.to_dict("records")
            for measure in [_measure(row, known)]
        ],
        notes=[
            "Rows: scores of single images. Moved: those beyond the tolerance. Other: missing, "
            "extra, undefined (NaN) in one of the two alone. Means: over the images with both.",
            "Tolerance: the largest change of one score that does not count. Seed SD: standard "
            "deviation of one image's score over training seeds; – where it was not measured.",
        ],
    )


def _measure(row: dict[Any, Any], known: dict[tuple[str, str], Measure]) -> Measure:
    metric, tissue = str(row["metric"]), str(row["tissue"])
    return known.get((metric, tissue), Measure(metric=metric, tissue=tissue))


def _moved_row(row: dict[Any, Any], measure: Measure, way: str) -> list[TableCell]:
    other = {state: int(str(row[state])) for state in COUNTED if state != MOVED and row[state]}
    told = ", ".join(f"{number} {state}" for state, number in other.items())
    method = label(str(row["harmonizer"]))
    return [
        TableCell(text=method, sort=method),
        TableCell(text=measure.title, sort=measure.title),
        _count(row["rows"]),
        _count(row[MOVED]),
        TableCell(text=str(sum(other.values())), sort=sum(other.values()), detail=told),
        _number(row["mean_reference"], ""),
        _number(row["mean_run"], ""),
        _number(row["mean_change"], "+"),
        _number(row["largest"], "+"),
        _number(row["limit"], ""),
        _number(row["seed_sd"], ""),
        TableCell(text=way),
    ]


def _which_way(rows: pd.DataFrame, measure: Measure) -> str:
    """Say whether the images became better or worse on average."""
    if not measure.judged:
        return ""
    # Image by image: errors of opposite sign do not cancel.
    both = rows.dropna(subset=["change"])
    was, now = (measure.badness(both[f"value_{side}"]).mean() for side in ("reference", "run"))
    return "worse" if now > was else "better" if now < was else ""


def rows_table(delta: Delta) -> Table | None:
    """Tell which single scores moved; the first of them where they are many."""
    rows = delta.where()
    if rows.empty:
        return None
    shown = rows.head(MOST_ROWS)
    more = f" The first {len(shown)} of {len(rows)}." if len(shown) < len(rows) else ""
    heads = ("Reference", "Run", "Change", "Tolerance")
    return Table(
        name="rows",
        title="Scores that moved",
        columns=[
            *(Column(text=key.capitalize(), number=False) for key in _PLACE),
            Column(text="State", number=False),
            *(Column(text=head) for head in heads),
        ],
        rows=[
            [
                *(TableCell(text=str(row[key]), sort=str(row[key])) for key in _PLACE),
                TableCell(text=str(row["state"]), sort=str(row["state"])),
                _number(row["value_reference"], ""),
                _number(row["value_run"], ""),
                _number(row["change"], "+"),
                _number(row["limit"], ""),
            ]
            for row in shown.to_dict("records")
        ],
        notes=[f"What went farthest beyond its tolerance comes first.{more}"],
    )


def duplicates_table(delta: Delta) -> Table | None:
    """Tell which keys stand more than once in one of the tables."""
    if delta.duplicates.empty:
        return None
    shown = delta.duplicates.head(MOST_ROWS)
    return Table(
        name="duplicates",
        title="Scores that stand more than once",
        columns=[
            Column(text="Side", number=False),
            *(Column(text=key.capitalize(), number=False) for key in _PLACE),
            Column(text="Value"),
        ],
        rows=[
            [
                TableCell(text=str(row["side"])),
                *(TableCell(text=str(row[key])) for key in _PLACE),
                _number(row["value"], ""),
            ]
            for row in shown.to_dict("records")
        ],
        notes=[f"{len(shown)} of {len(delta.duplicates)}; the first of each was compared."],
    )


def figures(value: object, sign: str = "") -> str:
    """Print a number to four significant digits; an en dash where there is none.

    Examples
    --------
    >>> figures(0.123456), figures(-2e-6, "+"), figures(float("nan"))
    ('0.1235', '−2e−06', '–')
    """
    number = float(str(value))
    return "–" if pd.isna(number) else f"{number:{sign}.4g}".replace("-", "−")


def _number(value: object, sign: str) -> TableCell:
    number = float(str(value))
    text = figures(number, sign)
    return TableCell(text=text, sort=None if not np.isfinite(number) else number)


def _count(value: object) -> TableCell:
    return TableCell(text=str(value), sort=int(str(value)))
