"""One structured log for each cell: who works on it, what was said, how it ended."""

import io
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..run_folder import LOGS

_LONGEST = 2000  # characters of a line


class CellLog:
    """The log of a cell: a JSON object a line, with `time`, `event` and what belongs to it.

    Parameters
    ----------
    root : Path
        The results folder.
    cell : str
        Name of the cell.
    """

    def __init__(self, root: Path, cell: str) -> None:
        self.path = root / LOGS / f"{cell}.jsonl"

    def write(self, event: str, **facts: Any) -> None:
        """Add a line; a log that cannot be written stops nobody."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line | facts, ensure_ascii=False) + "\n")
        except OSError:
            return

    def read(self) -> list[dict[str, Any]]:
        """Read the log; lines that are damaged, as a kill leaves them, are left out."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found

    @contextmanager
    def following(self, *, threads: int, end: str = "end") -> Iterator[None]:
        """Log who works on the cell, how long, and everything that is said meanwhile.

        What goes to the error output still goes there.

        Parameters
        ----------
        threads : int
            How many the process computes with.
        end : str
            Event that ends it; the empty string where the work on the cell is not over.
        """
        self.write("begin", host=platform.node(), pid=os.getpid(), threads=threads)
        try:
            with redirect_stderr(_Heard(self)):
                yield
        except BaseException as error:
            self.write("broken off", error=f"{type(error).__name__}: {error}"[:_LONGEST])
            raise
        if end:
            self.write(end)


class _Heard(io.TextIOBase):
    """The error output, with its lines in a log too."""

    def __init__(self, log: CellLog) -> None:
        self._log = log
        self._before = sys.stderr
        self._line = ""

    def write(self, text: str) -> int:
        self._before.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in filter(None, map(str.strip, lines)):
            if "\x1b" not in line:  # a terminal's live bar, drawn over itself
                self._log.write("said", text=line[:_LONGEST])
        return len(text)

    def flush(self) -> None:
        self._before.flush()

    def isatty(self) -> bool:
        return self._before.isatty()

    def fileno(self) -> int:
        return self._before.fileno()
