"""Methods to a common domain: ranked among themselves, by what an empty image cannot win."""

from dataclasses import replace

import pandas as pd

from phycharm.benchmarks.statistics import BEHIND_RULE

from ...run.measures import Measure, grouped_labels
from ...run.names import join, label
from ...run.run_view import RunView
from ...run.standings import (
    COMMON_DOMAIN_METRICS,
    common_domain_judgement,
    common_domain_standings,
)
from ..leaderboard import leaderboard_rows, make_columns, weight_words
from ..statistics_tables import against_nothing, interval_notes
from ..table import Column, Table, TableCell
from .lacking import lack_sentences
from .own_nothing import AGREEMENT, own_nothing_sentences

_TRUTH = "dice_truth"
_NOTHING = "none"


def common_domain_table(view: RunView, split: str) -> Table | None:
    """Lay out the methods to a common domain, and doing nothing below them.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Table or None
        None where no such method took part.
    """
    if not view.common_domain:
        return None
    table = common_domain_standings(view, split)
    ranking, agreement = _measures(view, table)
    if not ranking:
        return _unmeasured(view, split)
    judged, lacks = common_domain_judgement(view, split)
    shown = [*ranking, *agreement]
    # Ranks within a measure take room that a terminal lacks; nothing is best at mere likeness.
    kept = [i for i, c in enumerate(make_columns(shown)) if not c.text.startswith("Rank in")]
    last = len(make_columns(ranking))
    bold = (
        f"Bold: not shown behind the best. A method is {BEHIND_RULE}."
        if judged.can_tell
        else f"Bold: the best means, which describe these {judged.people} subjects alone."
    )
    return Table(
        name=f"common-domain-{split}",
        title=f"Methods to a common domain, {split} subjects",
        columns=[make_columns(shown)[i] for i in kept],
        rows=[
            [replace(row[i], best=row[i].best and i < last) for i in kept]
            for row in (
                *leaderboard_rows(view, table, shown, tests=judged.can_tell),
                *_nothing(view, shown, split),
            )
        ],
        notes=[
            _what(view),
            f"Ordered by the mean of the ranks in what counts: {weight_words(view, table)}. An "
            "image without features cannot win these.",
            *_for_information(agreement),
            bold,
            *lack_sentences(lacks),
            *interval_notes(view, [int(n) for n in table["n"].unique()], "score"),
            *_missing(ranking),
            *against_nothing_sentences(view),
            *own_nothing_sentences(view),
        ],
        split=split,
    )


def against_nothing_sentences(view: RunView) -> list[str]:
    """Say which methods to a common domain are shown to find tissues better than doing nothing.

    Structure and sharpness of the source are doing nothing's own, so that only tissues can be
    tested against the truth; likeness is held against doing nothing under a method's own transform
    (see `own_nothing_sentences`).

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of str
        A sentence per tissue with a known truth.
    """
    found = []
    for measure in (m for m in view.measures if m.metric == _TRUTH):
        tests = against_nothing(view, measure, tuple(view.common_domain))
        for word, verdict in (("better", "worse"), ("worse", "better")):
            names = [label(str(name)) for name in tests.index[tests.get("verdict") == verdict]]
            if names:
                found.append(
                    f"In {measure.label} {join(names)} {'is' if len(names) == 1 else 'are'} shown "
                    f"to be {word} than doing nothing (exact signed-rank test, Holm over "
                    f"{len(tests)})."
                )
        if len(tests) and not tests["verdict"].isin(["better", "worse"]).any():
            found.append(f"In {measure.label} none is shown to differ from doing nothing.")
    return found


def _measures(view: RunView, table: pd.DataFrame) -> tuple[list[Measure], list[Measure]]:
    """Return what ranks the methods, and what is shown for information."""
    if table.empty:
        return [], []
    there = {(str(m), str(t)) for m, t in zip(table["metric"], table["tissue"], strict=True)}
    own = [m for m in view.measures if (m.metric, m.tissue) in there]
    ranking = [m for m in own if m.metric in COMMON_DOMAIN_METRICS]
    return ranking, [m for m in own if (m.metric, m.tissue) in AGREEMENT]


def _what(view: RunView) -> str:
    names = join([label(method) for method in view.common_domain])
    verb, whose = ("maps", "its") if len(view.common_domain) == 1 else ("map", "their")
    return (
        f"{names} {verb} scans of all scanners to a domain of {whose} own; there is no target scan "
        "to compare with, and no rank among the other methods."
    )


def _for_information(measures: list[Measure]) -> list[str]:
    if not measures:
        return []
    return [
        f"For information: {join(grouped_labels(measures))} between the images of a person from "
        "two scanners, which an image without features has too; they count for no rank. Of doing "
        "nothing they are those between the scans as they are."
    ]


def _missing(ranking: list[Measure]) -> list[str]:
    have = {measure.metric for measure in ranking}
    lacking = [Measure(metric=m).label for m in COMMON_DOMAIN_METRICS if m not in have]
    return [f"Not measured in this folder: {join(lacking)}."] if lacking else []


def _nothing(view: RunView, measures: list[Measure], split: str) -> list[list[TableCell]]:
    """Return the row of doing nothing: a yardstick, which has no rank here."""
    if _NOTHING not in view.methods:
        return []
    cells = [
        TableCell(text="–"),
        TableCell(text=label(_NOTHING), sort=label(_NOTHING), colour=view.colours[_NOTHING]),
        TableCell(text="–"),
        TableCell(text="–"),
    ]
    for measure in measures:
        mean = float(view.measured(measure, split)[_NOTHING].mean())
        known = TableCell(text=measure.text(mean), sort=mean if mean == mean else None)
        cells += [known, TableCell(text="–")]
    return [cells]


def _unmeasured(view: RunView, split: str) -> Table:
    names = [label(method) for method in view.common_domain]
    return Table(
        name=f"common-domain-{split}",
        title=f"Methods to a common domain, {split} subjects",
        columns=[Column(text="Method", number=False)],
        rows=[[TableCell(text=name, sort=name)] for name in names],
        notes=[_what(view), *_missing([]), "So they are not ranked."],
        split=split,
    )
