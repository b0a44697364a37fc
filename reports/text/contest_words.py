"""Who is best, in words that say no more than was tested."""

from phycharm.benchmarks.statistics import Judgement, people_needed

from ..run.measures import Measure
from ..run.names import join, label

_FEW = 3


def contest_words(judged: Judgement, of: int) -> str:
    """Say who comes first, or that nobody does.

    Parameters
    ----------
    judged : Judgement
        Who leads in what, and who is shown behind.
    of : int
        How many methods took part, those that cannot be ranked too.

    Returns
    -------
    str
        A sentence without its full stop.
    """
    methods = judged.methods
    if not methods:
        return "No method has every score that others have, so none is ranked"
    if len(methods) == 1:
        only = label(methods[0])
        if of == 1:
            return f"Only {only} was measured"
        return f"Only {only} has every score that others have, so it has no rival"
    lead = _lead(judged)
    if not judged.can_tell:
        people = "1 person is" if judged.people == 1 else f"{judged.people} people are"
        return f"{people} too few to test {len(methods)} methods; descriptively, {lead}"
    if judged.winner:
        return f"{label(judged.winner)} comes first: it {_leads(judged)} and {_ahead(judged)}"
    if judged.single:
        return f"No winner: {lead} but {_not_ahead(judged)}"
    return f"{lead[:1].upper()}{lead[1:]}"


def need_sentence(judged: Judgement, alpha: float) -> str:
    """Say how many people a test of so many methods takes; empty where there are enough."""
    count = len(judged.methods)
    if count < 2 or judged.can_tell:
        return ""
    pairs = count * (count - 1) // 2
    corrected = "" if pairs == 1 else f", corrected for {pairs} pairs of methods,"
    return (
        f"The order of methods describes these {judged.people} people and no others: an exact test "
        f"at {100 * alpha:g} %{corrected} can show a method ahead of another from "
        f"{people_needed(count, alpha=alpha)} people on."
        if judged.people != 1
        else "The order of methods describes this one person and nobody else."
    )


def metric_name(metric: str) -> str:
    """Name of a metric for people, without a tissue."""
    return Measure(metric=metric).label


def _lead(judged: Judgement) -> str:
    if judged.single:
        return f"{label(judged.single)} {_leads(judged)}"
    by_leaders: dict[tuple[str, ...], list[str]] = {}
    for metric, leaders in judged.leads.items():
        by_leaders.setdefault(leaders, []).append(metric_name(metric))
    parts = [
        f"{_names(leaders)} {'leads' if len(leaders) == 1 else 'lead alike'} in {join(metrics)}"
        for leaders, metrics in by_leaders.items()
    ]
    return f"no single winner ({'; '.join(parts)})"


def _leads(judged: Judgement) -> str:
    return f"leads in {join([metric_name(metric) for metric in judged.leads])}"


def _ahead(judged: Judgement) -> str:
    others = len(judged.shown)
    if others == 1:
        return f"is shown ahead of {label(judged.shown[0])}, person by person"
    return f"is shown ahead of each of the {others} other methods, person by person"


def _not_ahead(judged: Judgement) -> str:
    rest = [m for m in judged.methods if m not in (judged.single, *judged.shown)]
    if len(rest) <= _FEW:
        return f"is not shown ahead of {_names(tuple(rest), last='or')}"
    return f"is not shown ahead of {len(rest)} of the {len(judged.methods) - 1} other methods"


def _names(methods: tuple[str, ...], last: str = "and") -> str:
    if len(methods) > _FEW:
        return f"{len(methods)} methods"
    names = [label(method) for method in methods]
    return join(names) if last == "and" else f" {last} ".join(names)
