"""A process that does cells of a run, one after the other, as it is told."""

import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TextIO

from phycharm.errors import InputError
from phycharm.utils.atomic import is_full
from phycharm.utils.device import flushed_denormals

from ..run_folder import RunFolder
from ..run_plan import RunPlan
from ..tasks import run_tasks
from .fitting_together import fit_group
from .one_cell import run_one

START = "from phycharm.benchmarks.run.workers.worker import main; main()"
"""What a Python interpreter runs, with the folder and the number of threads as arguments."""


def main() -> None:
    """Do the cells whose names come in, a line for those that are fitted together.

    Each is answered with a line of JSON.
    """
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    answers = _own_output()
    tasks = _told_tasks()
    with flushed_denormals():
        try:
            _set_threads(threads)
            run = RunFolder(folder)
            runner = RunPlan.read(folder).runner(run)
            known = {task.name: task for task in run_tasks(runner, runner.methods.cards)}
        except InputError as error:
            _answer(answers, {"refused": str(error)})
            return
        _answer(answers, {"ready": True})
        while names := tasks.get():
            group = [known[name] for name in names.split("\t")]
            try:
                fit_group(runner, group, threads=threads)
                for task in group:
                    outcome = run_one(runner, task, threads=threads)
                    _answer(answers, {"task": task.name} | outcome)
            except OSError as error:
                if not is_full(error):
                    raise
                _answer(answers, {"full": str(error.filename)})
                return


def _own_output() -> TextIO:
    """Keep the output for answers: what methods print goes to the error output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _told_tasks() -> "queue.Queue[str]":
    """Read names in a thread; where they end, whoever gave them is dead, and so is this."""
    told: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            told.put(line.strip())
            if not line.strip():
                return
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return told


def _answer(answers: TextIO, content: dict[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):
        answers.write(json.dumps(content) + "\n")
        answers.flush()


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
