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
    wrong = next((part for part in parts if not part.isdecimal()), None)
    if wrong is not None or not parts:
        raise InputError(
            f"{option} {text}: {'nothing' if wrong is None else repr(wrong)} is no whole number; "
            "give numbers separated by commas, such as 0,1,2."
        )
    # Tables keep numbers of 64 bits, and from 4300 digits on Python reads none.
    long = next((part for part in parts if len(part) > _MOST_DIGITS), None)
    if long is not None:
        raise InputError(
            f"{option}: {long[:_MOST_DIGITS]}... has {len(long)} digits; give at most "
            f"{_MOST_DIGITS}."
        )
    return list(map(int, parts))


def pairs(texts: list[str], *, option: str) -> dict[str, str]:
    """Read options of another program, each as NAME=VALUE.

    Raises
    ------
    InputError
        If there is no name, or it is no option's.

    Examples
    --------
    >>> pairs(["partition=gpu", "time=60"], option="--slurm")
    {'partition': 'gpu', 'time': '60'}
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        plain = name.strip().lstrip("-")
        if not sign or not plain.replace("-", "").replace("_", "").isalnum() or "\n" in value:
            raise InputError(f"{option} {text}: give NAME=VALUE, such as {option} partition=gpu.")
        found[plain] = value.strip()
    return found
