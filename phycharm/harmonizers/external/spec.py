"""What a user writes to name a method."""

import re
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ...utils.suggestions import did_you_mean
from ..registry import harmonizer_names, registered_name
from .adapter import Adapter, class_path
from .finding import find_class

_ALIAS = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*)=(.+)", re.DOTALL)
_CLASS_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A method as the user named it, taken apart.

    Parameters
    ----------
    text : str
        All of it.
    alias : str
        Name before `=`; empty where there is none.
    method : type
        Class that is meant.
    path : str
        Registered name or `package.module:Class` of that class.
    argument : str
        What stands behind the colon of an adapter (`precomputed:FOLDER`).
    """

    text: str
    alias: str
    method: type[Any]
    path: str
    argument: str = ""

    @property
    def registered(self) -> bool:
        """Whether the method was named by a registered name."""
        return ":" not in self.path


def is_class_path(text: str) -> bool:
    """Whether a text has the form `package.module:Class`.

    Examples
    --------
    >>> [is_class_path(text) for text in ("package.module:Class", "unet", "command:mytool")]
    [True, False, True]
    """
    return _CLASS_PATH.fullmatch(text) is not None


def spec_of(method: str | type[Any]) -> str:
    """Return what names a method: the text itself, or for a class its registered name or path.

    Parameters
    ----------
    method : str or type
        What a user gave. A class of a notebook is named too, for it lies in the module `__main__`.

    Raises
    ------
    InputError
        If the class cannot be found again under its own name, as one that a function made.

    Examples
    --------
    >>> from phycharm.harmonizers.registry import harmonizer_class
    >>> spec_of("package.module:Mine")
    'package.module:Mine'
    >>> spec_of(harmonizer_class("nyul"))
    'nyul'
    """
    if not isinstance(method, type):
        return method
    path = class_path(method)
    if not is_class_path(path) or find_class(path) is not method:
        raise InputError(
            f"{path}: another part of the run cannot find this class under its name; define it at "
            "the top of a module or notebook, under a name that nothing else takes later."
        )
    return registered_name(path) or path


def parse_spec(text: str) -> Spec:
    """Take apart what a user wrote.

    Parameters
    ----------
    text : str
        A registered name, `package.module:Class`, `ADAPTER:ARGUMENT` with a registered adapter
        (`precomputed:FOLDER`, `command:LINE`), or one of these after `NAME=`.

    Raises
    ------
    InputError
        If it is none of these.

    Examples
    --------
    >>> parse_spec("nyul").method
    <class 'phycharm.baselines.nyul.Nyul'>
    >>> found = parse_spec("mine=precomputed:folder/of/images")
    >>> found.alias, found.path, found.argument
    ('mine', 'precomputed', 'folder/of/images')
    """
    alias, path = "", text.strip()
    if found := _ALIAS.fullmatch(path):
        alias, path = found.groups()
    head, colon, argument = path.partition(":")
    if head in harmonizer_names():
        method = find_class(head)
        if issubclass(method, Adapter) and method.argument:
            if not argument.strip():
                wanted = method.argument.upper()
                raise InputError(f"{head}: say which; write {head}:{wanted}.")
            return Spec(text=text, alias=alias, method=method, path=head, argument=argument.strip())
    if colon and not is_class_path(path):
        raise InputError(
            f"{text}: neither package.module:Class nor a known kind before the colon; "
            f"{did_you_mean(head, harmonizer_names())}"
        )
    return Spec(text=text, alias=alias, method=find_class(path), path=path)
