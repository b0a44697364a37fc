"""Scanners, cohorts and datasets as tables, for who looks at data in a notebook."""

from html import escape
from typing import TYPE_CHECKING

from ..utils.html_table import html_table
from .scanner import Scanner

if TYPE_CHECKING:
    from .bids.bids_dataset import BidsDataset
    from .cohort import Cohort

_SCANNER_HEAD = ("Scanner", "Manufacturer", "Field", "Acquisition")


def acquisition_text(scanner: Scanner) -> str:
    """Say how a scanner acquires, in one line.

    Examples
    --------
    >>> from phycharm import Acquisition
    >>> timing = Acquisition(inversion_time=900, repetition_time=2300, echo_time=2, flip_angle=9)
    >>> acquisition_text(Scanner(name="GE", acquisition=timing))
    'TI 900 ms, TR 2300 ms, TE 2 ms, flip angle 9°'
    """
    known = scanner.acquisition
    times = {"TI": known.inversion_time, "TR": known.repetition_time, "TE": known.echo_time}
    said = [f"{name} unknown" if t is None else f"{name} {t:g} ms" for name, t in times.items()]
    return f"{', '.join(said)}, flip angle {known.flip_angle:g}°"


def cohort_html(cohort: "Cohort") -> str:
    """Return who was scanned, and on what; names are escaped."""
    rows = [
        (one.name, one.manufacturer, f"{one.field_strength:g} T", acquisition_text(one))
        for one in cohort.scanners
    ]
    subjects, scanners = cohort.subjects, cohort.scanners
    people = "1 subject" if len(subjects) == 1 else f"{len(subjects)} subjects"
    if cohort.people(*scanners) == subjects:
        who = html_table((f"{people}, each on every scanner",), [(", ".join(subjects),)])
    else:
        marks = [[s, *("✓" if cohort.has(s, one) else "–" for one in scanners)] for s in subjects]
        who = html_table((people, *(one.name for one in scanners)), marks)
    return f"<div>{html_table(_SCANNER_HEAD, rows)}{who}</div>"


def dataset_html(dataset: "BidsDataset") -> str:
    """Return which person has a T1-weighted image and a mask of which session; names escaped."""
    images, masks = dataset.files("T1w"), dataset.files("mask")
    subjects = sorted({subject for subject, _ in images})
    sessions = sorted({session for _, session in images})
    rows = []
    for who in subjects:
        held = [_held((who, s) in images, (who, s) in masks) for s in sessions]
        rows.append([f"sub-{who}", *held])
    kind = "simulated, no person was scanned" if dataset.simulated else "T1-weighted images"
    head = ["Subject", *(f"ses-{one}" if one else "no session" for one in sessions)]
    title = f"<p><strong>{escape(dataset.name)}</strong>: {kind}</p>"
    return f"<div>{title}{html_table(head, rows)}</div>"


def _held(image: bool, mask: bool) -> str:
    if not image:
        return "–"
    return "✓" if mask else "no mask"
