"""Table of how many travellers a study needs to find a difference of methods."""

import math

import pandas as pd

from ...run.measures import Measure
from ...run.names import label
from ...run.reliability.findings import POWER, power_measures, travellers
from ...run.run_view import RunView
from ..table import Column, Table, TableCell
from .volume_tables import UNKNOWN

_SIZES = ("Smallest effect", "Middle effect", "Largest effect")
_MOST = 1000


def travellers_table(view: RunView) -> Table | None:
    """Lay out the travellers that a paired test needs, by measure and effect.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        A row per measure of the first screen; None where fewer than two people or methods were
        scored.
    """
    found = travellers(view)
    if found.empty:
        return None
    rows = []
    for measure in power_measures(view):
        own = found[(found["metric"] == measure.metric) & (found["tissue"] == measure.tissue)]
        if len(own):
            rows.append(_row(measure, own))
    return Table(
        name="travellers",
        title="How many travelling people a paired test needs",
        columns=[
            Column(text="Measure", number=False),
            Column(text="Spread", hint="Standard deviation over people of paired differences"),
            *(Column(text=size) for size in _SIZES),
        ],
        rows=rows,
        notes=[_how(view, found)],
    )


def _row(measure: Measure, own: pd.DataFrame) -> list[TableCell]:
    spreads = own.drop_duplicates("rival").set_index("rival")["spread"].sort_values()
    unit = f" {measure.unit}" if measure.unit else ""
    # A rival and no mean of two: its numbers of people are those beside its spread.
    rival = spreads.index[len(spreads) // 2]
    middle = float(spreads.iloc[len(spreads) // 2])
    ends = f"{measure.spread(float(spreads.min()))} to {measure.spread(float(spreads.max()))}"
    cells = [
        TableCell(text=measure.label, sort=measure.label),
        TableCell(text=measure.spread(middle) + unit, sort=middle, detail=ends),
    ]
    for effect, one in own.groupby("effect", sort=True):
        count = float(one.loc[one["rival"] == rival, "travellers"].iloc[0])
        reach = f"{_count(one['travellers'].min())} to {_count(one['travellers'].max())}"
        cells.append(
            TableCell(
                text=f"{_count(count)} for {float(str(effect)):g}{unit}",
                sort=min(count, 10.0 * _MOST),
                detail=reach,
            )
        )
    return cells


def _count(value: float) -> str:
    if math.isnan(value):
        return UNKNOWN
    return f"> {_MOST}" if math.isinf(value) else f"{value:.0f}"


def _how(view: RunView, found: pd.DataFrame) -> str:
    people = int(found["people"].min())
    one = found.iloc[0]
    spread = float(one["spread"])
    low, high = (
        f"{float(one[end]) / spread:.1f}" if spread > 0 else UNKNOWN
        for end in ("spread_low", "spread_high")
    )
    return (
        f"Exact two-sided signed-rank test at {view.level}, power {POWER:g}, of people’s means "
        f"over directions: {label(view.reference)} against a rival. The spread is that of this "
        f"run’s {view.split} subjects; printed for the middle rival, below it from the least to "
        f"the most over rivals. Differences are taken as normal. From {people} people the spread "
        f"is known roughly: it may be {low} to {high} times as large ({view.coverage} interval), "
        "and the number of travellers goes about with its square. Too few people for the test to "
        "reach alpha are never enough, whatever the effect."
    )
