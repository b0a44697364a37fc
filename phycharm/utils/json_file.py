"""JSON files that hold one object."""

import json
from pathlib import Path
from typing import Any

from ..errors import InputError


def read_object(path: Path, *, remedy: str) -> dict[str, Any]:
    """Read a JSON object.

    Parameters
    ----------
    path : Path
        File to read.
    remedy : str
        What the user can do if it cannot be used, for the message.

    Raises
    ------
    InputError
        If the file cannot be read, is no JSON, or holds something else than an object.
    """
    try:
        # Some editors begin a file with a mark of its byte order.
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not readable as JSON ({reason}); {remedy}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no JSON object; {remedy}.")
    return content
