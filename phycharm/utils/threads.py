"""How many threads there are to use, and threads that sleep while they wait."""

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
# A thread that waits for others by spinning takes the core from whoever has work to do.
_SLEEPING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}


def usable_cores() -> int:
    """Return how many cores this process may use.

    Returns
    -------
    int
        The cores of its affinity mask, or fewer where a control group allows less time (version 2,
        `cpu.max`; version 1, `cpu.cfs_quota_us`), as in a container with a quota; 1 or more.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, math.floor(quota)))


def cpu_quota(*, root: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> float | None:
    """Return how many cores' time the control groups of this process allow.

    Parameters
    ----------
    root : Path
        Where control groups are mounted.
    own : Path
        File that names this process's own groups.

    Returns
    -------
    float or None
        The least of all groups above it; None where nothing is limited or known.
    """
    found = [_limit(folder) for folder in control_groups(root, own)]
    limits = [limit for limit in found if limit is not None]
    return min(limits, default=None)


def control_groups(root: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> list[Path]:
    """List the folders in which limits of this process may be written down.

    Parameters
    ----------
    root : Path
        Where control groups are mounted.
    own : Path
        File that names this process's own groups.

    Returns
    -------
    list of Path
        Of all groups above it, whether they exist or not.
    """
    folders = [root, root / "cpu"]
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return folders
    for line in lines:
        _, _, name = line.rpartition(":")
        for mount in (root, root / "cpu"):
            group = mount / name.strip("/")
            folders += [group, *(up for up in group.parents if up.is_relative_to(mount))]
    return folders


def _limit(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{name}_us").read_text(encoding="utf-8").strip()
                for name in ("quota", "period")
            )
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError):
        return None  # "max", or no such file


def share_cores() -> None:
    """Have the threads of numerical libraries sleep while they wait, on no more cores than allowed.

    OpenMP reads its variables once, so this has to come before numpy or torch is imported; what the
    user has set stays as it is.
    """
    for name, value in _SLEEPING.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("OMP_NUM_THREADS", str(usable_cores()))
