"""Calling an outsider's code with what it accepts, and with nothing else."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import InputError

_KEYWORD_KINDS = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def keyword_names(function: Callable[..., Any]) -> list[str] | None:
    """Return the keywords that a function or class takes; None where it takes any.

    Examples
    --------
    >>> keyword_names(lambda train, validation=None: None)
    ['train', 'validation']
    >>> keyword_names(lambda **anything: None) is None
    True
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        # Some classes written in C do not tell.
        return []
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters if parameter.kind in _KEYWORD_KINDS]


def accepted(function: Callable[..., Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the offered keywords that a function takes.

    Examples
    --------
    >>> accepted(lambda *, seed: None, {"seed": 1, "device": "cpu"})
    {'seed': 1}
    """
    names = keyword_names(function)
    return {name: value for name, value in offered.items() if names is None or name in names}


def construct(
    method: type[Any], settings: Mapping[str, Any], *, spec: str, seed: int, device: str
) -> Any:
    """Make an object of a method's class.

    Parameters
    ----------
    method : type
        Its constructor may take `seed` and `device`, or not.
    settings : mapping
        Keywords from the user or the protocol.
    spec : str
        What the user named, for the message.
    seed, device
        See `Harmonizer`.

    Raises
    ------
    InputError
        If the constructor does not take a setting, or wants one that is not given.
    """
    keywords = {**settings, **accepted(method, {"seed": seed, "device": device})}
    try:
        inspect.signature(method).bind(**keywords)
    except TypeError as error:
        names = [name for name in keyword_names(method) or [] if name not in ("seed", "device")]
        known = f"its settings are: {', '.join(names)}" if names else "it has no settings"
        raise InputError(f"{spec}: {error}; {known}.") from error
    return method(**keywords)
