"""Fewer searches for garbage while figures are drawn."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 100_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Search for cyclic garbage only after every 100,000 objects inside the block.

    Figures and tables are made of millions of objects that live for long; with Python's threshold
    of 700 a tenth of the time of a report goes into looking them through.
    """
    before = gc.get_threshold()
    # 0 means never, as whoever set it wants.
    gc.set_threshold(before[0] and max(before[0], _OBJECTS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
