"""The leaderboard as tables: over all directions and for each, for every split."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from phycharm.benchmarks.statistics import BEHIND_RULE, stands_for
from phycharm.errors import InputError

from ..run.measures import Measure
from ..run.names import join, label
from ..run.people import is_partial, subjects_text, untrained_sentences
from ..run.run_view import RunView
from ..run.seeds import training_seeds, unequal_seed_sentences
from ..run.standings import judgement, standings
from .apart.lacking import failed_sentences, lack_sentences
from .metric_checks import distrusted
from .seed_notes import seed_detail, seed_notes
from .statistics_tables import interval_notes
from .table import Column, Table, TableCell

ALL = ""
NOT_RANKED = "not ranked"
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
    tests = bool(measures) and judgement(view, view.split)[0].can_tell
    for split in view.splits:
        # Single directions only for the subjects that the verdict rests on: they cost the most.
        for direction in (None, *(directions if split == view.split else ())):
            table = _measured(view, split, direction)
            if len(table):
                name = ALL if direction is None else f"{direction[0]} → {direction[1]}"
                rows = leaderboard_rows(view, table, ordered, tests=tests)
                bodies.append(LeaderboardBody(split=split, direction=name, rows=rows))
    if not bodies:
        return None
    return Leaderboard(
        columns=make_columns(ordered),
        bodies=bodies,
        notes=leaderboard_notes(view, standings(view, view.split), headline, view.split),
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
    rows = leaderboard_rows(view, table, measures, tests=judgement(view, split)[0].can_tell)
    columns = make_columns(measures)
    ranks = [i for i, column in enumerate(columns) if column.text.startswith("Rank in")]
    if len(training_seeds(view)) > 1:
        rows = [_with_spreads(row, ranks) for row in rows]
    kept = [i for i in range(len(columns)) if i not in ranks]
    return Table(
        name=f"leaderboard-{split}",
        title=f"Leaderboard, {split} subjects, mean over directions",
        columns=[columns[i] for i in kept],
        rows=[[row[i] for i in kept] for row in rows],
        notes=leaderboard_notes(view, table, measures, split),
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
    view: RunView, table: pd.DataFrame, measures: list[Measure], *, tests: bool
) -> list[list[TableCell]]:
    """Turn standings into rows, one per method, best first.

    Parameters
    ----------
    view : RunView
        The run.
    table : DataFrame
        Standings.
    measures : list of Measure
        What to show.
    tests : bool
        Whether a test could show anybody behind: bold is who is not; else the best means are.
    """
    leaders = table.loc[table["tied_for_first"].astype(bool), "harmonizer"].nunique()
    # Where nobody can be shown behind, a tie of all says nothing.
    tie = 1 < leaders < table.loc[table["ranked"].astype(bool), "harmonizer"].nunique()
    return [
        _row(view, str(method), own, measures, tie=tie and tests, tests=tests)
        for method, own in table.groupby("harmonizer", sort=False)
    ]


def _row(
    view: RunView,
    method: str,
    own: pd.DataFrame,
    measures: list[Measure],
    *,
    tie: bool,
    tests: bool,
) -> list[TableCell]:
    first = own.iloc[0]
    ranked = bool(first["ranked"])
    marks = ["tied for first"] if tie and bool(first["tied_for_first"]) else []
    marks += [] if ranked else [NOT_RANKED]
    place = float(first["place"])
    cells = [
        TableCell(text=str(int(place)) if ranked else "–", sort=place),
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
        cells += _measure_cells(measure, record, tests=tests)
    return cells


def _measure_cells(
    measure: Measure, record: Mapping[Any, Any] | None, *, tests: bool
) -> list[TableCell]:
    if record is None or pd.isna(record["mean"]):
        return [TableCell(text="–"), TableCell(text="–")]
    low, high = (measure.text(float(record[f"interval_{end}"])) for end in ("low", "high"))
    interval = f"median {low} to {high}" if low != "–" else ""
    mean = float(record["mean"])
    rank = record["rank"]
    subjects, seeds = float(record["subject_spread"]), float(record["seed_spread"])
    spread = [f"SD {measure.text(subjects)}"]
    if not pd.isna(seeds):
        own = "–" if pd.isna(subjects) else measure.spread(subjects)
        spread = [f"subjects ± {own}", seed_detail(measure, seeds)]
    if record["missing"]:
        images = int(record["images"] + record["missing"])
        spread.append(f"{int(record['missing'])} of {images} images not in full")
    return [
        TableCell(
            text=measure.text(mean),
            sort=mean,
            detail=interval,
            best=bool(record["tied_with_best"] if tests else rank == 1),
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


def make_columns(measures: list[Measure]) -> list[Column]:
    """Return the head of a leaderboard: place, method, orders, and two columns a measure."""
    columns = [
        Column(text="Place", hint="In the chosen order"),
        Column(text="Method", number=False),
        Column(text="Mean rank", hint="Mean of the ranks in the metrics that count; 1 is best"),
        Column(text="Borda", hint="Share of duels won, image by image, in the metrics that count"),
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


def leaderboard_notes(
    view: RunView, table: pd.DataFrame, measures: list[Measure], split: str
) -> list[str]:
    """Say how a leaderboard was made: order and weights, tests, intervals, and who is not in it.

    Parameters
    ----------
    view : RunView
        The run.
    table : DataFrame
        The standings.
    measures : list of Measure
        What it shows.
    split : str
        Of which subjects.
    """
    judged, lacks = judgement(view, split)
    people = [int(n) for n in table["n"].unique()]
    notes = [
        f"{_order(view, table)} Mean over {_people(view, split)}, each subject's folds, seeds and "
        "directions averaged first, on the folds and seeds of every image that any method has.",
        *interval_notes(view, people, "score"),
        _bold(judged.people, len(judged.methods), can_tell=judged.can_tell),
        *lack_sentences(lacks),
        *failed_sentences(view),
        *(seed_notes(view) or [_ONE_SEED]),
        *unequal_seed_sentences(view),
        "Arrows: ↑ higher is better, ↓ lower is better, → closest to that value is best.",
        *untrained_sentences(view),
        *distrusted(view, measures, split),
        *filter(None, [common_domain_note(view)]),
    ]
    engine = view.segmenter
    if engine and any(m.tissue for m in measures):
        notes.append(f"Tissues were segmented by {engine}.")
    return notes


def _bold(people: int, methods: int, *, can_tell: bool) -> str:
    if can_tell:
        return (
            f"Bold: not shown behind the best. A method is {BEHIND_RULE}. Tied for first: not "
            "shown behind the first so, over subjects' mean ranks in what counts."
        )
    return (
        f"Bold: the best means, which describe these subjects alone: {people} of them are too few "
        f"to show any of {methods} methods behind another."
    )


def common_domain_note(view: RunView) -> str:
    """Say where methods without a target scanner are; empty where there are none."""
    names = ", ".join(label(method) for method in view.common_domain)
    return (
        f"Not among them: {names}. Methods to a common domain have no target scan to be compared "
        "with, and stand in a table of their own."
        if names
        else ""
    )


def weight_words(view: RunView, table: pd.DataFrame) -> str:
    """Say what counts in an order of methods, and how much, from the weights that were used.

    Parameters
    ----------
    view : RunView
        The run.
    table : DataFrame
        Standings.

    Returns
    -------
    str
        `SSIM, PSNR and Dice (mean of GM and WM) count a third each`, and what counts with them.
    """
    rows = table.drop_duplicates(["metric", "tissue"])
    counted = rows[rows["weight"] > 0]
    names = []
    for metric, own in counted.groupby("metric", sort=False):
        tissues = [str(tissue) for tissue in own["tissue"] if tissue]
        mean = f" (mean of {join(tissues)})" if len(tissues) > 1 else ""
        tissue = f" {tissues[0]}" if len(tissues) == 1 else ""
        names.append(f"{Measure(metric=str(metric)).label}{tissue}{mean}")
    if len(names) == 1:
        words = f"{names[0]} alone counts"
    else:
        words = f"{join(names)} count 1/{len(names)} each"
    metrics = [str(metric) for metric in dict.fromkeys(rows["metric"])]
    alike = {m: stands_for(m, metrics) for m in metrics}
    inside = set(counted["metric"])
    primary = {str(r["name"]) for r in view.content.metrics if r.get("primary")}
    same = [
        f"{Measure(metric=m).label}, which orders each image as {Measure(metric=other).label} does"
        for m, other in alike.items()
        if m != other and other in inside and m not in inside and m in (primary or metrics)
    ]
    return f"{words}; not counted again: {'; '.join(same)}" if same else words


def _order(view: RunView, table: pd.DataFrame) -> str:
    words = weight_words(view, table)
    orders = {
        "mean-rank": f"Ordered by the mean of the ranks in the metrics that count: {words}.",
        "borda": "Ordered by the Borda count, the share of duels won over all images in the "
        f"metrics that count: {words}.",
    }
    return orders.get(view.order, f"Ordered by the rank in {view.order}.")


def _people(view: RunView, split: str) -> str:
    """Say how many subjects there are where some are not in every direction."""
    return subjects_text(view, split) if is_partial(view, split) else "subjects"
