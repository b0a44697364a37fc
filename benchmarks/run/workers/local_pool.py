"""The cells of a run dealt out to several processes of this machine."""

import errno
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from phycharm.errors import InputError
from phycharm.utils.progress import progress_bar

from ..run_folder import LOGS
from ..tasks import Task
from .fitting_together import group_of
from .worker import START

_GRACE_S = 2.0
_TRIES = 2


@dataclass
class _Process:
    """A worker, what it has to do, and the file that hears its errors."""

    process: "subprocess.Popen[str]"
    heard: IO[str]
    tasks: list[Task] = field(default_factory=list)
    ready: bool = False

    def close(self) -> None:
        """Close what led to and from the process, which is over."""
        for stream in (self.process.stdin, self.process.stdout, self.heard):
            with suppress(OSError):  # what was not read any more
                if stream is not None:
                    stream.close()


@dataclass(kw_only=True)
class LocalPool:
    """Processes that do cells, one each at a time, or a few that are fitted together.

    Parameters
    ----------
    root : Path
        The results folder, with the plan in it.
    jobs : int
        Processes.
    threads : int
        Of each.
    gpus : int
        GPUs to deal the processes out to; 0 for none.
    stack : int
        Most cells that are fitted together.
    """

    root: Path
    jobs: int
    threads: int
    gpus: int = 0
    stack: int = 1
    _workers: list[_Process] = field(default_factory=list)
    _deaths: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def run(self, tasks: Sequence[Task], done: Iterable[str] = ()) -> dict[str, str]:
        """Do all tasks, the longest first, each as soon as the maps that it needs are there.

        Parameters
        ----------
        tasks : sequence of Task
            Not done yet.
        done : iterable of str
            Names of the cells that are.

        Returns
        -------
        dict
            Why a worker died, by the name of the cell, for the cells that killed one twice.

        Raises
        ------
        InputError
            If a worker cannot use what the plan says.
        OSError
            If the disk is full.
        """
        # Cells on the same maps come together: a process remembers what it predicted by them.
        waiting = sorted(tasks, key=lambda task: (-task.weight, task.needs, task.name))
        finished, dead = set(done), {}
        try:
            with (
                progress_bar("benchmark", len(waiting)) as bar,
                selectors.DefaultSelector() as ears,
            ):
                for _ in range(min(self.jobs, len(waiting))):
                    self._start(ears)
                while waiting or any(worker.tasks for worker in self._workers):
                    self._deal(waiting, finished)
                    for key, _ in ears.select():
                        worker: _Process = key.data
                        name, died = self._hear(worker, ears, waiting)
                        if name:
                            finished.add(name)
                            bar.advance(detail=name)
                        if name and died:
                            dead[name] = died
        finally:
            self._stop()
        return dead

    def _start(self, ears: selectors.BaseSelector) -> None:
        number = self._count
        self._count += 1
        path = self.root / LOGS / f"worker-{number + 1}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        heard = path.open("w", encoding="utf-8")
        # What this process can import, its workers can; the folder they start in is no package.
        surroundings = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OMP_NUM_THREADS": str(self.threads),
        }
        if self.gpus:
            surroundings["CUDA_VISIBLE_DEVICES"] = _gpu(number % self.gpus)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(self.root), str(self.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=heard,
            text=True,
            env=surroundings,
            # Ctrl-C is for this process, which then ends the others.
            start_new_session=True,
        )
        worker = _Process(process=process, heard=heard)
        self._workers.append(worker)
        assert process.stdout is not None
        ears.register(process.stdout, selectors.EVENT_READ, worker)

    def _deal(self, waiting: list[Task], finished: set[str]) -> None:
        for worker in self._workers:
            if not worker.ready or worker.tasks:
                continue
            possible = [t for t in waiting if self._can_begin(t, waiting, finished)]
            if not possible:
                return
            worker.tasks = self._group(possible)
            for task in worker.tasks:
                waiting.remove(task)
            assert worker.process.stdin is not None
            # A worker that has just died does not take it; its death is heard, and the task dealt
            # out again.
            with suppress(BrokenPipeError):
                names = "\t".join(task.name for task in worker.tasks)
                worker.process.stdin.write(f"{names}\n")
                worker.process.stdin.flush()

    def _can_begin(self, task: Task, waiting: Sequence[Task], finished: set[str]) -> bool:
        if not task.needs:
            return True
        if self.stack > 1:  # what stands on other maps would be fitted together with it
            under_way = [one for worker in self._workers for one in worker.tasks]
            if any(one.kind == "maps" for one in (*waiting, *under_way)):
                return False
        return task.needs in finished

    def _group(self, possible: Sequence[Task]) -> list[Task]:
        """Choose what is done next; whoever was there when a worker died is done alone."""
        first = possible[0]
        if first.name in self._deaths:
            return [first]
        others = [task for task in possible[1:] if task.name not in self._deaths]
        return group_of(first, others, size=self.stack)

    def _hear(
        self, worker: _Process, ears: selectors.BaseSelector, waiting: list[Task]
    ) -> tuple[str, str]:
        """Return the name of a cell that is over, and why its worker died if it did."""
        assert worker.process.stdout is not None
        line = worker.process.stdout.readline()
        if not line:
            return self._bury(worker, ears, waiting)
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise InputError(str(answer["refused"]))
        if "full" in answer:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), answer["full"])
        if "ready" in answer:
            worker.ready = True
            return "", ""
        name = str(answer["task"])
        worker.tasks = [task for task in worker.tasks if task.name != name]
        return name, ""

    def _bury(
        self, worker: _Process, ears: selectors.BaseSelector, waiting: list[Task]
    ) -> tuple[str, str]:
        assert worker.process.stdout is not None
        ears.unregister(worker.process.stdout)
        self._workers.remove(worker)
        code, tasks = worker.process.wait(), worker.tasks
        worker.close()
        why = f"its process died ({_death(code)})"
        if not tasks and worker.ready:
            self._start(ears)
            return "", ""
        if not tasks:
            raise InputError(
                f"{self.root}: a worker did not start ({_death(code)}); {worker.heard.name} says "
                "more."
            )
        self._start(ears)
        for task in tasks:
            self._deaths[task.name] = self._deaths.get(task.name, 0) + 1
        if len(tasks) > 1 or self._deaths[tasks[0].name] < _TRIES:
            # Killed from outside, or for want of memory beside another: alone it may pass.
            waiting[:0] = tasks
            return "", ""
        return tasks[0].name, why

    def _stop(self) -> None:
        for worker in self._workers:
            if worker.tasks or worker.process.stdin is None:
                worker.process.terminate()
                continue
            with suppress(OSError):
                worker.process.stdin.write("\n")
                worker.process.stdin.flush()
        for worker in self._workers:
            try:
                worker.process.wait(timeout=_GRACE_S)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.close()
        self._workers = []


def _gpu(number: int) -> str:
    """Name the GPU of a number among those that this process may see."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    names = [name for name in visible.split(",") if name.strip()]
    return names[number % len(names)] if names else str(number)


def _death(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
