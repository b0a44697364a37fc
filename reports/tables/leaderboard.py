"""The leaderboard as tables: over all directions and for each, for every split."""

from dataclasses import dataclass, replace

import pandas as pd

from phycharm.benchmarks.statistics import TIE_RULE
from phycharm.errors import InputError

from ..run.measures import Measure
from ..run.names import label
from ..run.people import is_partial, subjects_text, untrained_sentences
from ..run.run_view import RunView
from ..run.seeds import training_seeds
from ..run.standings import standings
from .metric_checks import distrusted
from .seed_notes import seed_detail, seed_notes
from .table import Column, Table, TableCell

ALL = ""
COMMON_DOMAIN = "common domain"
_MOST_DIRECTIONS = 12
_ONE_SEED = "One training seed: how far another training moves the means is not known."


@dataclass(frozen=True, kw_only=True)
class LeaderboardBody:
    """Rows of the leaderboard for one split and direction, `ALL` for the mean over directions."""

    split: str
    direction: str
    rows: list[list[TableCell]]


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """The leaderboard: one head, and a body for everything the page can be filtered by."""

    columns: list[Column]
    bodies: list[LeaderboardBody]
    notes: list[str]


def make_leaderboard(view: RunView) -> Leaderboard | None:
    """Lay out the leaderboard of a run; None where nothing can be judged."""
    measures = [m for m in view.measures if m.judged]
    headline = [m for m in view.headline if m.judged]
    ordered = headline + [m for m in measures if m not in headline]
    directions = view.directions if len(view.directions) <= _MOST_DIRECTIONS else []
    bodies = []
    for split in view.splits:
        # Single directions only for the subjects that the verdict rests on: they cost the most.
        for direction in (None, *(directions if split == view.split else ())):
            table = _measured(view, split, direction)
            if len(table):
                name = ALL if direction is None else f"{direction[0]} → {direction[1]}"
                rows = leaderboard_rows(view, table, ordered)
                bodies.append(LeaderboardBody(split=split, direction=name, rows=rows))
    if not bodies:
        return None
    return Leaderboard(
        columns=_columns(ordered), bodies=bodies, notes=_notes(view, headline, view.split)
    )


def _measured(view: RunView, split: str, direction: tuple[str, str] | None) -> pd.DataFrame:
    """Rank, or return nothing where the metric that orders was not measured in this part."""
    try:
        return standings(view, split, direction)
    except InputError:
        return pd.DataFrame()


def leaderboard_table(view: RunView, split: str) -> Table | None:
    """Lay out the leaderboard over all directions for a file: the headline measures only."""
    table = _measured(view, split, None)
    measures = [m for m in view.headline if m.judged]
    if table.empty or not measures:
        return None
    rows = leaderboard_rows(view, table, measures)
    columns = _columns(measures)
    ranks = [i for i, column in enumerate(columns) if column.text.startswith("Rank in")]
    if len(training_seeds(view)) > 1:
        rows = [_with_spreads(row, ranks) for row in rows]
    kept = [i for i in range(len(columns)) if i not in ranks]
    return Table(
        name=f"leaderboard-{split}",
        title=f"Leaderboard, {split} subjects, mean over directions",
        columns=[columns[i] for i in kept],
        rows=[[row[i] for i in kept] for row in rows],
        notes=_notes(view, measures, split),
        split=split,
    )


def _with_spreads(row: list[TableCell], ranks: list[int]) -> list[TableCell]:
    """Put what stands below a rank, the spreads, below the mean before it, which stays."""
    cells = list(row)
    for rank in ranks:
        details = [cells[rank - 1].detail, cells[rank].detail]
        cells[rank - 1] = replace(cells[rank - 1], detail=", ".join(filter(None, details)))
    return cells


def leaderboard_rows(
    view: RunView, table: pd.DataFrame, measures: list[Measure]
) -> list[list[TableCell]]:
    """Turn standings into rows, one per method, best first."""
    leaders = table.loc[table["tied_for_first"].astype(bool), "harmonizer"].nunique()
    return [
        _row(view, str(method), own, measures, tie=leaders > 1)
        for method, own in table.groupby("harmonizer", sort=False)
    ]


