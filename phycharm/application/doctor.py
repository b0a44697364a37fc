"""`phycharm doctor`: what is installed, and what each missing piece costs."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the diagnosis.

    Parameters
    ----------
    name : str
        What was looked for.
    found : str
        Version or place; empty where it is missing.
    cost : str
        What is lost without it, and the remedy.
    """

    name: str
    found: str
    cost: str


def diagnosis() -> str:
    """Look for everything that the benchmark can use, and say in plain lines what was found."""
    return "\n".join(_line(check()) for check in _CHECKS)


def _line(finding: Finding) -> str:
    mark, text = ("yes", finding.found) if finding.found else (" no", finding.cost)
    return f"{mark}  {finding.name:<14} {text}"


def _python() -> Finding:
    return Finding(name="Python", found=platform.python_version(), cost="")


def _machine() -> Finding:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return Finding(
        name="machine", found=f"{os.cpu_count()} cores, {memory:.0f} GiB memory", cost=""
    )


def _torch() -> Finding:
    return Finding(
        name="torch",
        found=_version("torch"),
        cost="nothing can be trained or scored; install phycharm with its dependencies",
    )


def _gpu() -> Finding:
    found = ""
    if find_spec("torch"):
        import torch

        if torch.cuda.is_available():
            memory = torch.cuda.get_device_properties(0).total_memory / 2**30
            found = f"{torch.cuda.get_device_name()}, {memory:.0f} GiB"
    cost = "everything runs on the CPU: `smoke` and `quick` are made for that, `paper` takes days"
    return Finding(name="CUDA GPU", found=found, cost=cost)


def _template() -> Finding:
    cost = (
        "no digital subjects can be simulated and the report has no slice viewer; install nilearn"
    )
    return Finding(name="nilearn", found=_version("nilearn"), cost=cost)


def _fsl() -> Finding:
    folder = os.environ.get("FSLDIR", "")
    fast = Path(folder, "bin", "fast")
    found = ""
    if folder and fast.is_file():
        stamp = Path(folder, "etc", "fslversion")
        number = stamp.read_text(encoding="utf-8").strip() if stamp.is_file() else "unknown version"
        found = f"{number}, {fast}"
    cost = (
        "segmenter fsl-fast is not available, hmrf takes its place; install FSL (non-commercial "
        "licence) and set FSLDIR"
    )
    return Finding(name="FSL FAST", found=found, cost=cost)


def _ants() -> Finding:
    cost = "segmenter atropos is not available; pip install 'phycharm[ants]'"
    return Finding(name="ANTs", found=_version("antspyx"), cost=cost)


def _slurm() -> Finding:
    cost = "cells cannot be sent to a cluster; they run one after the other on this machine"
    return Finding(name="Slurm", found=shutil.which("sbatch") or "", cost=cost)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


_CHECKS: tuple[Callable[[], Finding], ...] = (
    _python, _machine, _torch, _gpu, _template, _fsl, _ants, _slurm,
)  # fmt: skip
