"""Progress of long work: a live bar on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from .untrusted.printable import printable, say

_LINE_EVERY_S = 10.0


class Bar(Protocol):
    """Progress of a piece of long work: steps done, time left; threads may share one."""

    def advance(self, steps: int = 1, detail: str = "") -> None:
        """Count steps done, with a word on the current state (a loss, a subject)."""


class _PlainBar:
    """Lines for a log: the first step, then one every few seconds, then the last."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        self._start = time.monotonic()
        self._last_line = -_LINE_EVERY_S
        self._one_at_a_time = threading.Lock()

    def advance(self, steps: int = 1, detail: str = "") -> None:
        with self._one_at_a_time:
            self._advance(steps, detail)

    def _advance(self, steps: int, detail: str) -> None:
        self._done += steps
        now = time.monotonic() - self._start
        if now - self._last_line < _LINE_EVERY_S and self._done < self._total:
            return
        self._last_line = now
        left = now / max(self._done, 1) * (self._total - self._done)
        text = f"{self._label}: {self._done}/{self._total}  {now:.0f} s, {left:.0f} s left"
        say(f"{text}  {detail}".rstrip(), file=sys.stderr)


class _RichBar:
    def __init__(self, label: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            console=Console(stderr=True),
        )
        self._task = self.progress.add_task(printable(label, kept=""), total=total, detail="")

    def advance(self, steps: int = 1, detail: str = "") -> None:
        self.progress.update(self._task, advance=steps, detail=printable(detail, kept=""))


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Bar]:
    """Show the progress of one long piece of work, with time spent and time left.

    Parameters
    ----------
    label : str
        What is being done, for a person (method, direction, ...).
    total : int
        Number of steps until it is done.

    Yields
    ------
    Bar
        Its `advance` counts the steps.
    """
    if sys.stderr.isatty():
        bar = _RichBar(label, total)
        with bar.progress:
            yield bar
    else:
        yield _PlainBar(label, total)


def span_text(seconds: float) -> str:
    """Say how long something takes, as coarsely as one wants to know it.

    Examples
    --------
    >>> [span_text(seconds) for seconds in (8.4, 150, 11000)]
    ['8 s', '2 min', '3:03 h']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    whole = timedelta(minutes=round(seconds / 60))
    hours, minutes = divmod(int(whole.total_seconds()) // 60, 60)
    return f"{hours}:{minutes:02d} h"
