"""Contests of equal methods, and how often one of them is named the winner: run for the table.

`python -m phycharm.benchmarks.statistics.null_contests [CONTESTS]`
"""

import sys
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from .contest.judgement import judge_methods

Floats = npt.NDArray[np.float64]

PEOPLE = (3, 5, 6, 9, 14, 20)
FIELDS = ((2, 1), (5, 4))
"""Numbers of methods and of metrics that count."""
CONTESTS = 500

_RARE = 0.1
_LOSS = 20.0


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.normal(size=shape)


def _skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return -rng.lognormal(size=shape)


def _failures(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw failures: every method fails badly in a tenth of the people."""
    return rng.normal(size=shape) - _LOSS * (rng.random(shape) < _RARE)


def _one_fails(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw failures of the first method alone, which is else as often ahead as behind."""
    found = rng.normal(size=shape)
    found[:, 0] -= _LOSS * (rng.random(shape[0]) < _RARE)
    return found


def _equal_means(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw one method that is a little ahead in nine people of ten, and pays for it in one."""
    found = 0.1 * rng.normal(size=shape)
    found[:, 0] += np.where(rng.random(shape[0]) < _RARE, -9.0, 1.0)
    return found


KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "gaussian": _gaussian,
    "skewed": _skewed,
    "failures": _failures,
    "one fails": _one_fails,
    "equal means": _equal_means,
}
"""How the merits of people and methods are drawn; shape (people, methods)."""


def false_winners(
    kind: str,
    people: int,
    methods: int,
    metrics: int,
    *,
    contests: int = CONTESTS,
    alpha: float = 0.05,
    seed: int = 0,
) -> float:
    """Measure how often a method is named the winner that is no better than all others.

    Metrics share half of their variance, as scores of one image do.

    Parameters
    ----------
    kind : str
        One of `KINDS`. In `one fails` only the method that fails counts as a false winner. In
        `equal means` every winner does, though it is ahead in nine people of ten: where nobody saw
        it fail (`0.9 ** people` of the contests) no test of these people can know.
    people, methods, metrics : int
        Size of a contest.
    contests : int
        How many are held.
    alpha : float
        Level of the verdict.
    seed : int
        Of the drawing.

    Returns
    -------
    float
        Share of contests with a false winner.
    """
    rng = np.random.default_rng(seed)
    draw = KINDS[kind]
    false = 0
    for _ in range(contests):
        shared = draw(rng, (people, methods))
        tables = {
            f"metric {number}": _table(shared + _own(rng, kind, shared.shape, metrics))
            for number in range(metrics)
        }
        winner = judge_methods(tables, alpha=alpha).winner
        false += winner == "0" if kind == "one fails" else bool(winner)
    return false / contests


def null_contests(
    *,
    people: Sequence[int] = PEOPLE,
    fields: Sequence[tuple[int, int]] = FIELDS,
    contests: int = CONTESTS,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold null contests of every kind and size.

    Parameters
    ----------
    people : sequence of int
        Numbers of people.
    fields : sequence of (int, int)
        Numbers of methods and metrics.
    contests : int
        How many of each.
    seed : int
        Of the drawing.

    Returns
    -------
    DataFrame
        A row per number of methods, metrics and people; a column per kind with the share of false
        winners.
    """
    rows = [
        {"methods": methods, "metrics": metrics, "people": count}
        | {
            kind: false_winners(kind, count, methods, metrics, contests=contests, seed=seed)
            for kind in KINDS
        }
        for methods, metrics in fields
        for count in people
    ]
    return pd.DataFrame(rows)


def _own(rng: np.random.Generator, kind: str, shape: tuple[int, ...], metrics: int) -> Floats:
    """Draw what a metric adds of its own; nothing where it is the only one."""
    if metrics == 1:
        return np.zeros(shape)
    return 0.1 * rng.normal(size=shape) if kind == "equal means" else KINDS[kind](rng, shape)


def _table(merits: Floats) -> pd.DataFrame:
    return pd.DataFrame(merits, columns=[str(number) for number in range(merits.shape[1])])


if __name__ == "__main__":
    held = int(sys.argv[1]) if len(sys.argv) > 1 else CONTESTS
    found = null_contests(contests=held)
    sys.stdout.write(found.to_string(index=False, float_format="{:.3f}".format) + "\n")
