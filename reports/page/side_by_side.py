"""Several runs beside each other: what scored differently, and what was done differently."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..run.measures import Measure
from ..run.names import label
from ..run.run_view import RunView
from ..tables.provenance import flatten
from ..tables.table import Column, Table, TableCell
from .downloads import pack_tables

_IGNORED = ("started", "finished", "wall_seconds", "peak_memory_mb", "dataset.checksums.")


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """What the page shows above several runs.

    Parameters
    ----------
    tables : list of Table
        One per headline measure: methods by runs, and the differences from the first run.
    differences : Table or None
        Settings that are not the same.
    warnings : list of str
        Reasons why numbers of the runs cannot be compared.
    """

    tables: list[Table]
    differences: Table | None
    warnings: list[str]

    @property
    def texts(self) -> str:
        """The tables as CSV and LaTeX, packed for the page."""
        return pack_tables([*self.tables, *([self.differences] if self.differences else [])])


def compare_runs(views: Sequence[RunView]) -> SideBySide:
    """Set runs beside each other, on the subjects and directions that all of them have.

    Parameters
    ----------
    views : sequence of RunView
        At least two runs.

    Returns
    -------
    SideBySide
        Tables and warnings.
    """
    keys = dict.fromkeys(m.key for view in views for m in view.headline)
    tables = [_table(views, key) for key in keys]
    return SideBySide(
        tables=[table for table in tables if table],
        differences=_differences(views),
        warnings=_warnings(views),
    )


def _table(views: Sequence[RunView], key: str) -> Table | None:
    owners = [{m.key: m for m in view.measures}.get(key) for view in views]
    measure = next((m for m in owners if m is not None), None)
    split = views[0].split
    if measure is None:
        return None
    methods = list(dict.fromkeys(m for view in views for m in view.contestants))
    common = _common(views, split)
    rows = [_row(views, measure, split, method, common) for method in methods]
    heads = [Column(text=view.content.name) for view in views]
    heads += [Column(text=f"{s.content.name} − {views[0].content.name}") for s in views[1:]]
    subjects = len({subject for _, subject in common})
    return Table(
        name=f"runs-{measure.key.replace('/', '-')}",
        title=f"{measure.title} {measure.arrow}".strip(),
        columns=[Column(text="Method", number=False), *heads],
        rows=rows,
        notes=[
            f"Means over the {subjects} {split} subjects and over the directions that all runs "
            "have; no test is made between runs.",
            f"{measure.label}: {measure.definition}",
        ],
        measure=measure.key,
    )


def _common(views: Sequence[RunView], split: str) -> set[tuple[tuple[str, str], str]]:
    sets = []
    for view in views:
        scores = view.shared_scores
        rows = scores.loc[scores["split"] == split, ["source", "target", "subject"]]
        unique = rows.drop_duplicates().itertuples(index=False, name=None)
        sets.append({((str(s), str(t)), str(p)) for s, t, p in unique})
    return set.intersection(*sets)


def _row(
    views: Sequence[RunView],
    measure: Measure,
    split: str,
    method: str,
    common: set[tuple[tuple[str, str], str]],
) -> list[TableCell]:
    means = [_mean(view, measure, split, method, common) for view in views]
    cells = [TableCell(text=label(method), sort=label(method))]
    cells += [_cell(measure, mean) for mean in means]
    first = means[0]
    for mean in means[1:]:
        change = None if mean is None or first is None else mean - first
        cells.append(_cell(measure, change, signed=True))
    return cells


def _mean(
    view: RunView,
    measure: Measure,
    split: str,
    method: str,
    common: set[tuple[tuple[str, str], str]],
) -> float | None:
    values = []
    for direction in {d for d, _ in common}:
        table = view.measured(measure, split, direction)
        if method in table:
            people = [p for d, p in common if d == direction]
            values += table[method].reindex(people).dropna().tolist()
    return sum(values) / len(values) if values else None


def _cell(measure: Measure, value: float | None, *, signed: bool = False) -> TableCell:
    if value is None:
        return TableCell(text="–")
    sign = "+" if signed and value > 0 else ""
    return TableCell(text=sign + measure.text(value), sort=value)


def _differences(views: Sequence[RunView]) -> Table | None:
    settings = [dict(flatten(view.content.manifest)) for view in views]
    names = sorted({name for own in settings for name in own})
    rows = [
        [TableCell(text=name, sort=name), *(TableCell(text=own.get(name, "–")) for own in settings)]
        for name in names
        if not name.startswith(_IGNORED) and len({own.get(name) for own in settings}) > 1
    ]
    if not rows:
        return None
    heads = [Column(text=view.content.name, number=False) for view in views]
    return Table(
        name="runs-settings",
        title="What was done differently",
        columns=[Column(text="Setting", number=False), *heads],
        rows=rows,
    )


def _warnings(views: Sequence[RunView]) -> list[str]:
    warnings = []
    if len({view.content.section("dataset").get("fingerprint") for view in views}) > 1:
        warnings.append(
            "The runs rest on different data: subjects of the same name need not be the same "
            "people, and differences between runs may come from the data alone."
        )
    elif len({view.content.manifest.get("fingerprint") for view in views}) > 1:
        warnings.append("The runs differ in settings that decide the scores; see the table below.")
    if len({view.split for view in views}) > 1:
        warnings.append("Not all runs have external subjects.")
    return warnings
