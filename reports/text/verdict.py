"""The verdict in one sentence, written from the data, and what weakens it."""

from dataclasses import dataclass

from phycharm.benchmarks.statistics import Judgement

from ..run.convergence import unfinished_methods
from ..run.names import join, label
from ..run.people import untrained_sentences
from ..run.run_view import RunView
from ..run.seeds import unequal_seed_sentences
from ..run.standings import common_domain_judgement, judgement, standings
from ..tables.apart.lacking import failed_sentences, lack_sentences
from ..tables.convergence_table import unfinished_sentences
from .contest_words import contest_words, need_sentence
from .nothing_words import hold_against_nothing, nothing_words, worse_words
from .seed_sentences import seed_sentences

_NOTHING = "none"
_RARE = 0.1
_FEW = 4


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
    """Write who is best, who may be as good, and whether anybody is better than doing nothing.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Verdict
        Resting on the external subjects, or on the others where there are none.
    """
    if standings(view, view.split).empty:
        return Verdict(headline=_without_contest(view), details=_unsegmented(view))
    judged, lacks = judgement(view, view.split)
    against = hold_against_nothing(view)
    parts = (contest_words(judged, len(view.contestants)), nothing_words(against))
    return Verdict(
        headline="; ".join(part for part in parts if part) + ".",
        details=[
            *lack_sentences(lacks),
            *failed_sentences(view),
            *_unmeasured_nothing(view),
            *worse_words(against),
            *_losers(view),
            *_common_domain(view),
            *seed_sentences(view),
            *unequal_seed_sentences(view),
            *_untrained(view),
            *_unseen(judged),
            *filter(None, [need_sentence(judged, view.alpha)]),
            *_cautions(view),
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
            nearly = 1e-12 * float(badness.abs().max())
            wins += int(badness[method] < badness[_NOTHING] - nearly)
            measured += 1
    return wins, measured


def _without_contest(view: RunView) -> str:
    if view.common_domain and not common_domain_judgement(view, view.split)[0].methods:
        return "Only methods to a common domain were measured, and nothing that could rank them."
    words = common_domain_words(view)
    return words or "There are no scores to judge yet."


def common_domain_words(view: RunView) -> str:
    """Say who comes first among the methods to a common domain; empty where there are none."""
    judged, _ = common_domain_judgement(view, view.split)
    if not judged.methods:
        return ""
    words = contest_words(judged, len(view.common_domain))
    return f"Methods to a common domain, among themselves: {words}."


def _common_domain(view: RunView) -> list[str]:
    """Headline methods to a common domain apart; say so where nothing could rank them."""
    if not view.common_domain:
        return []
    judged, lacks = common_domain_judgement(view, view.split)
    if not judged.methods and not lacks:
        names = join([label(method) for method in view.common_domain])
        verb, link = ("maps", "is") if len(view.common_domain) == 1 else ("map", "are")
        return [
            f"{names} {verb} to a common domain and {link} not ranked: "
            "nothing was measured that an image without features could not win."
        ]
    return [*filter(None, [common_domain_words(view)]), *lack_sentences(lacks)]


def _unmeasured_nothing(view: RunView) -> list[str]:
    if _NOTHING in view.methods and view.headline:
        return []
    return ["Doing nothing was not measured, so nobody can say whether harmonization helped."]


def _losers(view: RunView) -> list[str]:
    """Say whose mean is not better in every direction, which no test stands behind."""
    if _NOTHING not in view.methods or not view.headline:
        return []
    wins = {m: wins_over_nothing(view, m) for m in view.contestants if m != _NOTHING}
    losers = {m: counts for m, counts in wins.items() if counts[0] < counts[1]}
    measure = view.headline[0].label
    if not losers:
        return []
    if len(losers) > _FEW:
        return [
            f"By their mean {measure} {len(losers)} of {len(wins)} methods are not better than "
            "doing nothing in every direction."
        ]
    each = join([f"{label(m)} in {won} of {all_}" for m, (won, all_) in losers.items()])
    return [f"Better than doing nothing by mean {measure}, direction by direction: {each}."]


def _untrained(view: RunView) -> list[str]:
    """Name who would gain by more training; silence where all are at their end, or nobody knows."""
    return unfinished_sentences(view) if unfinished_methods(view) else []


def _unseen(judged: Judgement) -> list[str]:
    """Say beside a winner what so few people cannot show of it."""
    if not judged.winner:
        return []
    chance = (1 - _RARE) ** judged.people
    return [
        f"{judged.people} people do not show what befalls few: of failures in {100 * _RARE:g} % of "
        f"people none would have been seen in {100 * chance:.0f} % of such runs."
    ]


def _cautions(view: RunView) -> list[str]:
    cautions = []
    if view.split != "external":
        cautions.append(
            "There are no external subjects: the numbers are those of left-out subjects of folds, "
            "on which settings may have been chosen."
        )
    cautions += _unsegmented(view)
    cautions += untrained_sentences(view)
    status = str(view.content.manifest.get("status") or "")
    if status in ("running", "interrupted"):
        cautions.append(f"The run is {status}: this is what was done so far.")
    return cautions


def _unsegmented(view: RunView) -> list[str]:
    failures = sum(len(cell.warnings) for cell in view.content.cells)
    if not failures:
        return []
    images = "1 image, which has" if failures == 1 else f"{failures} images, which have"
    return [f"The segmentation engine failed on {images} no tissue scores; the report lists why."]
