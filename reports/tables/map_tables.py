"""Scores of the Quantitative Maps Generator: by loss case, Table 1 of the paper, and by scanner."""

from collections.abc import Hashable, Sequence

import pandas as pd

from ..run.measures import Measure, find_measures
from ..run.run_view import RunView
from .direction_tables import mean_cell
from .table import Column, Table, TableCell

CASE_WEIGHTS = (
    "Weights of T1, M0 and consistency in the loss: case 1 (1, 1, 0), 2 (.5, .5, 1e-6), "
    "3 (1, 1, 1e-8), 4 (1, 1, 1e-6)."
)
_ERROR = "median_relative_error"
_MAPS_AND_TISSUES = [(name, tissue) for name in ("T1", "M0") for tissue in ("GM", "WM")]
_METRICS = ("ssim", "psnr", "nrmse", _ERROR)


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
    if scores.empty or (scores := scores[scores["cohort"] == "quantitative"]).empty:
        return None
    records = [*view.content.metrics, {"name": _ERROR, "higher_is_better": False}]
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


def map_source_table(view: RunView) -> Table | None:
    """Lay out how far predicted maps are from the truth, per scanner they were predicted from.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        Rows are presets, cases and scanners; columns maps and tissues. None where no maps of
        travellers whose truth is known were scored.
    """
    scores = view.content.maps.dropna(subset="value")
    if scores.empty or (scores := scores[scores["cohort"] == "travelling"]).empty:
        return None
    errors = scores[scores["metric"] == _ERROR]
    keys = ["preset", "case", "source", "map", "tissue", "subject"]
    subjects = (100 * errors.groupby(keys)["value"].mean()).reset_index()
    count = subjects["subject"].nunique()
    return Table(
        name="maps-by-scanner",
        title="Error of T1 and M0 by the scanner they were predicted from",
        columns=[
            Column(text="Preset", number=False),
            Column(text="Case"),
            Column(text="Scanner", number=False),
            *(Column(text=f"{name} {tissue} (%) ↓") for name, tissue in _MAPS_AND_TISSUES),
        ],
        rows=[
            _source_row(place, own) for place, own in subjects.groupby(["preset", "case", "source"])
        ],
        notes=[
            "Median of the absolute error over the true value, in percent, in voxels that are more "
            "than nine tenths grey or white matter; mean ± standard deviation over "
            f"{count} travelling subject{'s' if count != 1 else ''}, seeds averaged first. The "
            "truth is that of the simulation. M0 has a free scale: one least-squares factor in the "
            "brain brings it to the truth."
        ],
    )


def _source_row(place: Sequence[Hashable], errors: pd.DataFrame) -> list[TableCell]:
    preset, case, source = map(str, place)
    cells = [
        TableCell(text=preset),
        TableCell(text=case, sort=float(case)),
        TableCell(text=source, sort=source),
    ]
    percent = Measure(metric=_ERROR, higher_is_better=False, unit="%")
    for name, tissue in _MAPS_AND_TISSUES:
        here = errors[(errors["map"] == name) & (errors["tissue"] == tissue)]
        cells.append(mean_cell(percent, here["value"], best=False))
    return cells


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
