"""Table of whether a classifier still tells the scanner of a harmonized image."""

import pandas as pd

from ...run.names import join, label
from ...run.reliability.findings import ALL_TARGETS, accuracies, without
from ...run.run_view import RunView
from ..table import Column, Table, TableCell
from .volume_tables import method_cell, number

_HEADS = (
    ("n", "People"),
    ("Accuracy ↓", "Share of right answers; the lower, the less of the scanner is left"),
    ("Chance", "One over the number of scanners"),
    ("p", "Permutation of scanners within people, one-sided"),
    ("Sources alone ↓", "Among harmonized images, the scan on the target left out"),
    ("Chance of these", "One over the number of sources of a target"),
)


def accuracy_tables(view: RunView) -> list[Table]:
    """Lay out how often scanners are told, a table per split.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Table
        A row per method; nothing of splits with fewer than three complete people.
    """
    found = accuracies(view)
    tables = []
    for split in view.splits:
        own = found[found["split"] == split]
        if len(own):
            tables.append(_table(view, split, own))
    return tables


def _table(view: RunView, split: str, own: pd.DataFrame) -> Table:
    whole = own[own["target"] == ALL_TARGETS].to_dict("records")
    by_method = {str(row["harmonizer"]): row for row in whole}
    rows = []
    for method in (name for name in view.methods if name in by_method):
        row = by_method[method]
        rows.append(
            [
                method_cell(view, method),
                TableCell(text=str(row["people"]), sort=float(row["people"])),
                number(float(row["accuracy"]), 2, detail=f"± {float(row['spread']):.2f}"),
                number(float(row["chance"]), 2),
                _p(float(row["p"])),
                number(float(row["sources_accuracy"]), 2),
                number(float(row["sources_chance"]), 2),
            ]
        )
    absent = without(view, own)
    notes = [
        "For a target scanner: the scan on it, and the images harmonized to it from the others. A "
        "linear discriminant with shrunk covariance, trained anew for each method and target on "
        "intensities, shading, texture and contrasts of tissues, says of people whom it has not "
        "learned from which scanner each image comes from (up to ten people left out one by one, "
        "more by tenths). Accuracy over all targets ± standard deviation over people.",
        "p: chance of so many right answers if the scanners’ names were shuffled within each "
        "person, the same for all targets, given the answers. No p above alpha proves that a "
        "scanner is gone: another classifier may see more.",
    ]
    if absent:
        notes.append(
            f"Nothing of {join([label(m) for m in absent])}: fewer than three people have an image "
            "from every scanner, or the fits are of an earlier version that kept no features."
        )
    return Table(
        name=f"scanner-accuracy-{split}",
        title=f"Scanner predictability of harmonized images, {split} subjects",
        columns=[
            Column(text="Method", number=False),
            *(Column(text=text, hint=hint) for text, hint in _HEADS),
        ],
        rows=rows,
        notes=notes,
        split=split,
    )


def _p(value: float) -> TableCell:
    return TableCell(text="< .001" if value < 0.001 else f"{value:.3g}", sort=value)
