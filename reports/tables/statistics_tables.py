"""Tables of the statistics: tests, leakage, the scan-rescan ceiling."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from phycharm.benchmarks.statistics import (
    ceiling,
    compare,
    leakage,
    median_coverage,
    rank_methods,
)

from ..run.measures import Measure, grouped_labels
from ..run.names import label
from ..run.run_view import RunView
from .table import Column, Table, TableCell

_MOST_TESTS = 1500


@lru_cache(maxsize=16)
def comparisons(view: RunView) -> pd.DataFrame:
    """Test the reference method against every rival.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    DataFrame
        As `phycharm.benchmarks.statistics.compare` gives it, of the measures that
        `chosen_measures` chooses; empty with fewer than two methods. The tests over directions are
        on those that every method could be trained in.
    """
    if len(view.contestants) < 2:
        return pd.DataFrame()
    tests = _compared(view, shared=False)
    if tests.empty or not view.untrained:
        return tests
    # Over directions everybody is tested on those that all methods have.
    overall = _compared(view, shared=True)
    parts = [tests[tests["scope"] == "direction"]]
    parts += [] if overall.empty else [overall[overall["scope"] == "global"]]
    return pd.concat(parts, ignore_index=True)


@lru_cache(maxsize=16)
def against_nothing(
    view: RunView, measure: Measure, methods: tuple[str, ...], nothing: str = "none"
) -> pd.DataFrame:
    """Test doing nothing against methods in one measure, over directions.

    Parameters
    ----------
    view : RunView
        The run.
    measure : Measure
        What was measured.
    methods : tuple of str
        The family: who is held against doing nothing.
    nothing : str
        The name of doing nothing, which in a common domain is another.

    Returns
    -------
    DataFrame
        A row per method as `phycharm.benchmarks.statistics.compare` gives it, doing nothing being
        the reference: a verdict of `worse` is a method that scores better. Empty where doing
        nothing has no scores in that measure.
    """
    scores = view.scores_of([measure], shared=True)
    known = set(scores.loc[scores["value"].notna() & (scores["split"] == view.split), "harmonizer"])
    rivals = [method for method in methods if method in known]
    if nothing not in known or not rivals:
        return pd.DataFrame()
    table = compare(
        scores[scores["split"] == view.split],
        list(view.content.metrics),
        reference=nothing,
        rivals=rivals,
        alpha=view.alpha,
        confidence=1 - view.alpha,
        deterministic=view.deterministic,
    )
    return table[table["scope"] == "global"].set_index("rival").loc[rivals]


def _compared(view: RunView, *, shared: bool) -> pd.DataFrame:
    scores = view.scores_of(chosen_measures(view), shared=shared)
    if view.reference not in set(scores.loc[scores["value"].notna(), "harmonizer"]):
        return pd.DataFrame()
    rivals = [m for m in view.contestants if m != view.reference]
    return compare(
        scores,
        list(view.content.metrics),
        reference=view.reference,
        rivals=rivals,
        alpha=view.alpha,
        confidence=1 - view.alpha,
        deterministic=view.deterministic,
    )


def chosen_measures(view: RunView) -> list[Measure]:
    """Choose what is tested: all that can be judged, or what the first screen shows of it.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Measure
        Only those of the first screen where all would be more than 1500 tests.
    """
    judged = [m for m in view.measures if m.judged]
    if _tests(view, len(judged)) <= _MOST_TESTS:
        return judged
    return [m for m in view.headline if m.judged]


def _tests(view: RunView, measures: int) -> int:
    """Count the tests of the reference method: each direction, and all of them together."""
    return measures * (len(view.directions) + 1) * (len(view.contestants) - 1) * len(view.splits)


def _untested_note(view: RunView) -> list[str]:
    """Say what was not tested, and why; nothing where all was."""
    judged = [m for m in view.measures if m.judged]
    tested = chosen_measures(view)
    left_out = [m for m in judged if m not in tested]
    if not left_out:
        return []
    return [
        f"Tested: {'; '.join(grouped_labels(tested))}. "
        f"Not tested: {'; '.join(grouped_labels(left_out))}. "
        f"All {len(judged)} measures would take {_tests(view, len(judged))} tests, and beyond "
        f"{_MOST_TESTS} the report keeps to the measures of the first screen."
    ]


def comparison_tables(view: RunView) -> list[Table]:
    """Lay out the tests, one table per split and measure."""
    tests = comparisons(view)
    if tests.empty:
        return []
    found = []
    for measure in (m for m in view.measures if m.judged):
        for split in view.splits:
            rows = tests[
                (tests["metric"] == measure.metric)
                & (tests["tissue"] == measure.tissue)
                & (tests["split"] == split)
            ]
            if len(rows):
                found.append(_comparison_table(view, measure, split, rows))
    return found


def _comparison_table(view: RunView, measure: Measure, split: str, rows: pd.DataFrame) -> Table:
    reference = label(view.reference)
    heads = (
        ("Direction", "Source and target; all: subjects' means over directions"),
        ("Rival", ""),
        ("n", "Subjects with both"),
        (reference, "Mean"),
        ("Rival’s mean", ""),
        (
            "Gain",
            f"Mean; positive: {reference} is better; below it the interval of the median gain",
        ),
        ("Shift", "Hodges–Lehmann estimate of the gain"),
        ("Effect", "Matched-pairs rank-biserial correlation, −1 to 1"),
        ("p", "Exact Wilcoxon signed-rank, two-sided"),
        ("p Holm", "Adjusted for the family"),
        ("p BH", "Benjamini and Hochberg"),
        ("Verdict", f"By Holm at {view.level}"),
    )
    texts = ("Direction", "Rival", "Verdict")
    ordered = rows.sort_values("scope", ascending=False, kind="stable").to_dict("records")
    return Table(
        name=f"tests-{measure.key.replace('/', '-')}-{split}",
        title=f"{reference} against each rival in {measure.label}, {split} subjects",
        columns=[Column(text=t, number=t not in texts, hint=h) for t, h in heads],
        rows=[_comparison_row(view, measure, row) for row in ordered],
        notes=[*_comparison_notes(view, measure, ordered), *_untested_note(view)],
        split=split,
        measure=measure.key,
    )


def _comparison_row(view: RunView, measure: Measure, row: Mapping[Any, Any]) -> list[TableCell]:
    scope = row["scope"] == "global"
    direction = "all" if scope else f"{row['source']} → {row['target']}"
    rival = str(row["rival"])
    low, high = measure.text(row["interval_low"]), measure.text(row["interval_high"])
    return [
        TableCell(text=direction, sort="" if scope else direction),
        TableCell(text=label(rival), sort=label(rival), colour=view.colours.get(rival, "")),
        TableCell(text=str(row["n"]), sort=float(row["n"])),
        _value(measure.text(row["reference_mean"]), row["reference_mean"]),
        _value(measure.text(row["rival_mean"]), row["rival_mean"]),
        TableCell(
            text=measure.text(row["gain"]),
            sort=_known(row["gain"]),
            detail="" if low == "–" else f"{low} to {high}",
        ),
        _value(measure.text(row["shift"]), row["shift"]),
        _value(f"{row['rank_biserial']:.2f}".replace("-", "−"), row["rank_biserial"]),
        _value(p_text(row["p"]), row["p"]),
        _value(p_text(row["p_holm"]), row["p_holm"]),
        _value(p_text(row["p_bh"]), row["p_bh"]),
        TableCell(
            text=str(row["verdict"]), sort=str(row["verdict"]), best=row["verdict"] == "better"
        ),
    ]


def _comparison_notes(view: RunView, measure: Measure, rows: list[dict[Any, Any]]) -> list[str]:
    subjects = max(int(row["nonzero"]) for row in rows)
    smallest = min(1.0, 2.0 ** (1 - subjects))
    people = [int(row["n"]) for row in rows]
    families = sorted({int(row["family_size"]) for row in rows})
    return [
        "Unit: the subject. Exact two-sided Wilcoxon signed-rank test on paired gains, zero "
        "differences dropped, ties by mean ranks over all sign flips; with "
        f"{subjects} nonzero differences the smallest attainable p is {p_text(smallest)}.",
        "Families for Holm and Benjamini–Hochberg: the directions × rivals of this measure and "
        f"split, and the tests over all directions (sizes {', '.join(map(str, families))}).",
        *interval_notes(view, people, "gain"),
        f"{measure.label}: {measure.definition}",
    ]


def interval_notes(view: RunView, people: Iterable[int], what: str) -> list[str]:
    """Say what an interval below a mean is, and where there is none.

    Parameters
    ----------
    view : RunView
        The run.
    people : iterable of int
        How many stand behind each mean of the table.
    what : str
        What the means are of: `score`, `gain`.
    """
    counts = sorted({*people})
    covered = {n: median_coverage(n, confidence=1 - view.alpha) for n in counts}
    known = [share for share in covered.values() if not np.isnan(share)]
    notes = []
    if known:
        notes.append(
            f"Below a mean: interval of the median subject's {what}, from order statistics. It "
            f"covers the median in {100 * min(known):.3g} % of samples or more, whatever their "
            "distribution."
        )
    if len(known) < len(counts):
        few = max(n for n, share in covered.items() if np.isnan(share))
        whom = "one subject" if few == 1 else f"{few} subjects or fewer"
        notes.append(f"No interval of {whom} covers nearly {view.coverage}: none is shown.")
    return notes


def leaks(view: RunView) -> list[str]:
    """List methods that declare, or whose fits tell, that they have seen what they are scored on.

    Fits are held against the external people alone: others learn and choose by design.
    """
    dataset = view.content.section("dataset")
    told = dataset.get("names")
    # Runs of before name a title and a path.
    folder = PurePath(str(dataset.get("path", ""))).name
    names = [str(n) for n in (*(told if isinstance(told, list) else [dataset.get("name")]), folder)]
    everybody = [s for own in view.subjects.values() for s in own]
    external = view.subjects.get("external", ())
    found = []
    for method in view.methods:
        declared = leakage(view.content.methods.get(method, {}), everybody, names)
        fits = [cell.fitted_on for cell in view.content.cells if cell.harmonizer == method]
        learned = [f for fit in fits for f in leakage({"fitted_on": fit}, external, names)]
        found += [f"{label(method)}: {finding}" for finding in dict.fromkeys(declared + learned)]
    return found


def ceiling_table(view: RunView) -> Table | None:
    """Lay out how like the target scanner is to itself; None without repeats."""
    table = ceiling(view.shared_scores, list(view.content.metrics), confidence=1 - view.alpha)
    if table.empty:
        return None
    rows = []
    for row in table[table["source"] == "all"].to_dict("records"):
        measure = view.find(str(row["metric"]), str(row["tissue"]))
        if measure is not None:
            low, high = measure.text(row["interval_low"]), measure.text(row["interval_high"])
            interval = "" if low == "–" else f"{low} to {high}"
            mean = TableCell(
                text=measure.text(row["mean"]), sort=float(row["mean"]), detail=interval
            )
            count = TableCell(text=str(row["n"]), sort=float(row["n"]))
            rows.append(
                [TableCell(text=str(row["split"])), TableCell(text=measure.label), count, mean]
            )
    heads = ("Split", "Measure", "n", "Rescan")
    return Table(
        name="ceiling",
        title="Scan–rescan ceiling",
        columns=[Column(text=h, number=h in ("n", "Rescan")) for h in heads],
        rows=rows,
        notes=[
            "A second scan on the target scanner, scored like a method.",
            *interval_notes(view, [int(n) for n in table["n"]], "score"),
        ],
    )


@lru_cache(maxsize=16)
def mean_ranks(view: RunView) -> pd.DataFrame:
    """Rank all methods on the headline measures, subjects being the judges."""
    metrics = list(view.content.metrics)
    scores = view.scores_of(view.headline, shared=True)
    return rank_methods(
        scores,
        metrics,
        methods=view.contestants,
        deterministic=view.deterministic,
        alpha=view.alpha,
    )


def p_text(value: float) -> str:
    """Print a p value: three digits, or a bound.

    Examples
    --------
    >>> p_text(0.03125), p_text(0.00012), p_text(float("nan"))
    ('0.0312', '< .001', '–')
    """
    if np.isnan(value):
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3g}"


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _value(text: str, value: float) -> TableCell:
    return TableCell(text="–") if pd.isna(value) else TableCell(text=text, sort=float(value))
