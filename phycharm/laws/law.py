"""What a law is, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .trial import Trial

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class LawResult:
    """How one law ended.

    Parameters
    ----------
    name : str
        Of the law.
    outcome : {"passed", "failed", "skipped"}
        What came out.
    reason : str
        One line: what was seen, or why the law was skipped.
    """

    name: str
    outcome: Outcome
    reason: str

    @property
    def failed(self) -> bool:
        """Whether the law is broken."""
        return self.outcome == "failed"


class LawBroken(Exception):
    """The harmonizer does not keep the law; the message says what was seen."""


class LawSkipped(Exception):
    """The law cannot be tried here; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Law:
    """One thing that holds for every harmonizer.

    Parameters
    ----------
    name : str
        A few words.
    try_on : callable
        `try_on(trial)` returns in one line what was seen, or raises `LawBroken` or `LawSkipped`.
    """

    name: str
    try_on: Callable[[Trial], str]
