"""From a folder back to a fitted harmonizer."""

from pathlib import Path
from typing import Any

from ...errors import InputError
from ..harmonizer import Harmonizer
from ..registry import harmonizer_names, registered_name
from ..storage import read_facts
from .adapter import Adapter, class_path
from .create import require_complete, with_stamped_card
from .finding import failure, find_class
from .spec import Spec, is_class_path, parse_spec, spec_of
from .wrapped import WrappedHarmonizer
from .wrapped_common import WrappedCommonDomain

_WRAPPERS = {class_path(wrapper): wrapper for wrapper in (WrappedHarmonizer, WrappedCommonDomain)}


def load_harmonizer(
    folder: str | Path, *, harmonizer: str | type[Any] | None = None, device: str = "cpu"
) -> Harmonizer:
    """Read a fitted method of whatever kind.

    A registered method is found by its name: whoever installed its package meant it to be used. A
    class that nobody registered is imported only if the caller names it. Importing runs code, and a
    folder that came from elsewhere must not choose which.

    Parameters
    ----------
    folder : str or Path
        Where `Harmonizer.save` put it.
    harmonizer : str or type, optional
        Method that the folder must be of, as `create_harmonizer` takes it, or its class; needed
        for a class that nobody registered.
    device : str
        See `Harmonizer`.

    Raises
    ------
    InputError
        If the folder holds no saved method, the method is not installed or not named here, loading
        it would let the folder choose code or a program to run, or its state cannot be taken back.
    """
    folder = Path(folder)
    facts = _checked(read_facts(folder), folder)
    named = None if harmonizer is None else parse_spec(spec_of(harmonizer))
    if named is None:
        method = _registered_class(facts, folder)
    else:
        method = _named_class(named, facts, folder)
    if issubclass(method, Adapter) and method.runs_programs:
        raise InputError(
            f"{folder}: {facts['harmonizer']!r} is a command line, and a folder is not trusted to "
            "name a program; run the command itself."
        )
    try:
        loaded = method.load(folder, device=device)
        _ = loaded.scanners  # whom it was fitted to is read here, and not halfway through the work
    except InputError:
        raise
    except Exception as error:  # an outsider's `load` may raise anything
        raise InputError(
            f"{folder}: loading {facts['harmonizer']!r} failed {failure(error)}; train the model "
            "again."
        ) from error
    return loaded if named is None else with_stamped_card(loaded, named)


def can_be_saved(harmonizer: Harmonizer) -> bool:
    """Whether a fitted method can be kept; only plain classes without `save` and `load` cannot."""
    return harmonizer.can_be_saved if isinstance(harmonizer, Adapter) else True


def _checked(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a folder says of itself if it has the form of a saved harmonizer."""
    name = facts.get("harmonizer")
    plain = all(isinstance(facts.get(key), dict) for key in ("state", "settings", "fitted_on"))
    if not isinstance(name, str) or ":" in name or not plain:
        raise InputError(f"{folder}: holds no saved harmonizer; give the folder of a model.")
    return facts


def _registered_class(facts: dict[str, Any], folder: Path) -> type[Harmonizer]:
    """Return the class of a saved method, found without importing what nobody installed."""
    name, path = facts["harmonizer"], str(facts["state"].get("class"))
    if path in _WRAPPERS:
        return _wrapper(facts, folder)
    # An adapter's own name is nobody's in the registry, so its class is looked for first.
    registered = registered_name(path) or (name if name in harmonizer_names() else None)
    if registered is None:
        raise InputError(
            f"{folder}: holds a model of {name!r}, which no installed package registers; install "
            "its package, or, if it is a class of your own, name it again (--harmonizer "
            "package.module:Class)."
        )
    method = find_class(registered)
    if not issubclass(method, Harmonizer):
        raise InputError(
            f"{folder}: {name!r} is a plain class now and was none when it was saved; fit it again."
        )
    return method


def _wrapper(facts: dict[str, Any], folder: Path) -> type[Harmonizer]:
    """Return the wrapper of a plain class that is registered."""
    spec = _plain_spec(facts, folder)
    if ":" in spec:
        raise InputError(
            f"{folder}: was saved by {spec}, and a folder is not trusted to name code; if you "
            f"trust that class, say so with --harmonizer {spec}."
        )
    return _WRAPPERS[facts["state"]["class"]]


def _named_class(named: Spec, facts: dict[str, Any], folder: Path) -> type[Harmonizer]:
    """Return the class that the user named, if the folder can be of it."""
    if issubclass(named.method, Harmonizer):
        if not issubclass(named.method, Adapter):
            require_complete(named)
        # Its own `load` makes sure that the folder holds a model of its name.
        return named.method
    if str(facts["state"].get("class")) not in _WRAPPERS:
        raise InputError(
            f"{folder}: holds a model of {facts['harmonizer']!r}, not of {named.path}; give the "
            "folder of the right method."
        )
    spec = _plain_spec(facts, folder)
    if spec != named.path:
        raise InputError(
            f"{folder}: was saved by {spec}, not by {named.path}; give the folder of the right "
            "method."
        )
    return _WRAPPERS[facts["state"]["class"]]


def _plain_spec(facts: dict[str, Any], folder: Path) -> str:
    """Return the name or path of a saved plain class."""
    spec = facts["settings"].get("spec")
    if not isinstance(spec, str) or not (is_class_path(spec) or spec in harmonizer_names()):
        raise InputError(
            f"{folder}: was saved by {spec!r}, which no installed package registers; install its "
            "package."
        )
    return spec
