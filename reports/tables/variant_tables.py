"""A method on the maps of every loss case, side by side: variants are nobody's rivals."""

from ..run.cell_records import NO_CASE
from ..run.measures import Measure
from ..run.names import label
from ..run.people import subjects_text
from ..run.run_view import RunView
from .direction_tables import mean_cell
from .table import Column, Table, TableCell


def variant_tables(view: RunView) -> list[Table]:
    """Lay out how every method with variants fares beside them.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Table
        One per method of which variants were scored, on the subjects that the verdict rests on.
        Rows are the method and its variants by loss case, columns the measures of the whole image
        that the first screen shows.
    """
    judged = [m for m in view.headline if m.judged]
    measures = [m for m in judged if not m.tissue] or judged
    scored = set(view.values.loc[view.values["split"] == view.split, "harmonizer"])
    bases = dict.fromkeys(base for name, base in view.variants.items() if name in scored)
    if not measures:
        return []
    return [_table(view, base, measures, scored, n) for n, base in enumerate(bases, start=1)]


def _table(
    view: RunView, base: str, measures: list[Measure], scored: set[str], number: int
) -> Table:
    variants = [name for name, method in view.variants.items() if method == base]
    cases = {name: _cases(view, name) for name in (base, *variants) if name in scored}
    rows = [
        [
            TableCell(text=view.name(name), sort=view.name(name)),
            TableCell(text=", ".join(map(str, own)) or "–", sort=float(own[0]) if own else None),
            *(_cell(view, measure, name) for measure in measures),
        ]
        for name, own in sorted(cases.items(), key=lambda item: (not item[1], item[1]))
    ]
    heads = [Column(text=f"{m.title} {m.arrow}".strip(), hint=m.definition) for m in measures]
    return Table(
        name="loss-cases" if number == 1 else f"loss-cases-{number}",
        title=f"{label(base)} on the maps of every loss case, {view.split} subjects",
        columns=[Column(text="Method", number=False), Column(text="Case"), *heads],
        rows=rows,
        notes=[
            f"Mean ± standard deviation over {subjects_text(view, view.split)}, "
            "each subject's folds, seeds and directions "
            f"averaged first. Everywhere else {label(base)} is the row of this name alone: its "
            "variants are no rivals, and are not ranked or tested.",
            *(f"{m.label}: {m.definition}" for m in measures),
        ],
    )


def _cell(view: RunView, measure: Measure, method: str) -> TableCell:
    return mean_cell(measure, view.measured(measure, view.split)[method], best=False)


def _cases(view: RunView, method: str) -> list[int]:
    """Find the loss cases of the maps that the fits of a method worked with."""
    found = {view.case(cell) for cell in view.content.cells if cell.harmonizer == method}
    return sorted(found - {NO_CASE})
