"""What trainings would take: a few steps of each, and the rest by reckoning."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch

_current: ContextVar["Trial | None"] = ContextVar("trial", default=None)

TRIED_STEPS = 3
"""Steps of a training by which the rest is reckoned, unless somebody wants more."""


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
    together : int
        Most of them that took their steps as one.
    tried : int
        Steps of each by which the rest is reckoned.
    """

    spent: float = 0.0
    whole: float = 0.0
    trainings: int = 0
    together: int = 1
    tried: int = TRIED_STEPS
    _steps: int = 0
    _slices: int = 0
    _stepping: float = 0.0

    @property
    def steps_per_second(self) -> float:
        """Steps of one training, whether alone or with others; NaN where none was trained."""
        return self._steps / self._stepping if self._stepping else math.nan

    @property
    def slices_per_second(self) -> float:
        """Slices that are learned from; NaN where none was trained."""
        return self._slices / self._stepping if self._stepping else math.nan

    def attempt(
        self,
        step: Callable[[], object],
        end: Callable[[], object],
        *,
        steps: int,
        rounds: int,
        slices: int,
        together: int = 1,
    ) -> None:
        """Do a few steps of a training and what ends a round, and reckon the rest.

        Parameters
        ----------
        step, end : callable
            One step; what is done at the end of a round.
        steps, rounds : int
            How many of each the whole training has.
        slices : int
            That one step of one training takes.
        together : int
            Trainings whose steps are done as one.
        """
        start = time.perf_counter()
        _timed(step, 1)  # memory is found, and kernels are chosen
        one = _timed(step, self.tried) / self.tried
        last = _timed(end, 1)
        self.spent += time.perf_counter() - start
        self.whole += steps * one + rounds * last
        self.trainings += together
        self.together = max(self.together, together)
        self._steps += together * steps
        self._slices += together * steps * slices
        self._stepping += steps * one


@contextmanager
def trial(*, steps: int = TRIED_STEPS) -> Iterator[Trial]:
    """Have every training inside of the block do a few steps and no more.

    The networks learn next to nothing: this is for finding out how long it would take.

    Parameters
    ----------
    steps : int
        By which the rest is reckoned; one more goes before them.

    Yields
    ------
    Trial
        What it takes.
    """
    found = Trial(tried=steps)
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
