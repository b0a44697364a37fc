"""How far a run is: what is done, running and where, failed, and how long the rest takes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from phycharm.errors import InputError
from phycharm.utils.progress import span_text

from ..run_folder import LEFT_OUT, RunFolder
from ..run_lock import lives, lock_holder
from ..run_plan import PlannedCell, RunPlan
from .cell_log import CellLog

Log = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class CellStatus:
    """How far one cell is.

    Parameters
    ----------
    name : str
        Of the cell.
    state : {"done", "failed", "left out", "running", "broken off", "waiting"}
        `broken off` began and ended without a result, as by a kill.
    seconds : float or None
        How long it took, or has been running; None where nobody knows.
    where : str
        Host and process of who does it; empty where nobody does.
    error : str
        Why it failed.
    """

    name: str
    state: str
    seconds: float | None = None
    where: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """How far a run is.

    Parameters
    ----------
    root : Path
        Its folder.
    cells : tuple of CellStatus
        All that were planned, in their order.
    working : str
        Whose run holds the folder; empty where nobody's does.
    left : float or None
        About how many seconds are left; None where nothing is done yet to tell by.
    """

    root: Path
    cells: tuple[CellStatus, ...]
    working: str
    left: float | None

    def count(self, state: str) -> int:
        """Count the cells in a state."""
        return sum(cell.state == state for cell in self.cells)

    def text(self) -> str:
        """Say it in lines: a summary, then what is running, broken off or failed."""
        states = ("done", "left out", "running", "broken off", "failed", "waiting")
        counts = [f"{n} {state}" for state in states if (n := self.count(state))]
        lines = [f"{self.root}: {len(self.cells)} cells: {', '.join(counts)}{self._left()}."]
        lines.append(f"{self.working} works here." if self.working else self._idle())
        for cell in self.cells:
            if cell.state in ("running", "broken off"):
                lines.append(f"{cell.state}: {cell.name}, {_span(cell.seconds)}, {cell.where}")
            if cell.state == "failed":
                lines.append(f"failed: {cell.name}: {cell.error}")
        return "\n".join(lines)

    def _left(self) -> str:
        if self.left is None or not self.left:
            return ""
        return f"; about {_span(self.left)} left"

    def _idle(self) -> str:
        if all(cell.state in ("done", "left out") for cell in self.cells):
            return "All is done."
        return "Nobody works here; the same command goes on."


def run_status(root: Path) -> RunStatus:
    """Look at a results folder; nothing in it is changed.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    RunStatus
        How far it is.

    Raises
    ------
    InputError
        If it holds no plan.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; name the folder of a run.")
    plan, run = RunPlan.read(root), RunFolder(root)
    logs = {cell.name: CellLog(root, cell.name).read() for cell in plan.cells}
    cells = [_status(cell.name, run, logs[cell.name]) for cell in plan.cells]
    holder = lock_holder(root)
    working = ""
    if holder is not None and lives(holder) is not False:
        working = f"Process {holder['pid']} on {holder['host']}"
    return RunStatus(root=root, cells=tuple(cells), working=working, left=_left(plan.cells, cells))


def _status(name: str, run: RunFolder, log: Log) -> CellStatus:
    record = run.cell_record(name)
    begun = _begun(log)
    over = bool(log) and log[-1].get("event") in ("end", "broken off")
    where = f"process {begun.get('pid')} on {begun.get('host')}" if begun else ""
    if begun and not over and lives(begun) is not False:
        return CellStatus(name=name, state="running", seconds=_since(begun), where=where)
    if record is not None and record["status"] in ("done", "failed", LEFT_OUT):
        return CellStatus(
            name=name,
            state=str(record["status"]),
            seconds=_taken(log),
            where=where,
            error=str(record.get("error", "")),
        )
    if begun:
        return CellStatus(name=name, state="broken off", seconds=_taken(log), where=where)
    return CellStatus(name=name, state="waiting")


def _begun(log: Log) -> dict[str, Any] | None:
    """Return the entry with which the last attempt began."""
    return next((entry for entry in reversed(log) if entry.get("event") == "begin"), None)


def _taken(log: Log) -> float | None:
    """Seconds from the last begin to what was written last, and those of a fit with others."""
    begun = _begun(log)
    start, end = (None, None) if begun is None else (_time(begun), _time(log[-1]))
    if start is None or end is None:
        return None
    return (end - start).total_seconds() + _fitted_in(log)


def _fitted_in(log: Log) -> float:
    """Seconds of the fit that was done together with others before the last begin."""
    for entry in reversed(log):
        if entry.get("event") in ("end", "broken off") and entry is not log[-1]:
            break
        if entry.get("event") == "fitted":
            seconds = entry.get("seconds")
            return float(seconds) if isinstance(seconds, int | float) else 0.0
    return 0.0


def _since(begun: Mapping[str, Any]) -> float | None:
    start = _time(begun)
    return None if start is None else (datetime.now(UTC) - start).total_seconds()


def _time(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(entry.get("time")))
    except ValueError:
        return None


def _left(planned: Iterable[PlannedCell], cells: Iterable[CellStatus]) -> float | None:
    """Estimate the rest from cells of the same method, or by weight from all that are done."""
    pairs = list(zip(planned, cells, strict=True))
    own: dict[str, list[float]] = defaultdict(list)
    for plan, cell in pairs:
        if cell.state == "done" and cell.seconds is not None:
            own[plan.harmonizer].append(cell.seconds)
    known = [(p.weight, c.seconds) for p, c in pairs if c.state == "done" and c.seconds]
    if not known:
        return None
    rate = sum(seconds for _, seconds in known) / sum(weight for weight, _ in known)
    total = 0.0
    for plan, cell in pairs:
        if cell.state in ("running", "waiting", "broken off"):
            whole = mean(own[plan.harmonizer]) if own[plan.harmonizer] else rate * plan.weight
            spent = (cell.seconds or 0.0) if cell.state == "running" else 0.0
            total += max(whole - spent, 0.0)
    workers = max(1, sum(cell.state == "running" for _, cell in pairs))
    return total / workers


def _span(seconds: float | None) -> str:
    return "for how long is unknown" if seconds is None else span_text(seconds)
