"""Fingerprints of what a method is made of, so that a changed method is never taken for the old."""

import hashlib
import inspect
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_LENGTH = 12


def source_digest(method: type) -> str:
    """Return a fingerprint of the file in which a class is written; empty where there is none."""
    try:
        path = inspect.getsourcefile(method)
    except TypeError:
        path = None
    return files_digest([Path(path)]) if path and Path(path).is_file() else ""


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
