"""A fit whose trainings are kept in a folder while they run."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from .state_file import write_state_file

KEEP_EVERY_S = 180.0
"""Seconds between two states of a training that are kept."""

_LARGEST_SHARE = 0.02
"""Of a training's time, spent on keeping it; large networks on slow disks are kept less often."""


class KeptFit:
    """The folder of one fit: a numbered file for each of its trainings, and when to write it.

    Parameters
    ----------
    folder : Path
        Of this very fit: whoever names it answers for it that data and settings are the same.
    every : float
        Seconds between two states.
    """

    def __init__(self, folder: Path, *, every: float = KEEP_EVERY_S) -> None:
        self.folder = folder
        self.every = every
        self.seconds_before = 0.0
        self._trainings = 0
        self._last = time.monotonic()
        self._cost = 0.0
        self._complained = False
        for leftover in folder.glob(".partial-*"):  # of a process that was killed as it wrote
            leftover.unlink(missing_ok=True)
        self._has_kept = folder.is_dir() and any(folder.iterdir())

    def next_path(self) -> Path:
        """Return the file of the next training."""
        self._trainings += 1
        return self.folder / f"{self._trainings:03d}.safetensors"

    def is_due(self) -> bool:
        """Whether it is time to keep a state."""
        pause = max(self.every, self._cost / _LARGEST_SHARE) if self.every else 0.0
        return time.monotonic() - self._last >= pause

    def is_worth_it(self) -> bool:
        """Whether the end of a training has to be kept: nothing is, of a fit of seconds."""
        return self._has_kept or time.monotonic() - self._last >= self.every

    def write(self, path: Path, content: Callable[[], dict[str, Any]]) -> None:
        """Keep a state; where that fails, the training goes on, and one warning says so."""
        begin = time.monotonic()
        try:
            write_state_file(path, content())
            self._has_kept = True
        except Exception as error:  # hours of work shall not end because they cannot be kept
            self._complain(path, error)
        self._last = time.monotonic()
        self._cost = self._last - begin

    def _complain(self, path: Path, error: Exception) -> None:
        if self._complained:
            return
        self._complained = True
        said = getattr(error, "strerror", None) or " ".join(str(error).split())
        warnings.warn(
            f"{path}: the training cannot be kept ({said}); it goes on, and an interruption would "
            "cost all of it.",
            stacklevel=4,
        )

    def drop_from(self, path: Path) -> None:
        """Delete the file of a training and those of all later ones."""
        for file in self.folder.glob("[0-9]*.safetensors"):
            if file.name >= path.name:
                file.unlink(missing_ok=True)


_kept: ContextVar[KeptFit | None] = ContextVar("kept fit", default=None)


@contextmanager
def kept_in(folder: Path, *, every: float = KEEP_EVERY_S) -> Iterator[KeptFit]:
    """Keep the trainings of a fit in a folder, and go on with what it holds.

    Every `Training.run` inside the block takes the next number. What happened in an earlier
    process is not done again: a training that had ended is skipped, its networks, its history and
    the random numbers after it are those of its end, and one that was interrupted goes on from its
    last state. What lies between trainings is computed again; it has to be the same whenever its
    random numbers are. The folder is left to the caller, who removes it when the fit is safe.

    Parameters
    ----------
    folder : Path
        Of this very fit: another dataset, protocol, seed or setting needs another folder. It is
        made when there is something to keep.
    every : float
        Seconds between two states; 0 keeps one after every batch. It is more where keeping would
        take more than a fiftieth of the time; a fit that ends within them writes nothing.

    Yields
    ------
    KeptFit
        Its `seconds_before` are those that were spent on the fit's trainings by earlier processes.
    """
    fit = KeptFit(folder, every=every)
    token = _kept.set(fit)
    try:
        yield fit
    finally:
        _kept.reset(token)


def current_fit() -> KeptFit | None:
    """Return the fit that is kept here, if one is."""
    return _kept.get()


def seconds_before() -> float:
    """Return how long earlier processes were at the trainings of the fit that is kept here."""
    fit = _kept.get()
    return 0.0 if fit is None else fit.seconds_before
