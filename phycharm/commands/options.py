"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..errors import InputError

Device = Literal["auto", "cpu", "cuda"]
_MOST_DIGITS = 18
Out = Annotated[Path, Parameter(name=["--out", "-o"])]


def numbers(text: str, *, option: str) -> list[int]:
    """Read whole numbers that are separated by commas.

    Raises
    ------
    InputError
        If something else stands there.

    Examples
    --------
    >>> numbers("0, 1,2", option="--seeds")
    [0, 1, 2]
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    # More digits than a number of 64 bits has are a slip, and from 4300 on Python refuses them.
    wrong = next((p for p in parts if not p.isdecimal() or len(p) > _MOST_DIGITS), None)
    if wrong is not None or not parts:
        raise InputError(
            f"{option} {text[:40]}: {'nothing' if wrong is None else repr(wrong[:40])} is no whole "
            f"number of at most {_MOST_DIGITS} digits; give numbers separated by commas, such as "
            "0,1,2."
        )
    return list(map(int, parts))
