"""Methods that cannot be ranked, since they lack scores that others have."""

from phycharm.benchmarks.statistics import Lack

from ...run.names import join, label
from ...run.run_view import RunView

_MOST = 4


def lack_sentences(lacks: list[Lack]) -> list[str]:
    """Say of every method that is not ranked what it lacks.

    Parameters
    ----------
    lacks : list of Lack
        As `reports.run.standings.judgement` gives them.

    Returns
    -------
    list of str
        A sentence each.
    """
    return [_sentence(lack) for lack in lacks]


def failed_sentences(view: RunView) -> list[str]:
    """Say which methods have no scores at all, since every fit failed.

    Parameters
    ----------
    view : RunView
        The run.
    """
    known = {*view.methods, *view.controls, *view.variants, "maps"}
    failed = sorted({cell.harmonizer for cell in view.content.cells if cell.failed} - known)
    if not failed:
        return []
    verbs = ("has", "is") if len(failed) == 1 else ("have", "are")
    names = join([label(name) for name in failed])
    return [f"{names} {verbs[0]} no scores and {verbs[1]} not ranked: every fit failed."]


def _sentence(lack: Lack) -> str:
    who = f"{label(lack.harmonizer)} lacks {lack.wanted - lack.have} of {lack.wanted} scores"
    places = [
        *_place("fold", [*map(str, lack.folds)]),
        *_place("training seed", [*map(str, lack.seeds)]),
        *_place("direction", [f"{source} → {target}" for source, target in lack.directions]),
        *_place("subject", [*lack.people]),
    ]
    where = f" (all of {'; '.join(places)})" if places else ""
    return f"{who} that count{where} and is not ranked."


def _place(noun: str, values: list[str]) -> list[str]:
    """Name where scores are missing, or count the places where naming would be long."""
    if not values:
        return []
    if len(values) > _MOST:
        return [f"{len(values)} {noun}s"]
    return [f"{noun}{'s' if len(values) > 1 else ''} {join(values)}"]
