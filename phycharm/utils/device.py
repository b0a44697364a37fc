"""Where tensors live."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import InputError


def resolve_device(name: str) -> str:
    """Turn what the user asked for into a torch device.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where there is one.

    Returns
    -------
    str
        `cpu` or `cuda`.

    Raises
    ------
    InputError
        If CUDA is asked for and not there, or the name is unknown.
    """
    available = torch.cuda.is_available()
    if name == "auto":
        return "cuda" if available else "cpu"
    if name == "cuda" and not available:
        raise InputError(
            "No CUDA GPU is available to torch; use --device cpu (see phycharm doctor)."
        )
    if name not in ("cpu", "cuda"):
        raise InputError(f"No device {name!r}; there are: auto, cpu, cuda.")
    return name


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Take denormal numbers as zero inside the block, and as before after it.

    Small networks on a CPU lose more time to denormal numbers than to anything else.
    """
    # torch does not tell the state; the smallest numbers do.
    smallest = torch.tensor(1e-310, dtype=torch.float64)
    before = bool(smallest * 1.0 == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
