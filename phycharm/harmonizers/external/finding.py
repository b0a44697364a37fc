"""Finding a method's class, also in the user's working folder."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..registry import harmonizer_class


def find_class(path: str) -> type[Any]:
    """Find a method's class by registered name or by `package.module:Class`.

    Modules in the working folder are found too, where the user names one by its path; a console
    script does not see them by itself. A registered name is looked for among what is installed, so
    that no file which merely lies there is imported in a library's place.

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
        with _working_folder_importable() if ":" in path else nullcontext():
            return harmonizer_class(path)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{path}: importing it failed {failure(error)}; correct the module."
        ) from error


def failure(error: BaseException) -> str:
    """Say in one line what was raised in somebody else's code, and where."""
    said = " ".join(str(error).split())
    return f"at {_place(error)} ({type(error).__name__}: {said})"


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
