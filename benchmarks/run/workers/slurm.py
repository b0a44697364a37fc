"""The cells of a run as jobs of a Slurm cluster."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phycharm.errors import InputError
from phycharm.utils.device import flushed_denormals
from phycharm.utils.progress import progress_bar

from ..run_folder import LOGS, RunFolder
from ..run_plan import RunPlan
from ..tasks import Task, run_tasks
from .fitting_together import fit_group, in_groups
from .one_cell import run_one

_TRIES = 3
_POLL_S = 5.0
_MINUTES = 24 * 60
_MOST_AT_ONCE = 256


@dataclass(kw_only=True)
class SlurmArray:
    """Cells as elements of job arrays, resubmitted where they failed to come back.

    Parameters
    ----------
    root : Path
        The results folder, with the plan in it, on a file system that the nodes share.
    threads : int
        Cores of each job.
    gpu : bool
        Whether each job gets a GPU.
    options : mapping of str to str
        What `sbatch` is told besides, by its own names: `partition`, `time` (minutes), `mem`,
        `account`, ...
    stack : int
        Most cells that are fitted together, by one job.
    stackable : collection of str
        Names of the cells that gain by it; others would only wait for each other.
    """

    root: Path
    threads: int
    gpu: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    stack: int = 1
    stackable: Collection[str] = ()
    _tries: dict[str, int] = field(default_factory=dict)

    def run(self, tasks: Sequence[Task], done: Iterable[str] = ()) -> dict[str, str]:
        """Do all tasks: first those that need nothing, then those whose maps are there.

        Parameters
        ----------
        tasks : sequence of Task
            Not done yet.
        done : iterable of str
            Names of the cells that are.

        Returns
        -------
        dict
            What became of the cells that never came back, by their names.

        Raises
        ------
        InputError
            If submitit is not installed, or Slurm refuses a job.
        """
        waiting, finished = list(tasks), set(done)
        lost: dict[str, str] = {}
        with progress_bar("benchmark", len(waiting)) as bar:
            while ready := [t for t in waiting if not t.needs or t.needs in finished]:
                before = {task.name: self._landed(task) for task in ready}
                self._submit_and_wait(ready)
                for task in ready:
                    if self._landed(task) != before[task.name]:
                        finished.add(task.name)
                    else:
                        self._tries[task.name] = self._tries.get(task.name, 0) + 1
                        if self._tries[task.name] < _TRIES:
                            continue  # preempted, or its node died: it is submitted again
                        lost[task.name] = f"its job ended {_TRIES} times without a result"
                        finished.add(task.name)
                    waiting.remove(task)
                    bar.advance(detail=task.name)
        return lost

    def jobs(self, tasks: Sequence[Task]) -> list[list[list[Task]]]:
        """Put cells together so that a job takes about as long as the longest of them.

        Parameters
        ----------
        tasks : sequence of Task
            That can be done now.

        Returns
        -------
        list of list of list of Task
            Jobs, the longest first; of each the groups that are fitted together.
        """
        groups = sorted(self._groups(tasks), key=lambda group: (-_weight(group), group[0].name))
        most = max(map(_weight, groups), default=0.0)
        jobs: list[list[list[Task]]] = []
        room: list[float] = []
        for group in groups:
            place = next((n for n, left in enumerate(room) if left >= _weight(group)), None)
            if place is None:
                jobs.append([group])
                room.append(most - _weight(group))
            else:
                jobs[place].append(group)
                room[place] -= _weight(group)
        return jobs

    def _groups(self, tasks: Sequence[Task]) -> list[list[Task]]:
        """Lay out what is fitted together; whoever was in a job that was lost is done alone."""
        able = [t for t in tasks if t.name in self.stackable and t.name not in self._tries]
        alone = [[task] for task in tasks if task not in able]
        return [*in_groups(able, size=self.stack), *alone]

    def described(self, tasks: Sequence[Task]) -> str:
        """Say in lines which jobs there would be; nothing is submitted."""
        first = [task for task in tasks if not task.needs]
        later = [task for task in tasks if task.needs]
        lines = []
        for told, part in (("at once", first), ("when the maps are there", later)):
            for number, job in enumerate(self.jobs(part), start=1):
                names = ", ".join(" + ".join(task.name for task in group) for group in job)
                lines.append(f"{told}, job {number} ({self.threads} cores): {names}")
        return "\n".join(lines)

    def _submit_and_wait(self, tasks: Sequence[Task]) -> None:
        jobs = self._submit(self.jobs(tasks))
        numbers = sorted({str(job.job_id).partition("_")[0] for job in jobs})
        try:
            while _in_queue(numbers):
                time.sleep(_POLL_S)
        except BaseException:
            subprocess.run(["scancel", *numbers], check=False, capture_output=True)
            raise

    def _submit(self, jobs: Sequence[Sequence[Sequence[Task]]]) -> list[Any]:
        executor = _executor(self.root / LOGS / "slurm")
        options = dict(self.options)
        minutes = options.pop("time", str(_MINUTES))
        search = shlex.quote(os.pathsep.join(filter(None, sys.path)))
        executor.update_parameters(
            name="phycharm",
            timeout_min=_whole(minutes, "time"),
            cpus_per_task=self.threads,
            slurm_array_parallelism=_MOST_AT_ONCE,
            slurm_additional_parameters=options | ({"gpus": 1} if self.gpu else {}),
            slurm_setup=[
                f"export PYTHONPATH={search}",
                f"export OMP_NUM_THREADS={self.threads}",
            ],
        )
        names = [[[task.name for task in group] for group in job] for job in jobs]
        root, threads = [str(self.root.resolve())] * len(names), [self.threads] * len(names)
        try:
            return list(executor.map_array(do_cells, root, names, threads))
        except Exception as error:  # submitit has an exception of its own for what sbatch says
            said = " ".join(str(error).split())
            raise InputError(f"Slurm refused the jobs: {said}; see --slurm.") from error

    def _landed(self, task: Task) -> int:
        """When the cell came to lie where it lies, done or failed; 0 where there is none."""
        path = RunFolder(self.root).cells / task.name / "cell.json"
        return path.stat().st_mtime_ns if path.is_file() else 0


def do_cells(root: str, groups: Sequence[Sequence[str]], threads: int) -> list[dict[str, Any]]:
    """Do some cells of a run; what a job does.

    Parameters
    ----------
    root : str
        The results folder.
    groups : sequence of sequence of str
        Names of the cells, those together that are fitted together.
    threads : int
        To compute with.

    Returns
    -------
    list of dict
        What became of each (see `run_one`).
    """
    import torch

    torch.set_num_threads(threads)
    run = RunFolder(Path(root))
    runner = RunPlan.read(run.root).runner(run)
    known = {task.name: task for task in run_tasks(runner, runner.methods.cards)}
    outcomes = []
    with flushed_denormals():
        for names in groups:
            tasks = [known[name] for name in names]
            fit_group(runner, tasks, threads=threads)
            outcomes += [run_one(runner, task, threads=threads) for task in tasks]
    return outcomes


def _weight(group: Sequence[Task]) -> float:
    return sum(task.weight for task in group)


def _executor(folder: Path) -> Any:
    try:
        import submitit
    except ImportError:
        raise InputError(
            "--executor slurm needs submitit; install it with `pip install submitit`."
        ) from None
    try:
        return submitit.AutoExecutor(folder=folder, cluster="slurm")
    except RuntimeError as error:
        raise InputError(
            f"--executor slurm: {' '.join(str(error).split())}; run it where sbatch is."
        ) from error


def _in_queue(numbers: Sequence[str]) -> bool:
    """Whether any element of these arrays waits or runs; accounting need not be set up for that."""
    found = subprocess.run(
        ["squeue", "--noheader", "--format=%A", f"--jobs={','.join(numbers)}"],
        check=False,
        capture_output=True,
        text=True,
    )
    # Slurm forgets old jobs, and says so as an error.
    return found.returncode == 0 and bool(found.stdout.strip())


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--slurm {name}={text}: give a whole number of minutes.") from None
