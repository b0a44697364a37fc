"""Writing that either happened or did not: results never stand half-written under their name."""

import errno
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_HOST = re.sub(r"\W+", "", platform.node().partition(".")[0])[:32] or "host"
_UNFINISHED = f".partial-{_HOST}-"
# What is left when a writer gave up on its last block.
_HARDLY_ANY_ROOM = 64 * 1024


def is_full(error: BaseException) -> bool:
    """Whether an exception says that a disk, or the user's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error say which file could not be written, whatever library wrote it."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise
    except Exception as error:
        # Some libraries tell of a full disk in words, and exceptions, of their own.
        what = os.strerror(errno.ENOSPC)
        if what in str(error) or shutil.disk_usage(path.parent).free < _HARDLY_ANY_ROOM:
            raise OSError(errno.ENOSPC, what, str(path)) from error
        raise


def _temporary_name(path: Path) -> Path:
    # The suffixes stay at the end: many writers choose a format by them. Numbers of processes are
    # their host's own, and several hosts may write into one folder.
    return path.with_name(f"{_UNFINISHED}{os.getpid()}-{path.name}")


def _is_unfinished(path: Path) -> bool:
    """Whether a file lies in a folder that `atomic_folder` has still to finish, and to sync."""
    return any(part.startswith(_UNFINISHED) for part in path.parent.parts)


def sync(path: Path) -> None:
    """Have a file or folder written to the disk before anything builds on it.

    Parameters
    ----------
    path : Path
        What was written; of a folder, its list of names.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot, and have nothing to be asked for.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, and rename it to `path` when the block succeeds.

    Parameters
    ----------
    path : Path
        Where the file shall stand; its folder is made if need be.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    OSError
        If the file cannot be written: it names the file, and what was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_name(path)
    try:
        with _named(path):
            yield temporary
            # A name that outlives a crash of the machine must not outlive what it stands for.
            if not _is_unfinished(path):
                sync(temporary)
            temporary.replace(path)
            if not _is_unfinished(path):
                sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `path`, and move it to `path` when the block succeeds.

    An older folder at `path` is replaced.

    Parameters
    ----------
    path : Path
        Where the folder shall stand.

    Yields
    ------
    Path
        Folder to fill.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_name(path)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        # All at once at the end: a disk writes many files as quickly as one.
        for part in [*(p for p in temporary.rglob("*") if not p.is_symlink()), temporary]:
            with _named(part):
                sync(part)
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
        sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically; bytes of a file name that are no text become escapes."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON atomically."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
