"""Whether the content of a file is on this machine, or only its name."""

import errno
import stat
from pathlib import Path

from ..errors import InputError

# Pointers that git-annex and Git LFS leave in place of a file's content begin so.
_POINTERS = {
    b"/annex/objects/": "datalad get",
    b"version https://git-lfs": "git lfs pull --include",
}
_LONGEST_POINTER = 2048  # bytes


def absence(path: Path) -> str:
    """Say why the content of a file cannot be read: a phrase, empty where it is there.

    A clone by DataLad or git-annex holds links to content that was never fetched, and pointer
    files where links are not used; this tells both apart from damage. No image is read.

    Parameters
    ----------
    path : Path
        A name that a folder lists.

    Examples
    --------
    >>> absence(Path(__file__))
    ''
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _missing(path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads to itself; copy the file again"
        return _unreadable(error)
    if stat.S_ISDIR(found.st_mode):
        return "is a folder; name a file"
    if not stat.S_ISREG(found.st_mode):
        # Opening a pipe would wait for whoever writes into it.
        return "is no file; copy its content into one"
    if found.st_size > _LONGEST_POINTER:
        return ""
    try:
        with path.open("rb") as file:
            start = file.read(32)
    except OSError as error:
        return _unreadable(error)
    for pointer, command in _POINTERS.items():
        if start.startswith(pointer):
            return f"content not fetched; run `{command} {path}`"
    return ""


def _unreadable(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied; make it, and the folders it lies in, readable"
    return f"cannot be read ({error.strerror}); check the path and the disk"


def is_fetched(path: Path) -> bool:
    """Whether the content of a file is on this machine."""
    return not absence(path)


def require_content(path: Path) -> Path:
    """Return the path of a file whose content is there.

    Raises
    ------
    InputError
        If it is not: never fetched, a link to nothing, or not to be read by this user.
    """
    if reason := absence(path):
        raise InputError(f"{path}: {reason}.")
    return path


def _missing(path: Path) -> str:
    if not path.is_symlink():
        return "no such file; check the path"
    target = path.readlink().as_posix()
    if "annex/objects" in target:
        return f"content not fetched; run `datalad get {path}`"
    return f"is a link to {target}, which is not there; copy the file, or mend the link"
