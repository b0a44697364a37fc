"""The leaderboard as tables: over all directions and for each, for every split."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from phycharm.benchmarks.statistics import TIE_RULE, leaderboard
from phycharm.errors import InputError

from .checks import distrusted
from .measures import Measure
from .names import label
from .study import Study
from .table import Cell, Column, Table

ALL = ""
COMMON_DOMAIN = "common domain"
_MOST_DIRECTIONS = 12


@dataclass(frozen=True, kw_only=True)
class Body:
    """Rows of the leaderboard for one split and direction, `ALL` for the mean over directions."""

    split: str
    direction: str
    rows: list[list[Cell]]


@dataclass(frozen=True, kw_only=True)
class Board:
    """The leaderboard: one head, and a body for everything the page can be filtered by."""

    columns: list[Column]
    bodies: list[Body]
    notes: list[str]


def standings(study: Study, split: str, direction: tuple[str, str] | None = None) -> pd.DataFrame:
    """Rank the methods of one split, over all directions or in one.

    Parameters
    ----------
    study : Study
        The run.
    split : str
        Which subjects.
    direction : (str, str), optional
        Source and target; without it, subjects' means over directions.

    Returns
    -------
    DataFrame
        As `phycharm.benchmarks.statistics.leaderboard` gives it; empty where nothing can be
        judged.

    Raises
    ------
    InputError
        If the study's order names no metric that was measured.
    """
    return _standings(study, split, direction)


@lru_cache(maxsize=128)
def _standings(study: Study, split: str, direction: tuple[str, str] | None) -> pd.DataFrame:
    scores = study.results.scores
    if direction is not None:
        scores = scores[(scores["source"] == direction[0]) & (scores["target"] == direction[1])]
    judged = {m.metric for m in study.measures if m.judged}
    scores = scores[scores["metric"].isin(judged)]
    return leaderboard(
        scores,
        list(study.results.metrics),
        order=study.order,
        split=split,
        methods=study.methods,
        alpha=study.alpha,
    )


def make_board(study: Study) -> Board | None:
    """Lay out the leaderboard of a run; None where nothing can be judged."""
    measures = [m for m in study.measures if m.judged]
    headline = [m for m in study.headline if m.judged]
    ordered = headline + [m for m in measures if m not in headline]
    directions = study.directions if len(study.directions) <= _MOST_DIRECTIONS else []
    bodies = []
    for split in study.splits:
        # Single directions only for the subjects that the verdict rests on: they cost the most.
        for direction in (None, *(directions if split == study.split else ())):
            table = _measured(study, split, direction)
            if len(table):
                name = ALL if direction is None else f"{direction[0]} → {direction[1]}"
                rows = board_rows(study, table, ordered)
                bodies.append(Body(split=split, direction=name, rows=rows))
    if not bodies:
        return None
    return Board(
        columns=_columns(ordered), bodies=bodies, notes=_notes(study, headline, study.split)
    )


def _measured(study: Study, split: str, direction: tuple[str, str] | None) -> pd.DataFrame:
    """Rank, or return nothing where the metric that orders was not measured in this part."""
    try:
        return standings(study, split, direction)
    except InputError:
        return pd.DataFrame()


def board_table(study: Study, split: str) -> Table | None:
    """Lay out the leaderboard over all directions for a file: the headline measures only."""
    table = _measured(study, split, None)
    measures = [m for m in study.headline if m.judged]
    if table.empty or not measures:
        return None
    rows = board_rows(study, table, measures)
    columns = _columns(measures)
    kept = [i for i, column in enumerate(columns) if not column.text.startswith("Rank in")]
    return Table(
        name=f"leaderboard-{split}",
        title=f"Leaderboard, {split} subjects, mean over directions",
        columns=[columns[i] for i in kept],
        rows=[[row[i] for i in kept] for row in rows],
        notes=_notes(study, measures, split),
        split=split,
    )


def board_rows(study: Study, table: pd.DataFrame, measures: list[Measure]) -> list[list[Cell]]:
    """Turn standings into rows, one per method, best first."""
    leaders = table.loc[table["tied_for_first"].astype(bool), "harmonizer"].nunique()
    return [
        _row(study, str(method), own, measures, tie=leaders > 1)
        for method, own in table.groupby("harmonizer", sort=False)
    ]


def _row(
    study: Study, method: str, own: pd.DataFrame, measures: list[Measure], *, tie: bool
) -> list[Cell]:
    first = own.iloc[0]
    marks = ["tied for first"] if tie and bool(first["tied_for_first"]) else []
    marks += [COMMON_DOMAIN] if method in study.common_domain else []
    cells = [
        Cell(text=str(int(first["place"])), sort=float(first["place"])),
        Cell(
            text=label(method),
            sort=label(method),
            detail=", ".join(marks),
            colour=study.colours[method],
        ),
        _number(float(first["mean_rank"]), digits=2),
        _number(float(first["borda"]), digits=2),
    ]
    by_measure = {(r["metric"], r["tissue"]): r for r in own.to_dict("records")}
    for measure in measures:
        record = by_measure.get((measure.metric, measure.tissue))
        cells += _measure_cells(measure, pd.Series(record) if record else None)
    return cells


def _measure_cells(measure: Measure, record: "pd.Series[float] | None") -> list[Cell]:
    if record is None or pd.isna(record["mean"]):
        return [Cell(text="–"), Cell(text="–")]
    low, high = (measure.text(float(record[f"interval_{end}"])) for end in ("low", "high"))
    interval = f"{low} to {high}" if low != "–" else "one subject"
    mean = float(record["mean"])
    rank = record["rank"]
    spread = [f"SD {measure.text(float(record['subject_spread']))}"]
    if record["seeds"] > 1:
        spread = [f"SD subjects {measure.text(float(record['subject_spread']))}"]
        spread.append(f"seeds {measure.text(float(record['seed_spread']))}")
    if record["missing"]:
        spread.append(f"{int(record['missing'])} images missing")
    return [
        Cell(
            text=measure.text(mean), sort=mean, detail=interval, best=bool(record["tied_with_best"])
        ),
        Cell(
            text="–" if pd.isna(rank) else f"{rank:g}",
            sort=None if pd.isna(rank) else float(rank),
            detail=", ".join(spread),
        ),
    ]


def _number(value: float, *, digits: int) -> Cell:
    return Cell(text="–") if pd.isna(value) else Cell(text=f"{value:.{digits}f}", sort=value)


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


def common_domain_note(study: Study) -> str:
    """Say what the mark of methods without a target scanner means; empty where there are none."""
    names = ", ".join(label(method) for method in study.common_domain)
    return (
        f"Common domain ({names}): maps scans of both scanners to a domain of its own, so its "
        "image is compared with the same person's image from the other scanner in that domain, "
        "not with the target scan; such scores are not of the same kind as the others'."
        if names
        else ""
    )


def _notes(study: Study, measures: list[Measure], split: str) -> list[str]:
    primary = _primary(study)
    orders = {
        "mean-rank": f"the mean of the ranks in the primary measures ({primary})",
        "borda": "the Borda count: share of duels won over all images and primary measures "
        f"({primary})",
    }
    order = orders.get(study.order, f"the rank in {study.order}")
    notes = [
        f"Ordered by {order}. Mean over subjects, each subject's folds, seeds and directions "
        f"averaged first; below it the {study.coverage} bootstrap interval (BCa) over subjects.",
        f"Bold: {TIE_RULE}. Tied for first: so in every measure that decides the order.",
        "Arrows: ↑ higher is better, ↓ lower is better, → closest to that value is best.",
        *distrusted(study, measures, split),
        *filter(None, [common_domain_note(study)]),
    ]
    engine = study.segmenter
    if engine and any(m.tissue for m in measures):
        notes.append(f"Tissues were segmented by {engine}.")
    return notes


def _primary(study: Study) -> str:
    """Name the metrics that count in the order, as the leaderboard chooses them."""
    judged = dict.fromkeys(m.metric for m in study.measures if m.judged)
    marked = {str(r["name"]) for r in study.results.metrics if r.get("primary")}
    names = [name for name in judged if name in marked] or list(judged)
    return ", ".join(Measure(metric=name).label for name in names)
