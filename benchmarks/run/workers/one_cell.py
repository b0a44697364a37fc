"""Doing one cell, wherever: what every way of running a benchmark comes down to."""

from typing import Any

from ..cells.cell_runner import CellRunner
from ..tasks import Task
from .cell_log import CellLog


def run_one(runner: CellRunner, task: Task, *, threads: int) -> dict[str, Any]:
    """Do one cell unless it is done, and say what became of it.

    What it does follows from the folder and the name of the cell alone.

    Parameters
    ----------
    runner : CellRunner
        Of the run.
    task : Task
        The cell.
    threads : int
        How many this process computes with, for the log.

    Returns
    -------
    dict
        `status` (`done`, `failed`, `left out`) and `error`.

    Raises
    ------
    OSError
        If the disk is full: nobody's fault, and every further cell would end alike.
    """
    if task.is_done(runner):
        return {"status": "done", "error": ""}
    with CellLog(runner.run.root, task.name).following(threads=threads):
        task.run(runner)
    record = runner.run.cell_record(task.name) or {}
    return {"status": record.get("status", "failed"), "error": record.get("error", "")}
