"""How much memory there is to use."""

import os
from pathlib import Path

from .threads import control_groups

_LIMITS = ("memory.max", "memory.limit_in_bytes")


def usable_memory(folders: list[Path] | None = None) -> int:
    """Return how many bytes of memory this process and its children may hold.

    Parameters
    ----------
    folders : list of Path, optional
        Of control groups; by default this process's own.

    Returns
    -------
    int
        What the machine has, or less where a control group allows less, as in a container.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    groups = control_groups() if folders is None else folders
    limits = [_limit(folder / name) for folder in groups for name in _LIMITS]
    return min([machine, *(limit for limit in limits if limit is not None)])


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # "max", or no such file
