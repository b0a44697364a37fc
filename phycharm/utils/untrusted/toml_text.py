"""TOML that somebody else wrote."""

import tomllib
from typing import Any

from ...errors import InputError


def read_toml(text: str, *, place: str) -> dict[str, Any]:
    """Read TOML.

    Parameters
    ----------
    text : str
        Content of a file.
    place : str
        Where it is from, for the message.

    Raises
    ------
    InputError
        If it is no TOML, or holds a number or lists in lists without end.

    Examples
    --------
    >>> read_toml("seeds = [0, 1]", place="mine.toml")
    {'seeds': [0, 1]}
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError(f"{place}: not valid TOML (nested too deeply); correct it.") from error
    except ValueError as error:  # tomllib's own, and Python's of numbers without end
        reason = " ".join(str(error).split())
        raise InputError(f"{place}: not valid TOML ({reason}); correct it.") from error
