"""A step that is under way."""

from collections.abc import Generator, Mapping
from typing import Any

from ..training_progress import Terms
from .ask import Ask
from .learn import Learn

Answers = Mapping[str, Any]
"""What networks return, by their names: tensors, or tuples of them."""
Script = Generator[Ask | Learn, Answers, Terms]
"""A step as a method writes it down: it yields what it wants and returns its loss terms.

For an `Ask` it is sent the answers by the networks' names, for a `Learn` nothing that it could use.
"""


class OpenStep:
    """A step that goes on as soon as it is given what it wants.

    Parameters
    ----------
    script : generator
        Of the step; it runs to what it wants first.

    Attributes
    ----------
    wanted : Ask, Learn or None
        What it wants now; None at its end.
    terms : mapping of str to Tensor or float
        What came of it, at its end.
    """

    def __init__(self, script: Script) -> None:
        self.wanted: Ask | Learn | None = None
        self.terms: Terms = {}
        self._script: Generator[Ask | Learn, Any, Terms] = script
        self.go_on(None)

    def go_on(self, answers: Answers | None) -> None:
        """Go on with what was wanted."""
        try:
            self.wanted = self._script.send(answers)
        except StopIteration as end:
            self.wanted, self.terms = None, end.value
