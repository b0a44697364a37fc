"""How the cells of a run are done: here, in several processes, or as jobs of a cluster."""

import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import torch

from phycharm.errors import InputError
from phycharm.utils.memory import usable_memory
from phycharm.utils.progress import progress_bar
from phycharm.utils.untrusted.printable import say

from ..budget.cost_estimate import estimate_cost, worth_telling
from ..cells.cell_runner import CellRunner
from ..tasks import Task
from .fitting_together import fit_group, fitted_groups, in_groups
from .local_pool import LocalPool
from .one_cell import run_one
from .slurm import SlurmArray

Executor = Literal["local", "slurm"]

_COLLECT_EVERY_S = 120.0
_STACK_ON_GPU = 8
# Of the training of PhyCHarm on some ten people (2.2 GB at 3 mm), generously.
_PROCESS_BYTES = 2**30
_BYTES_PER_VOXEL = 6000


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How cells are done. Scores do not depend on it while a process has as many threads.

    Parameters
    ----------
    jobs : int or None
        Processes of this machine; with 1 cells are done in this one. None for as many as there are
        cores (GPUs, where these compute), if memory allows.
    threads : int, optional
        Of all processes of this machine together, or of one job of a cluster; by default as many
        as cores may be used.
    executor : {"local", "slurm"}
        Where.
    slurm : mapping of str to str
        Options of `sbatch`, by its own names.
    stack : int, optional
        Fits of one method whose networks are trained as one; by default 8 on a GPU, which small
        networks leave idle, and 1 on a CPU, which gains nothing, and in the jobs of a cluster,
        which has other GPUs for other cells.
    dry_run : bool
        Whether it is only said how long the cells would take here, or which jobs of a cluster there
        would be.

    Raises
    ------
    InputError
        If a number makes no sense, or options do not go with the executor.
    """

    jobs: int | None = 1
    threads: int | None = None
    executor: Executor = "local"
    slurm: Mapping[str, str] = field(default_factory=dict)
    stack: int | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        for name, value in (
            ("jobs", self.jobs),
            ("threads", self.threads),
            ("stack", self.stack),
        ):
            if value is not None and value < 1:
                raise InputError(f"{name} {value}: give 1 or more.")
        if self.executor == "local" and self.slurm:
            raise InputError("--slurm goes with --executor slurm; add it.")

    @property
    def elsewhere(self) -> bool:
        """Whether other processes do the cells, so that methods must be found by name."""
        return self.jobs != 1 or self.executor == "slurm"

    def run(self, runner: CellRunner, tasks: Sequence[Task]) -> None:
        """Do all cells that are not done.

        Parameters
        ----------
        runner : CellRunner
            Of the run, whose plan lies in its folder.
        tasks : sequence of Task
            In an order in which each finds what it needs.

        Raises
        ------
        InputError
            If the cluster or a worker refuses.
        OSError
            If the disk is full.
        """
        if self.threads is not None and self.executor == "local":
            torch.set_num_threads(self.threads)
        done = [task.name for task in tasks if task.is_done(runner)]
        left = [task for task in tasks if task.name not in set(done)]
        jobs = self.jobs or _fitting_jobs(runner)
        if self.executor == "local" and self._told(runner, left, jobs):
            return
        if self.executor == "local" and jobs == 1:
            _run_here(runner, tasks, done=set(done), stack=self._stack(runner))
            return
        lost = self._elsewhere(runner, left, done, jobs)
        for task in left:
            if task.name in lost:
                task.give_up(runner, lost[task.name])

    def _told(self, runner: CellRunner, left: Sequence[Task], jobs: int) -> bool:
        """Say how long it takes, if it is long or that is all that is wanted; whether it is all."""
        if not self.dry_run and not worth_telling(runner, left):
            return False
        with _as_one_of(jobs):
            estimate = estimate_cost(runner, left, jobs=jobs, stack=self._stack(runner))
        if self.dry_run:
            say(estimate.text())
        else:
            say(f"benchmark: {estimate.summary()}", file=sys.stderr)
        return self.dry_run

    def _stack(self, runner: CellRunner) -> int:
        return self.stack or (_STACK_ON_GPU if runner.device == "cuda" else 1)

    def _elsewhere(
        self, runner: CellRunner, left: Sequence[Task], done: Sequence[str], jobs: int
    ) -> dict[str, str]:
        if self.executor == "slurm":
            array = self._array(runner, left)
            if self.dry_run:
                say(array.described(left))
                return {}
            return array.run(left, done)
        pool = LocalPool(
            root=runner.run.root,
            jobs=jobs,
            threads=max(1, torch.get_num_threads() // jobs),
            gpus=torch.cuda.device_count() if runner.device == "cuda" else 0,
            stack=self._stack(runner),
        )
        return pool.run(left, done)

    def _array(self, runner: CellRunner, left: Sequence[Task]) -> SlurmArray:
        # A cluster has other GPUs for other cells: nobody waits for a stack unasked.
        stack = self.stack or 1
        groups = fitted_groups(runner, left, size=stack)
        return SlurmArray(
            root=runner.run.root,
            threads=self.threads or 1,
            gpu=runner.device == "cuda",
            options=self.slurm,
            stack=stack,
            stackable={task.name for group in groups for task in group},
        )


@contextmanager
def _as_one_of(jobs: int) -> Iterator[None]:
    """Compute with as many threads as one of so many processes has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // jobs))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _fitting_jobs(runner: CellRunner) -> int:
    """Return how many cells at once fit a machine: one a GPU, or one a core as memory allows."""
    if runner.device == "cuda":
        return torch.cuda.device_count()
    cohort = runner.data.cohort
    anybody = cohort.subjects[0]
    scan = cohort.scan(anybody, cohort.scanners_of(anybody)[0])
    each = _PROCESS_BYTES + _BYTES_PER_VOXEL * scan.image.size
    return max(1, min(torch.get_num_threads(), usable_memory() // each))


def _run_here(
    runner: CellRunner, tasks: Sequence[Task], *, done: Collection[str], stack: int
) -> None:
    """Do cells in this process, and gather their tables every few minutes."""
    collected, threads = time.monotonic(), torch.get_num_threads()
    groups = [[task] for task in tasks] if stack == 1 else in_groups(tasks, size=stack)
    with progress_bar("benchmark", len(tasks)) as bar:
        for group in groups:
            fit_group(runner, group, threads=threads, done=done)
            for task in group:
                run_one(runner, task, threads=threads)
                if time.monotonic() - collected > _COLLECT_EVERY_S:
                    runner.run.collect()
                    collected = time.monotonic()
                bar.advance(detail=task.name)
