"""What trainings would take: a few steps of each, and the rest by reckoning."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch

_current: ContextVar["Trial | None"] = ContextVar("trial", default=None)

_STEPS = 3


@dataclass
class Trial:
    """What the trainings inside of `trial` took, and what they would take whole.

    Parameters
    ----------
    spent : float
        Seconds that their few steps took.
    whole : float
        Seconds that all their steps would take.
    trainings : int
        How many there were.
    """

    spent: float = 0.0
    whole: float = 0.0
    trainings: int = 0

    def attempt(
        self, step: Callable[[], object], end: Callable[[], object], *, steps: int, rounds: int
    ) -> None:
        """Do a few steps of a training and what ends a round, and reckon the rest.

        Parameters
        ----------
        step, end : callable
            One step; what is done at the end of a round.
        steps, rounds : int
            How many of each the whole training has.
        """
        start = time.perf_counter()
        _timed(step, 1)  # memory is found, and kernels are chosen
        one = _timed(step, _STEPS) / _STEPS
        last = _timed(end, 1)
        self.spent += time.perf_counter() - start
        self.whole += steps * one + rounds * last
        self.trainings += 1


@contextmanager
def trial() -> Iterator[Trial]:
    """Have every training inside of the block do a few steps and no more.

    The networks learn next to nothing: this is for finding out how long it would take.

    Yields
    ------
    Trial
        What it takes.
    """
    found = Trial()
    token = _current.set(found)
    try:
        yield found
    finally:
        _current.reset(token)


def current_trial() -> Trial | None:
    """Return the trial that this is inside of; None outside of any."""
    return _current.get()


def _timed(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start
