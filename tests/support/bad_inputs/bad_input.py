"""One bad input, and the folder in which it is laid out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ANYTHING = "[...]"
"""Stands in an expected line for words that are a library's, a number, or a list of names."""


@dataclass(frozen=True, kw_only=True)
class BadInput:
    """An input that has to be refused, or told.

    Parameters
    ----------
    id : str
        Name of the test.
    area : str
        Heading of the docs page under which it stands.
    what : str
        What is wrong with the input, for a reader.
    make : callable
        `make(place)` lays it out in the current folder, where the good inputs lie already.
    command : str
        Arguments of `phycharm`, separated by blanks.
    line : str
        What is said, after `phycharm: `; with `report` in `where`, a note in the report, with
        `warning` a warning, after which the work goes on.
    code : int
        Exit code.
    where : {"stderr", "warning", "report"}
        Where the line stands.
    needs : tuple of str
        Good inputs to lay out beside it: `dataset`, `model`, `run`.
    """

    id: str
    area: str
    what: str
    make: Callable[[Path], object]
    command: str
    line: str
    code: int = 2
    where: str = "stderr"
    needs: tuple[str, ...] = field(default=())

    def fits(self, text):
        """Whether a line is the expected one."""
        parts = map(re.escape, self.line.split(ANYTHING))
        return re.fullmatch(".*".join(parts), text) is not None
