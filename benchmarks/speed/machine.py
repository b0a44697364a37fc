"""On what something was measured, in words for a page."""

import torch

from ..run.environment import environment, hardware


def measured_on(device: str) -> str:
    """Name the processor, and the versions of torch and of this package.

    Parameters
    ----------
    device : str
        `cpu` or `cuda`.
    """
    about, versions = hardware(device), environment()
    where = about["device"] if device == "cuda" else f"{about['cpu']}, {about['threads']} threads"
    commit = f", commit {versions['git_commit'][:10]}" if versions["git_commit"] else ""
    return f"{where}, torch {torch.__version__}, phycharm {versions['phycharm']}{commit}"
