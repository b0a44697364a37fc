"""Scores of the Quantitative Maps Generator by loss case: Table 1 of the paper."""

import pandas as pd

from ..run.measures import Measure, find_measures
from ..run.run_view import RunView
from .direction_tables import mean_cell
from .table import Column, Table, TableCell

CASE_WEIGHTS = (
    "Weights of T1, M0 and consistency in the loss: case 1 (1, 1, 0), 2 (.5, .5, 1e-6), "
    "3 (1, 1, 1e-8), 4 (1, 1, 1e-6)."
)
_METRICS = ("ssim", "psnr", "nrmse", "median_relative_error")


def map_table(view: RunView) -> Table | None:
    """Lay out mean and standard deviation over subjects, per loss case and map.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        Rows are presets and cases; None where no maps were scored.
    """
    scores = view.content.maps.dropna(subset="value")
    if scores.empty:
        return None
    records = [*view.content.metrics, {"name": "median_relative_error", "higher_is_better": False}]
    measures = [m for m in find_measures(scores, records) if m.metric in _METRICS]
    keys = ["preset", "case", "map", "metric", "tissue", "subject"]
    subjects = scores.groupby(keys)["value"].mean().reset_index()
    maps = sorted(set(subjects["map"]), reverse=True)
    rows = []
    for (preset, case), own in subjects.groupby(["preset", "case"]):
        cells = [TableCell(text=str(preset)), TableCell(text=str(case), sort=float(str(case)))]
        for name in maps:
            here = own[own["map"] == name]
            cells += [_cell(measure, here) for measure in measures]
        rows.append(cells)
    heads = [
        Column(text=f"{name} {measure.label} {measure.arrow}".strip())
        for name in maps
        for measure in measures
    ]
    return Table(
        name="maps-by-case",
        title="T1 and M0 maps by loss case",
        columns=[Column(text="Preset", number=False), Column(text="Case"), *heads],
        rows=rows,
        notes=_notes(len(set(subjects["subject"])), measures),
    )


def _cell(measure: Measure, rows: pd.DataFrame) -> TableCell:
    mine = rows[(rows["metric"] == measure.metric) & (rows["tissue"] == measure.tissue)]
    return mean_cell(measure, mine["value"], best=False)


def _notes(subjects: int, measures: list[Measure]) -> list[str]:
    plural = "s" if subjects != 1 else ""
    return [
        f"Mean ± standard deviation over {subjects} unseen subject{plural}; seeds and the scanners "
        f"that the maps were predicted from are averaged first. {CASE_WEIGHTS}",
        *(f"{m.label}: {m.definition}" for m in measures if "Not defined" not in m.definition),
    ]
