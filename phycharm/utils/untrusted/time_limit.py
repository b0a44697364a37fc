"""A limit to the time that something may take."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Break off the block when its time is over.

    Python's regular expressions look for signals while they search, so that one which backtracks
    without end is broken off too. Without signals (Windows) or outside the main thread, where none
    arrive, the block may take as long as it likes.

    Parameters
    ----------
    seconds : float
        How long the block may take.

    Raises
    ------
    TimeoutError
        When they are over.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() != threading.main_thread():
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
