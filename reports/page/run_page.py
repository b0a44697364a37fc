"""Everything that the page says of one run."""

import re
from dataclasses import dataclass, replace
from typing import Any

from ..run.measures import Measure
from ..run.names import join, label
from ..run.people import direction_counts, subjects_text
from ..run.run_view import RunView
from ..run.slices import compare_images, worst_cases
from ..tables.leaderboard import Leaderboard, leaderboard_table, make_leaderboard
from ..tables.metric_checks import Check, first_checks
from ..tables.provenance import (
    Facts,
    deviations,
    failed_cells,
    provenance,
    timing_table,
    unsegmented_images,
)
from ..tables.statistics_tables import leaks
from ..tables.table import Column, Table, TableCell
from ..text.methods_text import MethodsText, methods_text
from ..text.verdict import Verdict, write_verdict
from .downloads import Download, downloads, pack_tables
from .sections import Section
from .sections_aside import SectionsAside
from .subject_data import subject_data
from .thumbnails import Thumbnails, make_thumbnails
from .viewer import ViewerData

_THUMBNAIL_BYTES = 2_500_000
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
    leaderboard: Leaderboard | None
    leaderboard_table: Table | None
    splits: list[str]
    directions: list[str]
    measures: list[Measure]
    headline: list[Measure]
    sections: list[Section]
    data: dict[str, Any]
    thumbnails: list[Thumbnails]
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
        first = [("leaderboard", "Leaderboard")] if self.leaderboard else []
        made = [Section(id=i, title=n, nav=n, intro="") for i, n in (*first, *ends)]
        return [*made[: len(first)], *self.sections, *made[len(first) :]]

    @property
    def thumbnail_index(self) -> list[dict[str, str]]:
        """Who is on each row, for the page's script."""
        return [
            {"split": s.split, "subject": s.subject, "source": s.source, "target": s.target}
            for s in self.thumbnails
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
        return [*own, *(t for t in (self.leaderboard_table, self.cards, self.timings) if t)]

    @property
    def texts(self) -> str:
        """The tables as CSV and LaTeX, packed for the page."""
        return pack_tables(self.tables)


def make_run_page(view: RunView, number: int, budget_share: float = 1.0) -> RunPage:
    """Compute the page of one run.

    Parameters
    ----------
    view : RunView
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
    with SectionsAside(view, prefix) as aside:
        # What takes longest comes before the sections, which may be waited for.
        thumbnails, left_out = _thumbnails(view, int(_THUMBNAIL_BYTES * budget_share))
        board = make_leaderboard(view)
        sections = aside.sections()
    return RunPage(
        id=prefix,
        name=view.content.name,
        simulated=view.content.simulated,
        kicker=_kicker(view),
        verdict=write_verdict(view),
        checks=first_checks(view),
        leaks=leaks(view),
        leaderboard=board,
        leaderboard_table=leaderboard_table(view, view.split),
        splits=view.splits,
        directions=[f"{source} → {target}" for source, target in view.directions],
        measures=view.measures,
        headline=view.headline,
        sections=sections,
        data=subject_data(view),
        thumbnails=thumbnails,
        worst=_worst(view, thumbnails),
        worst_intro=_worst_intro(view),
        notes=_notes(view, left_out),
        failed=failed_cells(view),
        unsegmented=unsegmented_images(view),
        cards=_cards(view),
        deviations=deviations(view),
        methods_text=methods_text(view),
        facts=provenance(view),
        timings=timing_table(view),
        downloads=downloads(view),
    )


def _kicker(view: RunView) -> str:
    protocol = view.content.section("protocol")
    parts = []
    if protocol.get("name"):
        version = f" v{protocol['version']}" if protocol.get("version") is not None else ""
        parts.append(f"protocol {protocol['name']}{version}")
    parts.append(_count(len(view.methods), "method"))
    parts += [subjects_text(view, split) for split in view.subjects]
    parts.append(_count(len(view.directions), "direction"))
    dataset = view.content.section("dataset").get("name")
    return " · ".join([*([str(dataset)] if dataset else []), *parts])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _thumbnails(view: RunView, budget: int) -> tuple[list[Thumbnails], int]:
    """Draw every subject and direction while the budget lasts, the worst cases first."""
    wanted = [(view.split, *case) for case in worst_cases(view, view.split, view.reference, _WORST)]
    for split in view.splits:
        for subject in view.subjects.get(split, []):
            wanted += [(split, subject, *direction) for direction in view.directions]
    thumbnails: list[Thumbnails] = []
    spent = left_out = 0
    for split, subject, source, target in dict.fromkeys(wanted):
        if spent > budget:
            left_out += 1
            continue
        shown = compare_images(view, subject, source, target, view.methods)
        if shown is not None:
            thumbnails.append(make_thumbnails(view, shown, split))
            spent += len(thumbnails[-1].data)
    return thumbnails, left_out


def _worst(view: RunView, thumbnails: list[Thumbnails]) -> list[int]:
    """Find the thumbnails of the worst cases, worst first."""
    return [
        index
        for case in worst_cases(view, view.split, view.reference, _WORST)
        for index, row in enumerate(thumbnails)
        if (row.split, row.subject, row.source, row.target) == (view.split, *case)
    ]


def _notes(view: RunView, left_out: int) -> list[str]:
    """Gather what is missing, one sentence each."""
    manifest = view.content.section("protocol")
    told = [manifest.get(name) for name in ("bystanders", "substitutes")]
    bystanders = [str(line) for lines in told if isinstance(lines, list) for line in lines]
    notes = [*view.content.notes, *bystanders, *_missing(view), *view.images.notes]
    if left_out:
        notes.append(f"Pictures of {left_out} subjects and directions were left out for size.")
    return [*notes, *filter(None, [view.substitution])]


def _worst_intro(view: RunView) -> str:
    measure = view.headline[0].label if view.headline else "its score"
    return (
        f"The cases that {label(view.reference)} served worst in {measure}, worst first. "
        "Above the images, below their signed errors; a method should be judged by these too."
    )


def _planned_name(spec: str) -> str:
    """Name that a method of the protocol has in the scores; empty where only its card says it."""
    alias = _ALIAS.match(spec)
    if alias:
        return alias[1]
    return "" if ":" in spec else spec


def _missing(view: RunView) -> list[str]:
    planned = view.content.section("protocol").get("harmonizers")
    names = [_planned_name(str(spec)) for spec in planned or ()]
    known = {"", *view.methods, *view.controls, *view.variants}
    absent = [name for name in names if name not in known]
    gaps = []
    if absent and view.methods:
        listed = join([label(method) for method in absent])
        verb = "is" if len(absent) == 1 else "are"
        gaps.append(f"{listed} of the protocol {verb} not among the scores.")
    for split in view.splits:
        for method in view.methods:
            for measure in view.headline[:1]:
                counts = direction_counts(view, split)
                wanted = [d for d in view.directions if not _left_out(view, method, d)]
                have = sum(
                    int(view.measured(measure, split, d)[method].notna().sum()) for d in wanted
                )
                all_ = sum(counts[d] for d in wanted)
                if 0 < have < all_:
                    gaps.append(
                        f"{label(method)} has {measure.label} for {have} of {all_} {split} images."
                    )
    return gaps


def _left_out(view: RunView, method: str, direction: tuple[str, str]) -> bool:
    """Whether nobody could teach a method a direction, so that it lacks nothing there."""
    gaps = view.left_out[view.left_out["harmonizer"] == method]
    own = zip(gaps["source"], gaps["target"], strict=True)
    return direction in view.untrained and direction in set(own)


def _cards(view: RunView) -> Table | None:
    if not view.content.methods:
        return None
    keys = ("summary", "supervision", "scope", "trained_on", "license", "citation")
    rows = []
    for method in view.methods:
        card = view.content.methods.get(method, {})
        name = TableCell(
            text=label(method),
            sort=label(method),
            detail=f"{method}, revision {card.get('revision', '?')}",
            colour=view.colours[method],
        )
        rows.append([name, *(TableCell(text=_text(card.get(key))) for key in keys)])
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
