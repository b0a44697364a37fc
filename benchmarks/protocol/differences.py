"""What differs between two configurations, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST = 40


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Say which settings of one configuration another has not, or not so.

    Parameters
    ----------
    mine : mapping
        Plain data, as JSON knows it.
    theirs : mapping
        To compare with; what it has beyond the keys of `mine` does not count.
    prefix : str
        Put before the names of the settings.

    Returns
    -------
    list of str
        One phrase each, without a full stop.

    Examples
    --------
    >>> differences({"simulation": {"seed": 7}, "version": 2}, {"simulation": {"seed": 0}})
    ['simulation.seed is 7 and was 0', 'version is 2 and was not set']
    """
    return list(_phrases(mine, theirs, prefix))


def _phrases(mine: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in mine.items():
        name, other = f"{prefix}{key}", theirs.get(key)
        if value == other:
            continue
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            yield from _phrases(value, other, f"{name}.")
            # What only the other one sets has no place in the loop over `mine`.
            yield from (f"{name}.{k} is not set and was {v}" for k, v in _only(other, value))
        elif key not in theirs:
            yield f"{name} is {value} and was not set" if _short(value) else f"{name} is new"
        elif _short(value) and _short(other):
            yield f"{name} is {value} and was {other}"
        else:
            yield f"{name} is another"


def _only(these: Mapping[str, Any], those: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in these.items() if key not in those]


def _short(value: object) -> bool:
    return len(str(value)) <= _LONGEST