def _row(
    view: RunView, method: str, own: pd.DataFrame, measures: list[Measure], *, tie: bool
) -> list[TableCell]:
    first = own.iloc[0]
    marks = ["tied for first"] if tie and bool(first["tied_for_first"]) else []
    marks += [COMMON_DOMAIN] if method in view.common_domain else []
    cells = [
        TableCell(text=str(int(first["place"])), sort=float(first["place"])),
        TableCell(
            text=label(method),
            sort=label(method),
            detail=", ".join(marks),
            colour=view.colours[method],
        ),
        _number(float(first["mean_rank"]), digits=2),
        _number(float(first["borda"]), digits=2),
    ]
    by_measure = {(r["metric"], r["tissue"]): r for r in own.to_dict("records")}
    for measure in measures:
        record = by_measure.get((measure.metric, measure.tissue))
        cells += _measure_cells(measure, pd.Series(record) if record else None)
    return cells


def _measure_cells(measure: Measure, record: "pd.Series[float] | None") -> list[TableCell]:
    if record is None or pd.isna(record["mean"]):
        return [TableCell(text="–"), TableCell(text="–")]
    low, high = (measure.text(float(record[f"interval_{end}"])) for end in ("low", "high"))
    interval = f"{low} to {high}" if low != "–" else "one subject"
    mean = float(record["mean"])
    rank = record["rank"]
    subjects, seeds = float(record["subject_spread"]), float(record["seed_spread"])
    spread = [f"SD {measure.text(subjects)}"]
    if not pd.isna(seeds):
        own = "–" if pd.isna(subjects) else measure.spread(subjects)
        spread = [f"subjects ± {own}", seed_detail(measure, seeds)]
    if record["missing"]:
        spread.append(f"{int(record['missing'])} images missing")
    return [
        TableCell(
            text=measure.text(mean), sort=mean, detail=interval, best=bool(record["tied_with_best"])
        ),
        TableCell(
            text="–" if pd.isna(rank) else f"{rank:g}",
            sort=None if pd.isna(rank) else float(rank),
            detail=", ".join(spread),
        ),
    ]


def _number(value: float, *, digits: int) -> TableCell:
    return (
        TableCell(text="–") if pd.isna(value) else TableCell(text=f"{value:.{digits}f}", sort=value)
    )


def _columns(measures: list[Measure]) -> list[Column]:
    columns = [
        Column(text="Place", hint="In the chosen order"),
        Column(text="Method", number=False),
        Column(text="Mean rank", hint="Mean of the ranks in the primary measures; 1 is best"),
        Column(text="Borda", hint="Share of duels won, image by image, in the primary measures"),
    ]
    for measure in measures:
        head = f"{measure.title} {measure.arrow}".strip()
        columns += [
            Column(text=head, measure=measure.key, hint=measure.definition),
            Column(
                text=f"Rank in {measure.label}",
                measure=measure.key,
                hint="And the spread (SD) over subjects, and over seeds where there are several",
            ),
        ]
    return columns


def common_domain_note(view: RunView) -> str:
    """Say what the mark of methods without a target scanner means; empty where there are none."""
    names = ", ".join(label(method) for method in view.common_domain)
    return (
        f"Common domain ({names}): maps scans of both scanners to a domain of its own, so its "
        "image is compared with the same person's image from the other scanner in that domain, "
        "not with the target scan; such scores are not of the same kind as the others'."
        if names
        else ""
    )


def _notes(view: RunView, measures: list[Measure], split: str) -> list[str]:
    primary = _primary(view)
    orders = {
        "mean-rank": f"the mean of the ranks in the primary measures ({primary})",
        "borda": "the Borda count: share of duels won over all images and primary measures "
        f"({primary})",
    }
    order = orders.get(view.order, f"the rank in {view.order}")
    notes = [
        f"Ordered by {order}. Mean over {_people(view, split)}, each subject's folds, seeds and "
        f"directions averaged first; below it the {view.coverage} bootstrap interval (BCa) over "
        "subjects.",
        f"Bold: {TIE_RULE}. Tied for first: so in every measure that decides the order.",
        *(seed_notes(view) or [_ONE_SEED]),
        "Arrows: ↑ higher is better, ↓ lower is better, → closest to that value is best.",
        *untrained_sentences(view),
        *distrusted(view, measures, split),
        *filter(None, [common_domain_note(view)]),
    ]
    engine = view.segmenter
    if engine and any(m.tissue for m in measures):
        notes.append(f"Tissues were segmented by {engine}.")
    return notes


def _people(view: RunView, split: str) -> str:
    """Say how many subjects there are where some are not in every direction."""
    return subjects_text(view, split) if is_partial(view, split) else "subjects"


def _primary(view: RunView) -> str:
    """Name the metrics that count in the order, as the leaderboard chooses them."""
    judged = dict.fromkeys(m.metric for m in view.measures if m.judged)
    marked = {str(r["name"]) for r in view.content.metrics if r.get("primary")}
    names = [name for name in judged if name in marked] or list(judged)
    return ", ".join(Measure(metric=name).label for name in names)
