"""Cells of one method that are fitted together, before each is scored by itself."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from functools import partial

from phycharm.networks.stacking.together import fits_together

from ..cells.cell_runner import CellRunner
from ..cells.fitted_ahead import FittedAhead
from ..tasks import Task
from .cell_log import CellLog


def group_of(task: Task, others: Iterable[Task], *, size: int) -> list[Task]:
    """Return a task, and others whose networks it can be trained together with.

    Parameters
    ----------
    task : Task
        The first.
    others : iterable of Task
        Whose needs are met as the first one's are.
    size : int
        How many there may be in all.
    """
    alike = [other for other in others if other.kinship == task.kinship] if task.kinship else []
    return [task, *alike][:size]


def in_groups(tasks: Sequence[Task], *, size: int) -> list[list[Task]]:
    """Lay out tasks in groups; maps come before what needs them, so that all of them may be one.

    Parameters
    ----------
    tasks : sequence of Task
        In an order in which each finds what it needs.
    size : int
        Of the largest group.
    """
    left = sorted(tasks, key=lambda task: (task.kind != "control", task.kind != "maps"))
    groups = []
    while left:
        group = group_of(left[0], left[1:], size=size)
        left = [task for task in left if task not in group]
        groups.append(group)
    return groups


def fitted_groups(runner: CellRunner, tasks: Sequence[Task], *, size: int) -> list[list[Task]]:
    """List what `fit_group` would fit together of tasks that are laid out in groups.

    Parameters
    ----------
    runner : CellRunner
        Of the run.
    tasks : sequence of Task
        Not done yet, in an order in which each finds what it needs.
    size : int
        Of the largest group.

    Returns
    -------
    list of list of Task
        Of two or more; what is fitted alone is in none.
    """
    laid_out = in_groups(tasks, size=size) if size > 1 else []
    wanted = ([task for task in group if _is_fitted(runner, task)] for group in laid_out)
    return [group for group in wanted if len(group) > 1]


def fit_group(
    runner: CellRunner, tasks: Sequence[Task], *, threads: int, done: Collection[str] = ()
) -> None:
    """Fit the methods of several cells together; whoever scores a cell finds it fitted.

    A fit that fails is left to its cell, which fails by it again and says so.

    Parameters
    ----------
    runner : CellRunner
        Of the run; it keeps what was fitted.
    tasks : sequence of Task
        A group.
    threads : int
        How many this process computes with, for the logs.
    done : collection of str
        Names of tasks that are done.
    """
    left = [task for task in tasks if task.name not in done]
    if len(left) < 2:
        return
    wanted = [task for task in left if _is_fitted(runner, task)]
    if len(wanted) < 2:
        return
    logs = [CellLog(runner.run.root, task.name) for task in wanted]
    with ExitStack() as stack:
        for log in logs:
            stack.enter_context(log.following(threads=threads, end=""))
        fits = fits_together([partial(task.fit, runner) for task in wanted])
    for task, fit, log in zip(wanted, fits, logs, strict=True):
        if fit.error is None:
            seconds = fit.seconds + fit.result.seconds
            runner.fitted[task.name] = FittedAhead(fit.result.method, seconds, len(wanted))
            log.write("fitted", together=len(wanted), seconds=round(fit.seconds, 2))


def _is_fitted(runner: CellRunner, task: Task) -> bool:
    """Whether a cell trains networks that can be stacked."""
    if task.name in runner.hopeless or task.name in runner.fitted:
        return False
    if task.cell is None:
        return task.maps is not None
    if task.kind != "method" or runner.people(task.cell).nobody:
        return False
    try:
        return bool(runner.make(task.cell).stackable)
    except Exception:  # an outsider's method may raise anything; its own cell says what
        return False
