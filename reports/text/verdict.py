"""The verdict in one sentence, written from the data, and what weakens it."""

from dataclasses import dataclass

import pandas as pd

from ..run.convergence import unfinished_methods
from ..run.names import join, label
from ..run.people import untrained_sentences
from ..run.run_view import RunView
from ..run.standings import standings
from ..tables.convergence_table import unfinished_sentences
from .seed_sentences import seed_sentences

_NOTHING = "none"
_FEW = 3
# With fewer subjects no order of methods deserves a headline.
_FEWEST = 5
# How many directions a method wins over doing nothing, of how many.
Wins = dict[str, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the first screen says.

    Parameters
    ----------
    headline : str
        One sentence.
    details : list of str
        Sentences that qualify it.
    """

    headline: str
    details: list[str]


def write_verdict(view: RunView) -> Verdict:
    """Write who is best, who is tied with it, and whether anybody beats doing nothing.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Verdict
        Resting on the external subjects, or on the others where there are none.
    """
    ranked = standings(view, view.split)
    if ranked.empty:
        return Verdict(headline="There are no scores to judge yet.", details=_unsegmented(view))
    overall = ranked.drop_duplicates("harmonizer").set_index("harmonizer")
    leaders = [str(m) for m in overall.index[overall["tied_for_first"]]]
    leaders = leaders or [str(overall.index[0])]
    wins = {m: wins_over_nothing(view, m) for m in view.methods if m != _NOTHING}
    first = _first(leaders, overall, int(ranked["n"].max()))
    second = _few(view, leaders, wins) if len(leaders) <= _FEW else _many(view, wins)
    return Verdict(
        headline="; ".join(part for part in (first, second) if part) + ".",
        details=[
            *_losers(view, wins),
            *seed_sentences(view, str(overall.index[0])),
            *_untrained(view),
            *_cautions(view, ranked),
        ],
    )


def wins_over_nothing(view: RunView, method: str) -> tuple[int, int]:
    """Count the directions in which a method's mean is better than that of doing nothing.

    Judged by the first headline measure.

    Returns
    -------
    (int, int)
        How many it wins, of how many in which both were measured.
    """
    if not view.headline or _NOTHING not in view.methods:
        return 0, 0
    measure = view.headline[0]
    wins = measured = 0
    for direction in view.shared_directions:
        table = view.measured(measure, view.split, direction)[[method, _NOTHING]].dropna()
        if len(table):
            badness = table.apply(measure.badness).mean()
            wins += int(badness[method] < badness[_NOTHING])
            measured += 1
    return wins, measured


def _first(leaders: list[str], overall: pd.DataFrame, subjects: int) -> str:
    methods, names = len(overall), [label(m) for m in leaders]
    best = label(str(overall.index[0]))
    if methods == 1:
        return f"Only {names[0]} was measured"
    if subjects < _FEWEST:
        people = "subject is" if subjects == 1 else "subjects are"
        return f"{subjects} {people} too few to tell methods apart; {best} has the best mean rank"
    if len(leaders) == methods:
        return "No winner: no method can be told from another"
    if len(leaders) == 1:
        return f"{names[0]} comes first"
    if len(leaders) <= _FEW:
        return f"{join(names)} are tied for first"
    return f"{len(leaders)} of {methods} methods are tied for first, {best} a little ahead"


def _many(view: RunView, wins: Wins) -> str:
    if _NOTHING not in view.methods or not view.headline:
        return ""
    measure, total = view.headline[0].label, len(view.shared_directions)
    always = [label(m) for m, count in wins.items() if count == (total, total)]
    if not always:
        return f"no method beats doing nothing in {measure} in all {total} directions"
    verb = "beats" if len(always) == 1 else "beat"
    return f"{join(always)} {verb} doing nothing in {measure} in all {total} directions"


def _few(view: RunView, leaders: list[str], wins: Wins) -> str:
    if _NOTHING not in view.methods or not view.headline:
        return ""
    measure = view.headline[0].label
    judged = [m for m in leaders if m != _NOTHING]
    if not judged:
        partly = any(measured < len(view.shared_directions) for _, measured in wins.values())
        return f"no method {'with all its scores ' if partly else ''}beats doing nothing"
    counts = {wins[m] for m in judged}
    subject = {1: "it beats", 2: "both beat"}.get(len(judged), "they beat")
    if len(judged) != len(leaders):
        subject = f"{join([label(m) for m in judged])} beat{'s' if len(judged) == 1 else ''}"
    if len(counts) == 1:
        won, total = counts.pop()
        return f"{subject} doing nothing in {measure} in {won} of {total} directions"
    each = join([f"{label(m)} in {wins[m][0]} of {wins[m][1]} directions" for m in judged])
    return f"doing nothing is beaten in {measure} by {each}"


def _losers(view: RunView, wins: Wins) -> list[str]:
    if _NOTHING not in view.methods or not view.headline:
        return ["Doing nothing was not measured, so nobody can say whether harmonization helped."]
    losers = [label(m) for m, (won, measured) in wins.items() if won < measured / 2]
    if not losers:
        return []
    verb = "beats" if len(losers) == 1 else "beat"
    measure = view.headline[0].label
    return [
        f"{join(losers)} {verb} doing nothing in {measure} in fewer than half of the directions."
    ]


def _untrained(view: RunView) -> list[str]:
    """Name who would gain by more training; silence where all are at their end, or nobody knows."""
    return unfinished_sentences(view) if unfinished_methods(view) else []


def _cautions(view: RunView, ranked: pd.DataFrame) -> list[str]:
    cautions = []
    subjects = int(ranked["n"].max())
    smallest = min(1.0, 2.0 ** (1 - subjects))
    if smallest > view.alpha:
        cautions.append(
            f"With {subjects} subject{'s' if subjects != 1 else ''} no exact signed-rank test can "
            f"reach p < {_short(view.alpha)}: the smallest attainable p is {smallest:.3g}."
        )
    if view.split != "external":
        cautions.append(
            "There are no external subjects: the numbers are those of left-out subjects of folds, "
            "on which settings may have been chosen."
        )
    incomplete = [str(m) for m in ranked.loc[ranked["missing"] > 0, "harmonizer"].unique()]
    if incomplete:
        names, verbs = join([label(m) for m in incomplete]), ("lack", "are")
        if len(incomplete) == 1:
            verbs = ("lacks", "is")
        cautions.append(f"{names} {verbs[0]} scores and {verbs[1]} not ranked in those measures.")
    cautions += _unsegmented(view)
    cautions += untrained_sentences(view)
    status = str(view.content.manifest.get("status") or "")
    if status in ("running", "interrupted"):
        cautions.append(f"The run is {status}: this is what was done so far.")
    return cautions


def _short(level: float) -> str:
    return f"{level:g}".replace("0.", ".", 1)


def _unsegmented(view: RunView) -> list[str]:
    failures = sum(len(cell.warnings) for cell in view.content.cells)
    if not failures:
        return []
    images = "1 image, which has" if failures == 1 else f"{failures} images, which have"
    return [f"The segmentation engine failed on {images} no tissue scores; the report lists why."]
