"""The tasks of a stage, one after the other or in several processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from ..errors import InputError
from ..utils.progress import progress_bar

_T = TypeVar("_T")

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


def run_tasks(
    label: str, tasks: Sequence[tuple[str, Callable[[], _T]]], *, jobs: int
) -> dict[str, _T | InputError]:
    """Run tasks, and show how many are done and how long the rest will take.

    Parameters
    ----------
    label : str
        What is being done.
    tasks : sequence of (str, callable)
        Name of each, and what to call; with several jobs it must be picklable.
    jobs : int
        Processes at once.

    Returns
    -------
    dict
        Result by name, in the order of the tasks; an `InputError` where a task had one: it
        concerns that task alone.

    Raises
    ------
    InputError
        If a process died.
    """
    found: dict[str, _T | InputError] = {}
    if not tasks:
        return found
    with progress_bar(label, len(tasks)) as bar:
        if jobs == 1:
            for name, task in tasks:
                found[name] = _outcome(task)
                bar.advance(detail=name)
            return found
        context = multiprocessing.get_context("spawn")
        with (
            _one_thread_each(),
            ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=context) as pool,
        ):
            futures = {pool.submit(_outcome, task): name for name, task in tasks}
            try:
                for future in as_completed(futures):
                    found[futures[future]] = future.result()
                    bar.advance(detail=futures[future])
            except BrokenProcessPool as error:
                raise InputError(
                    f"{label}: a process died, for want of memory as a rule; take fewer --jobs. "
                    "The same command goes on from here."
                ) from error
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return {name: found[name] for name, _ in tasks}


def _outcome(task: Callable[[], _T]) -> _T | InputError:
    try:
        return task()
    except InputError as error:
        return error


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Tell the processes that are started in the block to compute on one thread."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
