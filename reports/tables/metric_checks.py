"""Whether the metrics deserve belief in this run: on the first screen and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from phycharm.benchmarks.statistics import trust

from ..run.measures import Measure, grouped_labels
from ..run.names import label
from ..run.run_view import RunView
from .table import Column, Table, TableCell

_CONTROLS = ("oracle", "none", "blurred", "constant")
_TRUSTED, _UNCHECKED = "trusted", "not checked"
_NOWHERE = "not to be trusted here"


@dataclass(frozen=True, kw_only=True)
class Check:
    """Metrics that fared alike in the checks.

    Parameters
    ----------
    state : str
        `fails`, `unknown` or `passes`.
    head : str
        The verdict: whether to trust, and where not.
    metrics : list of str
        Whose verdict it is.
    reason : str
        A sentence that says why; empty where there is nothing to say.
    """

    state: str
    head: str
    metrics: list[str]
    reason: str


@lru_cache(maxsize=16)
def trust_checks(view: RunView) -> pd.DataFrame:
    """Check every measure on the controls; see `phycharm.benchmarks.statistics.trust`."""
    return trust(view.scores, list(view.content.metrics))


def first_checks(view: RunView) -> list[Check]:
    """Sum up the checks of the split that the verdict rests on, failures first.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Check
        One per verdict and reason, however many metrics share it.
    """
    table = trust_checks(view)
    groups: dict[tuple[str, str, str], list[Measure]] = {}
    for row in table[table["split"] == view.split].to_dict("records"):
        state = {_TRUSTED: "passes", _UNCHECKED: "unknown"}.get(str(row["verdict"]), "fails")
        key = (state, _head(row), str(row["reason"]))
        measure = Measure(metric=str(row["metric"]), tissue=str(row["tissue"]))
        groups.setdefault(key, []).append(measure)
    order = ("fails", "unknown", "passes")
    return [
        Check(
            state=state,
            head=head,
            metrics=grouped_labels(measures),
            reason=f"{reason[:1].upper()}{reason[1:]}." if reason else "",
        )
        for (state, head, reason), measures in sorted(
            groups.items(), key=lambda item: (order.index(item[0][0]), bool(item[0][2]))
        )
    ]


def distrusted(view: RunView, measures: list[Measure], split: str) -> list[str]:
    """Say which of some measures fail the checks, and where; a sentence per set of directions."""
    table = trust_checks(view)
    table = table[(table["split"] == split) & (table["failing"].map(len) > 0)]
    places = {
        (str(row["metric"]), str(row["tissue"])): _place(row) for row in table.to_dict("records")
    }
    shared: dict[str, list[str]] = {}
    for measure in measures:
        place = places.get((measure.metric, measure.tissue))
        if place:
            shared.setdefault(place, []).append(measure.label)
    return [
        f"Not to be trusted {place} ({split} subjects): {', '.join(names)}. "
        "Means over directions and mean ranks count them in."
        for place, names in shared.items()
    ]


def trust_tables(view: RunView) -> list[Table]:
    """Lay out whether the controls came out in the right order, a table per split."""
    checks = trust_checks(view)
    parts = {split: checks[checks["split"] == split] for split in view.splits}
    return [_trust_table(view, part, split) for split, part in parts.items() if len(part)]


def _trust_table(view: RunView, checks: pd.DataFrame, split: str) -> Table:
    heads = ("Measure", "Verdict", *(label(c) for c in _CONTROLS), "Expected", "Why")
    texts = {"Measure", "Verdict", "Expected", "Why"}
    rows = [_row(view, row) for row in checks.to_dict("records")]
    return Table(
        name=f"trust-{split}",
        title=f"Checks of the metrics: controls whose order is known, {split} subjects",
        columns=[Column(text=head, number=head not in texts) for head in heads],
        rows=[row for row in rows if row],
        notes=[
            "The oracle is the target scan itself, the blurred target a smoothed copy of it, the "
            "constant a single value in the brain. The numbers are means over directions; the "
            "order is asked for in every direction by itself. A metric that puts the controls in "
            "another order is not to be trusted there."
        ],
        split=split,
    )


def _row(view: RunView, row: Mapping[Any, Any]) -> list[TableCell]:
    measure = view.find(str(row["metric"]), str(row["tissue"]))
    if measure is None:
        return []
    first = [measure.label, _head(row)]
    values = [float(row[control]) for control in _CONTROLS]
    numbers = [
        TableCell(text="–") if pd.isna(value) else TableCell(text=measure.text(value), sort=value)
        for value in values
    ]
    words = [str(row["expected"]), str(row["reason"]) or "–"]
    return [
        *(TableCell(text=text, sort=text) for text in first),
        *numbers,
        *(TableCell(text=text, sort=text) for text in words),
    ]


def _head(row: Mapping[Any, Any]) -> str:
    if row["verdict"] == _UNCHECKED:
        return "Not checked"
    if row["verdict"] == _TRUSTED:
        return "To be trusted, as far as checked" if row["reason"] else "To be trusted"
    return f"Not to be trusted {_place(row)}"


def _place(row: Mapping[Any, Any]) -> str:
    """Name the directions that fail, or count them where naming would be long."""
    failing = row["failing"]
    if row["verdict"] == _NOWHERE:
        return "here"
    if len(failing) > 2:
        return f"in {len(failing)} of {row['directions']} directions"
    return " and ".join(f"from {source} to {target}" for source, target in failing)
