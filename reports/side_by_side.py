"""Several runs beside each other: what scored differently, and what was done differently."""

from collections.abc import Sequence
from dataclasses import dataclass

from .downloads import pack_tables
from .measures import Measure
from .names import label
from .provenance import flatten
from .study import Study
from .table import Cell, Column, Table

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


def compare_runs(studies: Sequence[Study]) -> SideBySide:
    """Set runs beside each other, on the subjects and directions that all of them have.

    Parameters
    ----------
    studies : sequence of Study
        At least two runs.

    Returns
    -------
    SideBySide
        Tables and warnings.
    """
    keys = dict.fromkeys(m.key for study in studies for m in study.headline)
    tables = [_table(studies, key) for key in keys]
    return SideBySide(
        tables=[table for table in tables if table],
        differences=_differences(studies),
        warnings=_warnings(studies),
    )


def _table(studies: Sequence[Study], key: str) -> Table | None:
    owners = [{m.key: m for m in study.measures}.get(key) for study in studies]
    measure = next((m for m in owners if m is not None), None)
    split = studies[0].split
    if measure is None:
        return None
    methods = list(dict.fromkeys(m for study in studies for m in study.methods))
    common = _common(studies, split)
    rows = [_row(studies, measure, split, method, common) for method in methods]
    heads = [Column(text=study.results.name) for study in studies]
    heads += [Column(text=f"{s.results.name} − {studies[0].results.name}") for s in studies[1:]]
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


def _common(studies: Sequence[Study], split: str) -> set[tuple[tuple[str, str], str]]:
    sets = []
    for study in studies:
        scores = study.results.scores
        rows = scores.loc[scores["split"] == split, ["source", "target", "subject"]]
        unique = rows.drop_duplicates().itertuples(index=False, name=None)
        sets.append({((str(s), str(t)), str(p)) for s, t, p in unique})
    return set.intersection(*sets)


def _row(
    studies: Sequence[Study],
    measure: Measure,
    split: str,
    method: str,
    common: set[tuple[tuple[str, str], str]],
) -> list[Cell]:
    means = [_mean(study, measure, split, method, common) for study in studies]
    cells = [Cell(text=label(method), sort=label(method))]
    cells += [_cell(measure, mean) for mean in means]
    first = means[0]
    for mean in means[1:]:
        change = None if mean is None or first is None else mean - first
        cells.append(_cell(measure, change, signed=True))
    return cells


def _mean(
    study: Study,
    measure: Measure,
    split: str,
    method: str,
    common: set[tuple[tuple[str, str], str]],
) -> float | None:
    values = []
    for direction in {d for d, _ in common}:
        table = study.measured(measure, split, direction)
        if method in table:
            people = [p for d, p in common if d == direction]
            values += table[method].reindex(people).dropna().tolist()
    return sum(values) / len(values) if values else None


def _cell(measure: Measure, value: float | None, *, signed: bool = False) -> Cell:
    if value is None:
        return Cell(text="–")
    sign = "+" if signed and value > 0 else ""
    return Cell(text=sign + measure.text(value), sort=value)


def _differences(studies: Sequence[Study]) -> Table | None:
    settings = [dict(flatten(study.results.manifest)) for study in studies]
    names = sorted({name for own in settings for name in own})
    rows = [
        [Cell(text=name, sort=name), *(Cell(text=own.get(name, "–")) for own in settings)]
        for name in names
        if not name.startswith(_IGNORED) and len({own.get(name) for own in settings}) > 1
    ]
    if not rows:
        return None
    heads = [Column(text=study.results.name, number=False) for study in studies]
    return Table(
        name="runs-settings",
        title="What was done differently",
        columns=[Column(text="Setting", number=False), *heads],
        rows=rows,
    )


def _warnings(studies: Sequence[Study]) -> list[str]:
    warnings = []
    if len({study.results.section("dataset").get("fingerprint") for study in studies}) > 1:
        warnings.append(
            "The runs rest on different data: subjects of the same name need not be the same "
            "people, and differences between runs may come from the data alone."
        )
    elif len({study.results.manifest.get("fingerprint") for study in studies}) > 1:
        warnings.append("The runs differ in settings that decide the scores; see the table below.")
    if len({study.split for study in studies}) > 1:
        warnings.append("Not all runs have external subjects.")
    return warnings
