"""Tables of tissue volumes over scanners: correlations, variation, ranks, limits of agreement."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...run.names import join, label
from ...run.reliability.findings import ALL_TARGETS, limits, reliability, without
from ...run.run_view import RunView
from ..table import Column, Table, TableCell

TISSUES = ("GM", "WM")
UNKNOWN = "–"

_MOST_DIRECTIONS = 30
_BEFORE = " (before)"
_HEADS = (
    ("n", "People with a volume from every scanner"),
    ("ICC(2,1) ↑", "Absolute agreement: a bias of a scanner counts against it"),
    ("ICC(3,1) ↑", "Consistency: a bias of a scanner is forgiven"),
    ("CV ↓", "Coefficient of variation within people, in percent"),
    ("Spearman ↑", "Mean correlation of people's ranks between scanners"),
    ("Kendall’s W ↑", "Concordance of people's ranks over all scanners"),
)


def volume_tables(view: RunView) -> list[Table]:
    """Lay out the reliability of volumes, a table per split and tissue.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Table
        A row per method; nothing of splits in which fewer than two people are complete.
    """
    found = reliability(view)
    tables = []
    for split in view.splits:
        for tissue in TISSUES:
            own = found[(found["split"] == split) & (found["tissue"] == tissue)]
            if len(own) and own["people"].max() > 1:
                tables.append(_reliability_table(view, split, tissue, own))
    return tables


def method_cell(view: RunView, method: str) -> TableCell:
    """Name a method, `none` as what was before."""
    text = label(method) + (_BEFORE if method == "none" else "")
    return TableCell(text=text, sort=text, colour=view.colours.get(method, ""))


def number(value: float, digits: int, *, detail: str = "") -> TableCell:
    """Print a number; an en dash where it is undefined."""
    if math.isnan(value):
        return TableCell(text=UNKNOWN)
    return TableCell(text=signed(value, digits), sort=value, detail=detail)


def signed(value: float, digits: int) -> str:
    """Print a number with a proper minus, and no minus before nought.

    Examples
    --------
    >>> signed(-0.04, 1), signed(-1.25, 2)
    ('0.0', '−1.25')
    """
    text = f"{value:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def _reliability_table(view: RunView, split: str, tissue: str, own: pd.DataFrame) -> Table:
    rows = []
    for method in view.methods:
        mine = own[own["harmonizer"] == method]
        if mine.empty:
            continue
        whole = mine[mine["target"] == ALL_TARGETS].iloc[0]
        parts = mine[mine["target"] != ALL_TARGETS]
        rows.append(
            [
                method_cell(view, method),
                TableCell(text=str(whole["people"]), sort=float(whole["people"])),
                _correlation(whole, parts, "icc_agreement"),
                _correlation(whole, parts, "icc_consistency"),
                number(100 * float(whole["cv"]), 2),
                number(float(whole["spearman"]), 2),
                number(float(whole["kendall_w"]), 2),
            ]
        )
    return Table(
        name=f"reliability-{tissue}-{split}",
        title=f"{tissue} volume over scanners, {split} subjects",
        columns=[
            Column(text="Method", number=False),
            *(Column(text=text, hint=hint) for text, hint in _HEADS),
        ],
        rows=rows,
        notes=[_how(view), _interval(view, own), *_lacking(view, own)],
        split=split,
    )


def _correlation(whole: pd.Series, parts: pd.DataFrame, name: str) -> TableCell:
    """Print the mean over targets; below it the widest reach of the targets' intervals."""
    low, high = parts[f"{name}_low"].min(), parts[f"{name}_high"].max()
    detail = "" if math.isnan(low) else f"{signed(low, 2)} to {signed(high, 2)}"
    return number(float(whole[name]), 3, detail=detail)


def _how(view: RunView) -> str:
    engine = f" Segmentation: {view.segmenter}." if view.segmenter else ""
    return (
        "For a target scanner each person has one volume from every scanner: that of the scan on "
        "the target itself, and those of the images harmonized to it. These should agree. Numbers "
        "are means over targets; folds and seeds of a person are averaged first. Before: the scans "
        "as they are, in the target’s mask. Unit: the person. ICC: Shrout and Fleiss 1979; CV: "
        f"root mean square over people.{engine}"
    )


def _interval(view: RunView, own: pd.DataFrame) -> str:
    people = int(own["people"].max())
    return (
        f"Below an ICC: from the lowest to the highest end of its {view.coverage} intervals (F, "
        f"under a normal distribution) over targets; with {people} people they are wide."
    )


def _lacking(view: RunView, own: pd.DataFrame) -> list[str]:
    """Say who has fewer people than others, and so cannot be held against them, or no volumes."""
    whole = own[own["target"] == ALL_TARGETS].set_index("harmonizer")["people"]
    fewer = [m for m in view.methods if m in whole.index and whole[m] < whole.max()]
    notes = []
    if fewer:
        notes.append(
            f"{join([label(m) for m in fewer])}: volumes of some people are missing (an image "
            "without a segmentation, or a scanner not visited), so that the row is of other people "
            "and cannot be held against the rest."
        )
    absent = without(view, own)
    if absent:
        notes.append(
            f"No volumes were kept of {join([label(m) for m in absent])}: fits of an earlier "
            "version. Remove their cells and run again to have them."
        )
    return notes


def limits_tables(view: RunView) -> list[Table]:
    """Lay out bias and limits of agreement for each direction, a table per split and tissue.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Table
        Rows are directions (source against target), columns methods.
    """
    found = limits(view)
    found = found[found["second"] == found["target"]] if len(found) else found
    tables = []
    for split in view.splits:
        for tissue in TISSUES:
            own = found[(found["split"] == split) & (found["tissue"] == tissue)]
            if len(own) and own["people"].max() > 1:
                tables.append(_limits_table(view, split, tissue, own))
    return tables


def _limits_table(view: RunView, split: str, tissue: str, own: pd.DataFrame) -> Table:
    by_place = {
        (row["first"], row["target"], row["harmonizer"]): row for row in own.to_dict("records")
    }
    methods = [method for method in view.methods if method in set(own["harmonizer"])]
    rows = []
    for source, target in view.directions[:_MOST_DIRECTIONS]:
        cells = [TableCell(text=f"{source} → {target}", sort=f"{source} → {target}")]
        for method in methods:
            key = (source, target, method)
            cells.append(_limit(by_place[key]) if key in by_place else _NOTHING)
        rows.append(cells)
    heads = [label(method) + (_BEFORE if method == "none" else "") for method in methods]
    notes = [
        f"Mean over people of the {tissue} volume of the harmonized image minus that of the scan "
        "on the target scanner, in ml; below it the limits of agreement, bias ± 1.96 standard "
        "deviations of people’s differences (Bland and Altman 1986)."
    ]
    if len(view.directions) > _MOST_DIRECTIONS:
        notes.append(f"The first {_MOST_DIRECTIONS} of {len(view.directions)} directions.")
    return Table(
        name=f"limits-{tissue}-{split}",
        title=f"{tissue} volume: bias and limits of agreement (ml), {split} subjects",
        columns=[Column(text="Direction", number=False), *(Column(text=text) for text in heads)],
        rows=rows,
        notes=notes,
        split=split,
    )


_NOTHING = TableCell(text=UNKNOWN)


def _limit(row: Mapping[Any, Any]) -> TableCell:
    known = not math.isnan(row["low"])
    detail = f"{signed(row['low'], 1)} to {signed(row['high'], 1)}" if known else ""
    return number(float(row["bias"]), 1, detail=detail)
