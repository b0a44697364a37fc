"""Everything that the page says of one run."""

import re
from dataclasses import dataclass, replace
from typing import Any

from .boards import Board, board_table, make_board
from .checks import Check, first_checks
from .downloads import Download, downloads, pack_tables
from .measures import Measure
from .methods_text import MethodsText, methods_text
from .names import label
from .provenance import (
    Facts,
    deviations,
    failed_cells,
    provenance,
    timing_table,
    unsegmented_images,
)
from .sections import Section, make_sections
from .slices import compare_images, worst_cases
from .statistics_tables import leaks
from .strips import Strip, make_strip
from .study import Study
from .subject_data import subject_data
from .table import Cell, Column, Table
from .verdict import Verdict, join, write_verdict
from .viewer import ViewerData

_STRIP_BYTES = 2_500_000
_WORST = 5
# NAME=package.module:Class, NAME=command:LINE: the user named it.
_ALIAS = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*)=")


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """The page of one run; every field is what a part of the template shows."""

    id: str
    name: str
    simulated: bool
    kicker: str
    verdict: Verdict
    checks: list[Check]
    leaks: list[str]
    board: Board | None
    board_table: Table | None
    splits: list[str]
    directions: list[str]
    measures: list[Measure]
    headline: list[Measure]
    sections: list[Section]
    data: dict[str, Any]
    strips: list[Strip]
    worst: list[int]
    worst_intro: str
    notes: list[str]
    failed: list[tuple[str, str]]
    unsegmented: list[tuple[str, str]]
    cards: Table | None
    deviations: list[tuple[str, Any]]
    methods_text: MethodsText
    facts: list[Facts]
    timings: Table | None
    downloads: list[Download]
    viewer: ViewerData | None = None

    @property
    def nav(self) -> list[Section]:
        """Parts of the page that the navigation names, in reading order."""
        ends = [("methods", "Methods"), ("provenance", "Provenance")]
        first = [("leaderboard", "Leaderboard")] if self.board else []
        made = [Section(id=i, title=n, nav=n, intro="") for i, n in (*first, *ends)]
        return [*made[: len(first)], *self.sections, *made[len(first) :]]

    @property
    def strip_index(self) -> list[dict[str, str]]:
        """Who is on each strip, for the page's script."""
        return [
            {"split": s.split, "subject": s.subject, "source": s.source, "target": s.target}
            for s in self.strips
        ]

    @property
    def definitions(self) -> list[Measure]:
        """One measure per metric, for the list of definitions."""
        first = {m.metric: m for m in reversed(self.measures)}
        order = dict.fromkeys(m.metric for m in self.measures)
        return [replace(first[name], tissue="") for name in order]

    @property
    def tables(self) -> list[Table]:
        """Every table that can be downloaded on its own."""
        own = [table for section in self.sections for table in section.tables]
        return [*own, *(t for t in (self.board_table, self.cards, self.timings) if t)]

    @property
    def texts(self) -> str:
        """The tables as CSV and LaTeX, packed for the page."""
        return pack_tables(self.tables)


def make_run_page(study: Study, number: int, budget_share: float = 1.0) -> RunPage:
    """Compute the page of one run.

    Parameters
    ----------
    study : Study
        The run.
    number : int
        Its place among the runs of the page, from 0.
    budget_share : float
        Share that this run may take of what the file holds for pictures.

    Returns
    -------
    RunPage
        Without the viewer's volumes, which get what room the rest of the file leaves. What could
        not be shown stands in its `notes`.
    """
    prefix = f"r{number}"
    sections = make_sections(study, prefix)
    strips, left_out = _strips(study, int(_STRIP_BYTES * budget_share))
    return RunPage(
        id=prefix,
        name=study.results.name,
        simulated=study.results.simulated,
        kicker=_kicker(study),
        verdict=write_verdict(study),
        checks=first_checks(study),
        leaks=leaks(study),
        board=make_board(study),
        board_table=board_table(study, study.split),
        splits=study.splits,
        directions=[f"{source} → {target}" for source, target in study.directions],
        measures=study.measures,
        headline=study.headline,
        sections=sections,
        data=subject_data(study),
        strips=strips,
        worst=_worst(study, strips),
        worst_intro=_worst_intro(study),
        notes=_notes(study, left_out),
        failed=failed_cells(study),
        unsegmented=unsegmented_images(study),
        cards=_cards(study),
        deviations=deviations(study),
        methods_text=methods_text(study),
        facts=provenance(study),
        timings=timing_table(study),
        downloads=downloads(study),
    )


