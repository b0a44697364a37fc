"""Seeds drive everything: one number of the protocol, many independent streams."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derived_seed(seed: int, *names: object) -> int:
    """Return a seed for one purpose, independent of the order in which purposes come.

    Parameters
    ----------
    seed : int
        The parent.
    names : object
        What it is for, such as a method and a direction.

    Returns
    -------
    int
        Between 0 and 2**31 - 1.

    Examples
    --------
    >>> derived_seed(0, "unet", "GE", "Siemens")
    1159250583
    >>> derived_seed(0, "unet", "Siemens", "GE")
    430623230
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python, NumPy and torch inside the block, and leave them as they were after it.

    Examples
    --------
    >>> with seeded(7):
    ...     first = torch.rand(1)
    ...
    >>> with seeded(7):
    ...     first == torch.rand(1)
    ...
    tensor([True])
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        random.seed(seed)
        # Outsiders' methods draw from NumPy's global generator, so that one is seeded too.
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002
