"""A fit in a thread of its own that waits where its networks can be trained with others'."""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

from ...utils.random_state import RandomState
from ..training_course import TrainingCourse
from .member import Member

_current: ContextVar["FitThread | None"] = ContextVar("thread of a fit", default=None)

_LAST_SECONDS = 1.0


class _GivenUp(BaseException):
    """Nobody wants the fit any more."""


class FitThread:
    """A fit that goes on from training to training, never while another does.

    Threads keep where each fit is; they do nothing at the same time. So every fit has its own
    random numbers, and finds everything else as it left it.

    Parameters
    ----------
    work : callable
        The fit.

    Attributes
    ----------
    member : Member or None
        The training that it waits for.
    share : float
        What part of the time of the last training was its own; 0 if it has to do it alone.
    seconds : float
        How long it has worked, and its shares of what was done together.
    result : object
        What the work returned.
    error : BaseException or None
        What it raised instead.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.member: Member | None = None
        self.share = self.seconds = 0.0
        self.result: Any = None
        self.error: BaseException | None = None
        self._work = work
        self._numbers = RandomState().state_dict()
        self._mine, self._others = threading.Semaphore(0), threading.Semaphore(0)
        self._given_up = False
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._run,), name="fit", daemon=True
        )

    def go_on(self) -> None:
        """Work until there is a training to wait for, or nothing left to do."""
        numbers = RandomState()
        others = numbers.state_dict()
        numbers.load_state_dict(self._numbers)
        begin = time.perf_counter()
        try:
            if self._thread.ident is None:
                self._thread.start()
            else:
                self._mine.release()
            self._others.acquire()
            self._numbers = numbers.state_dict()
        finally:
            self.seconds += time.perf_counter() - begin
            numbers.load_state_dict(others)

    def give_up(self) -> None:
        """End a fit that nobody waits for."""
        self._given_up = True
        self._mine.release()
        if self._thread.ident is not None:
            self._thread.join(_LAST_SECONDS)

    def train(self, course: TrainingCourse) -> float:
        """Wait until a training was done together with others; called by the fit itself.

        Returns
        -------
        float
            What part of the time was its own; 0 if it was not done, for want of others.
        """
        self.member = Member(course)
        self._others.release()
        self._mine.acquire()
        if self._given_up:
            raise _GivenUp
        member, self.member = self.member, None
        if self.share:
            member.hand_back_numbers()
        return self.share

    def _run(self) -> None:
        _current.set(self)
        try:
            self.result = self._work()
        except BaseException as error:  # it belongs to whoever wanted the result
            self.error = error
        finally:
            self.member = None
            self._others.release()


def current_fit_thread() -> FitThread | None:
    """Return the thread that this fit runs in, where several are trained together."""
    return _current.get()
