"""Whether anybody is better than doing nothing, in words that say no more than was tested."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..run.measures import Measure
from ..run.names import join, label
from ..run.run_view import RunView
from ..run.standings import standings
from ..tables.statistics_tables import against_nothing

_NOTHING = "none"
_FEW = 3


@dataclass(frozen=True, kw_only=True)
class NothingTest:
    """Methods against doing nothing, in the first measure of the first screen.

    Parameters
    ----------
    measure : str
        Its name.
    methods : tuple of str
        Those that have all its scores: the family of the tests.
    better, worse : tuple of str
        Those shown so by exact signed-rank tests, Holm over the family.
    ahead : tuple of str
        Those whose mean is better, tested or not.
    people : int
        The fewest behind a test.
    can_tell : bool
        Whether any test could have shown a difference.
    """

    measure: str
    methods: tuple[str, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    ahead: tuple[str, ...]
    people: int
    can_tell: bool


def hold_against_nothing(view: RunView) -> NothingTest | None:
    """Hold every method against doing nothing.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    NothingTest or None
        None where doing nothing, or everything else, has no or not all scores in the measure.
    """
    measure = next((m for m in view.headline if m.judged), None)
    if measure is None:
        return None
    methods = _complete(view, measure)
    if _NOTHING not in methods or len(methods) < 2:
        return None
    family = tuple(m for m in methods if m != _NOTHING)
    tests = against_nothing(view, measure, family)
    if tests.empty:
        return None

    def named(verdict: str) -> tuple[str, ...]:
        return tuple(str(name) for name in tests.index[tests["verdict"] == verdict])

    best = float(tests["smallest_p"].min()) * float(tests["family_size"].max())
    return NothingTest(
        measure=measure.label,
        methods=family,
        better=named("worse"),
        worse=named("better"),
        ahead=tuple(str(name) for name in tests.index[tests["gain"] < -_rounding(tests)]),
        people=int(tests["n"].min()),
        can_tell=bool(np.isfinite(best) and best <= view.alpha),
    )


def _rounding(tests: pd.DataFrame) -> float:
    """How far from 0 a gain may lie by rounding alone."""
    return 1e-12 * float(np.abs(tests[["reference_mean", "rival_mean"]].to_numpy()).max())


def _complete(view: RunView, measure: Measure) -> list[str]:
    board = standings(view, view.split)
    own = board[(board["metric"] == measure.metric) & (board["tissue"] == measure.tissue)]
    found = set(own.loc[own["rank"].notna(), "harmonizer"])
    return [method for method in view.contestants if method in found]


def nothing_words(test: NothingTest | None) -> str:
    """Say who is better than doing nothing; empty where nobody could be held against it."""
    if test is None:
        return ""
    if not test.can_tell:
        whose = _counted(test.ahead, test.methods)
        return f"the mean {test.measure} of {whose} is better than that of doing nothing (untested)"
    if not test.better:
        return f"no method is shown to be better than doing nothing in {test.measure}"
    verb = "is" if len(test.better) == 1 else "are"
    whose = _counted(test.better, test.methods)
    return f"{whose} {verb} shown to be better than doing nothing in {test.measure}"


def worse_words(test: NothingTest | None) -> list[str]:
    """Say who is shown to be worse than doing nothing; a sentence or none."""
    if test is None or not test.worse:
        return []
    verb = "is" if len(test.worse) == 1 else "are"
    names = join([label(name) for name in test.worse])
    return [f"{names} {verb} shown to be worse than doing nothing in {test.measure}."]


def _counted(some: tuple[str, ...], family: tuple[str, ...]) -> str:
    if not some:
        return "no method"
    if len(some) <= _FEW:
        return join([label(name) for name in some])
    return f"{len(some)} of {len(family)} methods"
