"""Plain data as TOML: texts, numbers, lists of texts, tables and lists of tables."""

import json
from collections.abc import Mapping
from typing import Any


def toml_key(name: str) -> str:
    """Write a key: bare where TOML allows it.

    Examples
    --------
    >>> toml_key("phycharm-paper"), toml_key("my method")
    ('phycharm-paper', '"my method"')
    """
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else json.dumps(name)


def toml_value(value: Any) -> str:
    """Write a value; texts of several lines become one line with escapes.

    Examples
    --------
    >>> toml_value(["a", 1e-6, True]), toml_value({"absolute": 0.5})
    ('["a", 1e-06, true]', '{ absolute = 0.5 }')
    """
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(k)} = {toml_value(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    # JSON's texts, whole numbers and truth values are TOML's, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_table(name: str, content: Mapping[str, Any], *, listed: bool = False) -> str:
    """Write a table; what it holds of tables stands inline.

    Examples
    --------
    >>> print(toml_table("run", {"threads": 2}))
    [run]
    threads = 2
    """
    head = f"[[{name}]]" if listed else f"[{name}]"
    return "\n".join([head, *(f"{toml_key(k)} = {toml_value(v)}" for k, v in content.items())])
