"""Patterns of a dataset file, applied to names that somebody else chose."""

import re
from pathlib import Path

from ...errors import InputError
from ...utils.untrusted.file_names import name_problem
from ...utils.untrusted.time_limit import time_limit

_LONGEST_S = 2.0


def matched(pattern: str, text: str) -> "re.Match[str] | None":
    """Match a whole text, unless the pattern takes for ever.

    Parameters
    ----------
    pattern : str
        Regular expression.
    text : str
        A label, or a path in a dataset.

    Returns
    -------
    re.Match or None
        None where it does not fit.

    Raises
    ------
    InputError
        If it has tried for two seconds, as `(a+)+b` does on a label of forty letters.

    Examples
    --------
    >>> matched("(?P<scanner>.*?)(?P<repeat>[0-9])", "GE2")["scanner"]
    'GE'
    """
    try:
        with time_limit(_LONGEST_S):
            return re.fullmatch(pattern, text)
    except TimeoutError as error:
        raise InputError(
            f"Dataset file: the pattern {pattern!r} takes for ever on {text[:60]!r}; write it "
            "without a repetition inside a repetition."
        ) from error


def require_names(image: Path, **names: str) -> None:
    """Make sure that names which a rule gives can become parts of file names.

    Parameters
    ----------
    image : Path
        That the names are of.
    **names
        The person's, the scanner's; an empty one is none.

    Raises
    ------
    InputError
        If one holds what leads to another folder, or what is no text.
    """
    for what, name in names.items():
        if name and (problem := name_problem(name)):
            raise InputError(
                f"{image}: the name of its {what} would be {name!r}, which {problem}; correct the "
                "pattern in the dataset file, or the name."
            )
