"""Several fits at once, whose networks are trained as one where they are alike."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ...utils.untrusted.printable import say
from .fit_thread import FitThread
from .stacked_training import StackedTraining


def fits_together(works: Sequence[Callable[[], Any]]) -> list[FitThread]:
    """Do fits one after the other, but for the trainings that can be done as one.

    Parameters
    ----------
    works : sequence of callable
        Each fits something, by the engine `Training`. What is drawn is what each would have drawn
        alone.

    Returns
    -------
    list of FitThread
        With the results, or the errors, of the works.
    """
    fits = [FitThread(work) for work in works]
    try:
        for fit in fits:
            fit.go_on()
        while waiting := [fit for fit in fits if fit.member is not None]:
            _train(waiting)
            for fit in waiting:
                fit.go_on()
    finally:
        for fit in fits:
            fit.give_up()
    return fits


def _train(fits: Sequence[FitThread]) -> None:
    """Train what is alike together; what nothing is like is left to its own fit."""
    kinds: dict[tuple[object, ...], list[FitThread]] = {}
    for fit in fits:
        assert fit.member is not None
        kinds.setdefault(fit.member.kind, []).append(fit)
    for alike in kinds.values():
        _train_stacked(alike)


def _train_stacked(fits: Sequence[FitThread]) -> None:
    members = [fit.member for fit in fits if fit.member is not None]
    for fit in fits:
        fit.share = 0.0
    if len(members) == 1:
        return
    starts = [member.starting_point() for member in members]
    begin = time.perf_counter()
    try:
        StackedTraining(members).run()
    # Of torch: want of memory, or of a way to stack an operation. Any other is one member's, and
    # shall reach that one alone.
    except Exception as error:
        why = error
    else:
        for fit in fits:
            fit.share = 1 / len(fits)
            fit.seconds += fit.share * (time.perf_counter() - begin)
        return
    for member, start in zip(members, starts, strict=True):
        if start is None:
            raise why
        member.go_back(start)
    _train_fewer(fits, why)


def _train_fewer(fits: Sequence[FitThread], why: Exception) -> None:
    """Train anew, in two halves where memory was short, else one by one."""
    label, said = _label(fits), " ".join(str(why).split())
    if not isinstance(why, torch.OutOfMemoryError):
        say(f"{label}: not trained as one ({said}), but one by one", file=sys.stderr)
        return
    half = (len(fits) + 1) // 2
    say(f"{label}: out of memory; {half} are trained at a time", file=sys.stderr)
    _train_stacked(fits[:half])
    _train_stacked(fits[half:])


def _label(fits: Sequence[FitThread]) -> str:
    member = fits[0].member
    assert member is not None
    return f"{member.course.training.label} and {len(fits) - 1} more"
