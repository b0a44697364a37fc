"""Means per direction: Tables 2, 3, S2 and S3 of the paper, and one for every other measure."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ..run.measures import Measure
from ..run.names import label
from ..run.people import head_of, not_trained_notes, subjects_text
from ..run.run_view import RunView
from ..run.seeds import seed_spread
from .seed_notes import seed_detail, seed_notes
from .table import Column, Table, TableCell

_MOST_DIRECTIONS = 30


def direction_tables(view: RunView, measures: list[Measure]) -> list[Table]:
    """Lay out mean and standard deviation over subjects, per direction and method.

    Parameters
    ----------
    view : RunView
        The run.
    measures : list of Measure
        One table each, and for every split.

    Returns
    -------
    list of Table
        Rows are methods, columns directions; the best mean of a direction is marked.
    """
    tables = [direction_table(view, m, split) for m in measures for split in view.splits]
    return [table for table in tables if table is not None]


def direction_table(view: RunView, measure: Measure, split: str) -> Table | None:
    """Lay out one measure of one split; None where nothing was measured."""
    directions = view.directions[:_MOST_DIRECTIONS]
    frames = {d: view.measured(measure, split, d)[view.contestants] for d in directions}
    if not any(frame.notna().any(axis=None) for frame in frames.values()):
        return None
    best = {d: _best(measure, frame) for d, frame in frames.items()}
    seeds = {d: seed_spread(view, measure, split, d) for d in directions}
    rows = []
    for method in view.contestants:
        cells = [TableCell(text=label(method), sort=label(method), colour=view.colours[method])]
        for direction, frame in frames.items():
            spread, marked = seeds[direction][method], method in best[direction]
            cell = mean_cell(measure, frame[method], best=marked, seed_spread=spread)
            cells.append(or_untrained(view, cell, method, direction))
        rows.append(cells)
    heads = [Column(text=head_of(view, split, direction)) for direction in directions]
    return Table(
        name=f"directions-{measure.key.replace('/', '-')}-{split}",
        title=f"{measure.title} {measure.arrow} per direction, {split} subjects".replace("  ", " "),
        columns=[Column(text="Method", number=False), *heads],
        rows=rows,
        notes=_notes(view, measure, split),
        split=split,
        measure=measure.key,
    )


def mean_cell(
    measure: Measure, values: pd.Series, *, best: bool, seed_spread: float = float("nan")
) -> TableCell:
    """Print a mean over subjects; below it the spreads over them and over training seeds."""
    known = values.to_numpy(dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return TableCell(text="–")
    spread = f"± {measure.spread(float(known.std(ddof=1)))}" if len(known) > 1 else "one subject"
    mean = float(known.mean())
    detail = ", ".join(filter(None, [spread, seed_detail(measure, seed_spread)]))
    return TableCell(text=measure.text(mean), sort=mean, detail=detail, best=best)


def or_untrained(
    view: RunView, cell: TableCell, method: str, direction: tuple[str, str]
) -> TableCell:
    """Return a cell; an empty one says so where nobody could teach the method that direction."""
    gaps = view.left_out
    if cell.sort is not None or gaps.empty:
        return cell
    own = (gaps["harmonizer"] == method) & (gaps["source"] == direction[0])
    untaught = (own & (gaps["target"] == direction[1])).any()
    return replace(cell, detail="not trained") if untaught else cell


def _best(measure: Measure, frame: pd.DataFrame) -> set[str]:
    if not measure.judged:
        return set()
    badness = measure.badness(frame).mean().dropna()
    return set(badness.index[badness == badness.min()].astype(str)) if len(badness) else set()


def _notes(view: RunView, measure: Measure, split: str) -> list[str]:
    notes = [
        f"Mean ± standard deviation over {subjects_text(view, split)}, "
        "folds and seeds of a subject averaged first; bold: best mean of a direction, which need "
        "not differ from the next.",
        *seed_notes(view),
        *not_trained_notes(view),
        f"{measure.label}: {measure.definition}",
    ]
    engine = view.segmenter
    if measure.tissue and engine:
        notes.append(f"Segmentation: {engine}.")
    if len(view.directions) > _MOST_DIRECTIONS:
        notes.append(f"The first {_MOST_DIRECTIONS} of {len(view.directions)} directions.")
    return notes
