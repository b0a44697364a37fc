"""From a folder back to a fitted harmonizer."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..harmonizer import Harmonizer
from ..registry import GROUP
from ..storage import read_facts
from .adapter import Adapter, class_path
from .finding import find_class
from .wrapped import WrappedHarmonizer
from .wrapped_common import WrappedCommonDomain


def load_harmonizer(folder: Path, *, device: str = "cpu") -> Harmonizer:
    """Read a fitted method of whatever kind.

    A registered method is found by its name. A plain class is imported by the path under which it
    was saved, so its code has to be on this machine; the folder itself holds none.

    Parameters
    ----------
    folder : Path
        Where `Harmonizer.save` put it.
    device : str
        See `Harmonizer`.

    Raises
    ------
    InputError
        If the folder holds no saved method, the method is not installed here, or loading it would
        let the folder choose a program to run.
    """
    facts = read_facts(folder)
    method = _saved_class(facts, folder)
    if issubclass(method, Adapter) and method.runs_programs:
        raise InputError(
            f"{folder}: {facts['harmonizer']!r} is a command line, and a folder is not trusted to "
            "name a program; run the command itself."
        )
    return method.load(folder, device=device)


def can_be_saved(harmonizer: Harmonizer) -> bool:
    """Whether a fitted method can be kept; only plain classes without `save` and `load` cannot."""
    return harmonizer.can_be_saved if isinstance(harmonizer, Adapter) else True


def _saved_class(facts: dict[str, Any], folder: Path) -> type[Harmonizer]:
    """Return the class of a saved method: a wrapper of plain classes, or a registered one."""
    name, state = facts.get("harmonizer"), facts.get("state")
    if not isinstance(name, str) or ":" in name or not isinstance(state, dict):
        raise InputError(f"{folder}: holds no saved harmonizer; give the folder of a model.")
    path = state.get("class")
    wrappers = {
        class_path(wrapper): wrapper for wrapper in (WrappedHarmonizer, WrappedCommonDomain)
    }
    if path in wrappers:
        return wrappers[path]
    method = find_class(name if path is None else _registered_as(str(path), folder))
    if not issubclass(method, Harmonizer):
        raise InputError(
            f"{folder}: {name!r} is a plain class now and was none when it was saved; fit it again."
        )
    return method


def _registered_as(path: str, folder: Path) -> str:
    """Return the name under which a class is registered.

    Raises
    ------
    InputError
        If it is not.
    """
    for entry in entry_points(group=GROUP):
        if entry.value == path:
            return entry.name
    raise InputError(
        f"{folder}: was saved by {path}, which no installed package registers; install its package."
    )
