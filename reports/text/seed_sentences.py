"""What another training could turn: leads that are within the spread over training seeds."""

import math

import pandas as pd

from ..run.names import join, label
from ..run.run_view import RunView
from ..run.seeds import seed_spread, training_seeds


def seed_sentences(view: RunView) -> list[str]:
    """Say how far apart trainings of one method lie, and who is no farther than that from first.

    Two methods are within the spread of each other where their means differ by no more than the
    root of the summed squares of their spreads over training seeds: the standard deviation of the
    difference between one training of each.

    Parameters
    ----------
    view : RunView
        The run; judged by the first headline measure, whose best mean is the first.

    Returns
    -------
    list of str
        Sentences; none where every method was trained once.
    """
    count = len(training_seeds(view))
    if count < 2 or not view.headline:
        return []
    measure = view.headline[0]
    spreads = seed_spread(view, measure, view.split)[view.contestants]
    if spreads.isna().all():
        return []
    widest = str(spreads.idxmax())
    sentences = [
        f"Over {count} training seeds the mean {measure.label} of a method has a standard "
        f"deviation of up to {measure.spread(spreads[widest])} ({label(widest)}); differences "
        "smaller than the spread over training seeds are no findings."
    ]
    cards = view.content.methods
    once = [
        label(method)
        for method in view.contestants
        if pd.isna(spreads.get(method)) and not cards.get(method, {}).get("deterministic")
    ]
    if once:
        verb, whose = ("was", "its") if len(once) == 1 else ("were", "their")
        sentences.append(f"{join(once)} {verb} trained with one: {whose} spread is not known.")
    means = view.measured(measure, view.split)[view.contestants].mean()
    leader = str(measure.badness(means).idxmin())
    close = _within(means, spreads, leader)
    if close:
        verb = "is" if len(close) == 1 else "are"
        sentences.append(
            f"In {measure.label} {join([label(m) for m in close])} {verb} within the spread over "
            f"seeds of {label(leader)}, which leads there: another training could turn the order."
        )
    return sentences


def _within(means: "pd.Series[float]", spreads: "pd.Series[float]", leader: str) -> list[str]:
    """Methods whose mean is no farther from the leader's than two trainings may lie apart."""
    known = spreads.fillna(0.0)
    return [
        str(method)
        for method in means.index
        if method != leader
        and abs(means[method] - means[leader]) <= math.hypot(known[method], known[leader])
    ]
