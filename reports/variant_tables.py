"""A method on the maps of every loss case, side by side: variants are nobody's rivals."""

from .cells import NO_CASE
from .direction_tables import mean_cell
from .measures import Measure
from .names import label
from .study import Study
from .table import Cell, Column, Table


def variant_tables(study: Study) -> list[Table]:
    """Lay out how every method with variants fares beside them.

    Parameters
    ----------
    study : Study
        The run.

    Returns
    -------
    list of Table
        One per method of which variants were scored, on the subjects that the verdict rests on.
        Rows are the method and its variants by loss case, columns the measures of the whole image
        that the first screen shows.
    """
    judged = [m for m in study.headline if m.judged]
    measures = [m for m in judged if not m.tissue] or judged
    scored = set(study.values.loc[study.values["split"] == study.split, "harmonizer"])
    bases = dict.fromkeys(base for name, base in study.variants.items() if name in scored)
    if not measures:
        return []
    return [_table(study, base, measures, scored, n) for n, base in enumerate(bases, start=1)]


def _table(
    study: Study, base: str, measures: list[Measure], scored: set[str], number: int
) -> Table:
    variants = [name for name, method in study.variants.items() if method == base]
    cases = {name: _cases(study, name) for name in (base, *variants) if name in scored}
    rows = [
        [
            Cell(text=study.name(name), sort=study.name(name)),
            Cell(text=", ".join(map(str, own)) or "–", sort=float(own[0]) if own else None),
            *(_cell(study, measure, name) for measure in measures),
        ]
        for name, own in sorted(cases.items(), key=lambda item: (not item[1], item[1]))
    ]
    heads = [Column(text=f"{m.title} {m.arrow}".strip(), hint=m.definition) for m in measures]
    count = len(study.subjects[study.split])
    return Table(
        name="loss-cases" if number == 1 else f"loss-cases-{number}",
        title=f"{label(base)} on the maps of every loss case, {study.split} subjects",
        columns=[Column(text="Method", number=False), Column(text="Case"), *heads],
        rows=rows,
        notes=[
            f"Mean ± standard deviation over {count} {study.split} "
            f"subject{'s' if count != 1 else ''}, each subject's folds, seeds and directions "
            f"averaged first. Everywhere else {label(base)} is the row of this name alone: its "
            "variants are no rivals, and are not ranked or tested.",
            *(f"{m.label}: {m.definition}" for m in measures),
        ],
    )


def _cell(study: Study, measure: Measure, method: str) -> Cell:
    return mean_cell(measure, study.measured(measure, study.split)[method], best=False)


def _cases(study: Study, method: str) -> list[int]:
    """Find the loss cases of the maps that the fits of a method worked with."""
    found = {study.case(cell) for cell in study.results.cells if cell.harmonizer == method}
    return sorted(found - {NO_CASE})
