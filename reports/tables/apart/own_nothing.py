"""Methods to a common domain held against doing nothing in their own domain.

A transform that makes everything alike makes doing nothing alike too: only what a method gains by
knowing the scanner is the method's.
"""

import numpy as np

from phycharm.benchmarks.statistics import holm
from phycharm.harmonizers.card import untold_name

from ...run.measures import Measure, grouped_labels
from ...run.names import join, label
from ...run.run_view import RunView
from ..statistics_tables import against_nothing

AGREEMENT = (("ssim", ""), ("dice", "GM"), ("dice", "WM"))
"""Measures of likeness between the images of a person from two scanners."""
_ROUNDING = 1e-9


def own_nothing_sentences(view: RunView) -> list[str]:
    """Say of each method to a common domain in what it is more than its transform.

    Doing nothing in a method's domain is the same transform of a scan that is taken to be from the
    other scanner. Likeness is tested, by exact signed-rank tests over directions, Holm over a
    method's measures.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of str
        A sentence for each method that was measured so, and one for those that were not.
    """
    known = set(view.controls)
    measured = [m for m in view.common_domain if untold_name(m) in known]
    lacking = [label(m) for m in view.common_domain if m not in measured]
    found = [_sentence(view, method) for method in measured]
    if lacking:
        found.append(f"Doing nothing in the domain of {join(lacking)} is not measured here.")
    return found


def _sentence(view: RunView, method: str) -> str:
    name, nothing = label(method), untold_name(method)
    measures = [m for m in view.measures if (m.metric, m.tissue) in AGREEMENT]
    pairs = [(m, against_nothing(view, m, (method,), nothing)) for m in measures]
    tests = [(measure, table.iloc[0]) for measure, table in pairs if len(table)]
    if not tests:
        return f"{name} has no score to hold against doing nothing in its own domain."
    if all(abs(float(test["gain"])) < _ROUNDING for _, test in tests):
        return (
            f"{name} makes the same image whichever scanner a scan is said to be from, so that "
            "doing nothing in its domain is what it does."
        )
    adjusted = holm(np.array([float(test["p"]) for _, test in tests]))
    significant = zip(tests, adjusted <= view.alpha, strict=True)
    shown = [(measure, float(test["gain"])) for (measure, test), yes in significant if yes]
    # The reference of the tests is doing nothing: what it loses, the method gains.
    sides = {
        "better": [measure for measure, gain in shown if gain < 0],
        "worse": [measure for measure, gain in shown if gain > 0],
    }
    told = [f"{word} in {_named(measures)}" for word, measures in sides.items() if measures]
    said = " and ".join(told) if told else f"not shown to differ in {_named([m for m, _ in tests])}"
    return (
        f"Held against doing nothing in its own domain (the same transform of a scan that is taken "
        f"to be from the other scanner) {name} is {said} (exact signed-rank test, Holm over "
        f"{len(tests)})."
    )


def _named(measures: list[Measure]) -> str:
    return join(grouped_labels(measures))