def _kicker(study: Study) -> str:
    protocol = study.results.section("protocol")
    parts = []
    if protocol.get("name"):
        version = f" v{protocol['version']}" if protocol.get("version") is not None else ""
        parts.append(f"protocol {protocol['name']}{version}")
    parts.append(_count(len(study.methods), "method"))
    parts += [_count(len(names), f"{split} subject") for split, names in study.subjects.items()]
    parts.append(_count(len(study.directions), "direction"))
    dataset = study.results.section("dataset").get("name")
    return " · ".join([*([str(dataset)] if dataset else []), *parts])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _strips(study: Study, budget: int) -> tuple[list[Strip], int]:
    """Draw every subject and direction while the budget lasts, the worst cases first."""
    wanted = [
        (study.split, *case) for case in worst_cases(study, study.split, study.reference, _WORST)
    ]
    for split in study.splits:
        for subject in study.subjects.get(split, []):
            wanted += [(split, subject, *direction) for direction in study.directions]
    strips: list[Strip] = []
    spent = left_out = 0
    for split, subject, source, target in dict.fromkeys(wanted):
        if spent > budget:
            left_out += 1
            continue
        shown = compare_images(study, subject, source, target, study.methods)
        if shown is not None:
            strips.append(make_strip(study, shown, split))
            spent += len(strips[-1].data)
    return strips, left_out


def _worst(study: Study, strips: list[Strip]) -> list[int]:
    """Find the strips of the worst cases, worst first."""
    return [
        index
        for case in worst_cases(study, study.split, study.reference, _WORST)
        for index, strip in enumerate(strips)
        if (strip.split, strip.subject, strip.source, strip.target) == (study.split, *case)
    ]


def _notes(study: Study, left_out: int) -> list[str]:
    """Gather what is missing, one sentence each."""
    notes = [*study.results.notes, *_missing(study), *study.images.notes]
    if left_out:
        notes.append(f"Pictures of {left_out} subjects and directions were left out for size.")
    return [*notes, *filter(None, [study.substitution])]


def _worst_intro(study: Study) -> str:
    measure = study.headline[0].label if study.headline else "its score"
    return (
        f"The cases that {label(study.reference)} served worst in {measure}, worst first. "
        "Above the images, below their signed errors; a method should be judged by these too."
    )


def _planned_name(spec: str) -> str:
    """Name that a method of the protocol has in the scores; empty where only its card says it."""
    alias = _ALIAS.match(spec)
    if alias:
        return alias[1]
    return "" if ":" in spec else spec


def _missing(study: Study) -> list[str]:
    planned = study.results.section("protocol").get("harmonizers")
    names = [_planned_name(str(spec)) for spec in planned or ()]
    known = {"", *study.methods, *study.controls, *study.variants}
    absent = [name for name in names if name not in known]
    gaps = []
    if absent and study.methods:
        listed = join([label(method) for method in absent])
        verb = "is" if len(absent) == 1 else "are"
        gaps.append(f"{listed} of the protocol {verb} not among the scores.")
    for split in study.splits:
        for method in study.methods:
            for measure in study.headline[:1]:
                have = sum(
                    int(study.measured(measure, split, d)[method].notna().sum())
                    for d in study.directions
                )
                all_ = len(study.directions) * len(study.subjects[split])
                if 0 < have < all_:
                    gaps.append(
                        f"{label(method)} has {measure.label} for {have} of {all_} {split} images."
                    )
    return gaps


def _cards(study: Study) -> Table | None:
    if not study.results.methods:
        return None
    keys = ("summary", "supervision", "scope", "trained_on", "license", "citation")
    rows = []
    for method in study.methods:
        card = study.results.methods.get(method, {})
        name = Cell(
            text=label(method),
            sort=label(method),
            detail=f"{method}, revision {card.get('revision', '?')}",
            colour=study.colours[method],
        )
        rows.append([name, *(Cell(text=_text(card.get(key))) for key in keys)])
    heads = ("Method", "What it does", "Supervision", "Scope", "Trained on", "Licence", "Citation")
    return Table(
        name="methods",
        title="The methods",
        columns=[Column(text=head, number=False) for head in heads],
        rows=rows,
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return str(value or "–")
