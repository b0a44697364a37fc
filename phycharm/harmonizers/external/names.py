"""Names of methods: they become columns, folders and file names."""

import re

from ...errors import InputError
from ..registry import harmonizer_names

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_LONGEST = 64
_RESERVED = frozenset({"target", "maps", "oracle", "blurred", "constant", "rescan"})
"""Words that mean something else in a results folder."""


def safe_name(text: str) -> str:
    """Turn any text into a name: runs of other characters become one hyphen.

    Examples
    --------
    >>> safe_name("My method (v2)")
    'My-method-v2'
    """
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:_LONGEST]


def require_name(name: str, *, spec: str) -> str:
    """Return a name that can be used, or say why it cannot.

    Parameters
    ----------
    name : str
        What the method is to be called.
    spec : str
        What the user named, for the message.

    Raises
    ------
    InputError
        If it is no safe file name, is too long, or has another meaning in a results folder.

    Examples
    --------
    >>> require_name("mine-2", spec="module:Mine")
    'mine-2'
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InputError(
            f"{spec}: its name {name!r} is not made of letters, digits, dots and hyphens (at most "
            f"{_LONGEST}); call it {safe_name(name) or 'my-method'!r}."
        )
    if name.casefold() in _RESERVED:
        raise InputError(
            f"{spec}: the name {name!r} means something else in a results folder; choose another."
        )
    return name


def require_free_name(name: str, *, spec: str) -> str:
    """Return a usable name that no registered method has; `require_name` for the rest.

    Raises
    ------
    InputError
        If a registered method has that name.
    """
    if name.casefold() in {known.casefold() for known in harmonizer_names()}:
        raise InputError(
            f"{spec}: the name {name!r} is that of a registered method; choose another (NAME=... "
            "before precomputed:, command: or a plain class, else in the method's card)."
        )
    return require_name(name, spec=spec)
