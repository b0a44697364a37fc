"""Where a run was made: versions, machine, memory."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import phycharm

_PACKAGES = (
    "torch", "numpy", "scipy", "pandas", "scikit-image", "nibabel", "nilearn",
    "intensity-normalization", "fslpy", "antspyx",
)  # fmt: skip


@cache
def environment() -> dict[str, Any]:
    """Return the versions of this package and of what its scores depend on."""
    return {
        "phycharm": phycharm.__version__,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def hardware(device: str) -> dict[str, Any]:
    """Return what the run was computed on.

    Parameters
    ----------
    device : str
        `cpu` or `cuda`.
    """
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "threads": torch.get_num_threads(),
        # Other vector instructions add in another order: a reason why scores differ in a digit.
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "memory_gb": round(pages * page / 2**30, 1),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else "cpu",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _git_commit() -> str:
    """Return the commit of the checkout that the package runs from, or an empty string."""
    folder = Path(phycharm.__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
