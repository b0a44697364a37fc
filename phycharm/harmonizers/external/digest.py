"""Fingerprints of what a method is made of, so that a changed method is never taken for the old."""

import hashlib
import inspect
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

_LENGTH = 12


def source_digest(method: type) -> str:
    """Return a fingerprint of the file in which a class is written.

    A class that was typed into a notebook or at a prompt has no file, and nobody can tell what it
    was when a result was computed: its fingerprint is another one each time. Empty for a class
    that is written in C.
    """
    try:
        path = inspect.getsourcefile(method)
    except (OSError, TypeError):
        path = None
    if path and Path(path).is_file():
        return files_digest([Path(path)])
    return uuid4().hex[:_LENGTH] if method.__module__ == "__main__" else ""


def files_digest(paths: Iterable[Path]) -> str:
    """Return a fingerprint of the names and the content of files.

    Parameters
    ----------
    paths : iterable of Path
        Existing files; their order counts.
    """
    whole = hashlib.sha256()
    for path in paths:
        status = path.stat()
        content = _file_digest(path, status.st_size, status.st_mtime_ns)
        whole.update(f"{path.name}\x1f{content}\x1e".encode())
    return whole.hexdigest()[:_LENGTH]


@lru_cache(maxsize=4096)
def _file_digest(path: Path, size: int, modified: int) -> str:
    """Hash a file; size and time of change are there for the cache alone."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
