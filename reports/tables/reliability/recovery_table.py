"""Table of whether known losses of grey matter are found again."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...run.reliability.findings import recovery
from ...run.run_view import RunView
from ..table import Column, Table, TableCell
from .volume_tables import method_cell, number

_HEADS = (
    ("n", "People with a loss"),
    ("Known (%)", "Mean of their known losses"),
    ("Estimated (%)", "Mean of what is estimated"),
    ("Bias", "Estimated minus known, percentage points"),
    ("Error ↓", "Root mean square over people and directions, percentage points"),
    ("Slope → 1", "Of the people's mean estimates over known losses"),
    ("False loss ↓", "Root mean square of the estimates of people without loss, in percent"),
)


def recovery_tables(view: RunView) -> list[Table]:
    """Lay out how much of known losses each method finds again, a table per split.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Table
        A row per method; nothing where nobody has lost grey matter, as far as is known.
    """
    found = recovery(view)
    splits = [split for split in view.splits if (found["split"] == split).any()]
    return [_table(view, split, found[found["split"] == split]) for split in splits]


def _table(view: RunView, split: str, own: pd.DataFrame) -> Table:
    by_method = {str(row["harmonizer"]): row for row in own.to_dict("records")}
    rows = [_row(view, name, by_method[name]) for name in view.methods if name in by_method]
    healthy = max(int(row["healthy"]) for row in by_method.values())
    return Table(
        name=f"atrophy-{split}",
        title=f"Known loss of grey matter, and what is estimated, {split} subjects",
        columns=[
            Column(text="Method", number=False),
            *(Column(text=text, hint=hint) for text, hint in _HEADS),
        ],
        rows=rows,
        notes=[
            "A person is scanned on one scanner, harmonized to another, and held against people "
            "without loss who were scanned there. Estimated loss: 1 − (1 − a) (V / true V) / mean "
            "of (V / true V) of those people’s scans on the target, with the known loss a and the "
            "measured volume V; people without loss are held against the rest of them "
            f"({healthy} here). Means over people and directions. The truth is the simulator’s.",
        ],
        split=split,
    )


def _row(view: RunView, method: str, row: Mapping[Any, Any]) -> list[TableCell]:
    return [
        method_cell(view, method),
        TableCell(text=str(row["people"]), sort=float(row["people"])),
        number(100 * float(row["known_loss"]), 1),
        number(100 * float(row["estimated_loss"]), 1),
        number(100 * float(row["bias"]), 1),
        number(100 * float(row["error"]), 1),
        number(float(row["slope"]), 2),
        number(100 * float(row["false_loss"]), 1),
    ]
