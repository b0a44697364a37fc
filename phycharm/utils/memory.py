"""How much memory there is to use, and how much was used."""

import os
import platform
import resource
from pathlib import Path

from .threads import control_groups

_LIMITS = ("memory.max", "memory.limit_in_bytes")
_PEAK = "VmHWM:"


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


def peak_memory() -> int:
    """Return the most bytes of memory that this process has held so far.

    Where Linux tells, it is what the program has held. What `getrusage` tells there is at least
    what the process held that started this one, however small this one is.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(_PEAK))
    except (OSError, StopIteration, ValueError):
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # macOS counts bytes.
        return held if platform.system() == "Darwin" else 1024 * held


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # "max", or no such file
