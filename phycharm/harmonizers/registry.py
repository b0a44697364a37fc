"""Methods by name: ours and everybody else's come through the same entry-point group."""

import importlib
import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..utils.suggestions import did_you_mean

GROUP = "phycharm.harmonizers"


def harmonizer_names() -> list[str]:
    """Return the names of all registered methods, sorted; none of them is imported.

    Examples
    --------
    >>> {"none", "nyul", "unet", "phycharm"} <= set(harmonizer_names())
    True
    """
    return sorted({entry.name for entry in _entries()})


def registered_name(path: str) -> str | None:
    """Return the name under which the class `package.module:Class` is registered, if it is.

    Examples
    --------
    >>> registered_name("phycharm.method.phycharm:PhyCHarm")
    'phycharm'
    >>> registered_name("package.module:Mine") is None
    True
    """
    return next((entry.name for entry in _entries() if entry.value == path), None)


def harmonizer_class(name: str) -> type[Any]:
    """Find a method's class.

    Parameters
    ----------
    name : str
        A registered name, or `package.module:Class` for a class that nobody registered.

    Returns
    -------
    type
        A `Harmonizer`, or an outsider's class with the same methods.

    Raises
    ------
    InputError
        If there is none of that name, two packages claim it, or it cannot be imported.

    Examples
    --------
    >>> harmonizer_class("phycharm")
    <class 'phycharm.method.phycharm.PhyCHarm'>
    """
    if ":" in name:
        return _load(EntryPoint(name=name, value=name, group=GROUP))
    entries = [entry for entry in _entries() if entry.name == name]
    if not entries:
        raise InputError(f"No harmonizer {name!r}; {did_you_mean(name, harmonizer_names())}")
    if len({entry.value for entry in entries}) > 1:
        claims = " and ".join(sorted(entry.value for entry in entries))
        raise InputError(f"Harmonizer {name!r} is registered twice, by {claims}; uninstall one.")
    return _load(entries[0])


def _entries() -> tuple[EntryPoint, ...]:
    """Return what is registered; installed packages are read anew only where some have changed."""
    return _read_entries(tuple((place, _changed(place)) for place in sys.path))


@lru_cache(maxsize=4)
def _read_entries(_: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _changed(place: str) -> int:
    """Return when something came into a folder of packages, or went."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


def _load(entry: EntryPoint) -> type[Any]:
    module_name, _, class_name = entry.value.partition(":")
    try:
        loaded = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        said = " ".join(str(error).split())
        remedy = "install its package or correct the path"
        if module_name.endswith(".py"):
            remedy = f"name the module and not its file: {module_name.removesuffix('.py')}:"
            remedy += class_name
        raise InputError(
            f"Harmonizer {entry.name!r}: {entry.value} cannot be imported ({said}); {remedy}."
        ) from error
    if not isinstance(loaded, type):
        raise InputError(f"Harmonizer {entry.name!r}: {entry.value} is no class; name a class.")
    return loaded
