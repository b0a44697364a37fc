"""Finding a method's class, also in the user's working folder."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..registry import harmonizer_class


def find_class(path: str) -> type[Any]:
    """Find a method's class by registered name or by `package.module:Class`.

    Modules in the working folder are found too; a console script does not see them by itself.

    Parameters
    ----------
    path : str
        What the user named.

    Raises
    ------
    InputError
        If there is no such class, or importing its module fails.
    """
    try:
        with _working_folder_importable():
            return harmonizer_class(path)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{path}: importing it failed at {_place(error)} ({type(error).__name__}: {error}); "
            "correct the module."
        ) from error


@contextmanager
def _working_folder_importable() -> Iterator[None]:
    """Look for modules in the working folder: first while importing, last from then on.

    First, because the user means the file in front of him; last afterwards, so that a file there
    which is called like some library's module does not get in that library's way.
    """
    here = str(Path.cwd())
    if here in sys.path or "" in sys.path:
        yield
        return
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
        sys.path.append(here)


def _place(error: BaseException) -> str:
    """Return file and line of the user's code where an import failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name} line {error.lineno}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name} line {frame.lineno}"
