"""Writing images while the next are made and scored."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from phycharm.data.nifti import write_volume
from phycharm.utils.arrays import Image

Volume = tuple[Path, Image, npt.NDArray[np.float64]]
"""Where it is written, its image, its affine."""


class ImageWriter:
    """Writes volumes, in a thread of its own where there is a core for it.

    To compress a volume of .8 mm takes longer than to score it on a GPU, and needs no lock of
    Python's. At the end of the block all are written.

    Parameters
    ----------
    behind : bool
        Whether to return before volumes are written. They must not be changed any more.
    """

    def __init__(self, *, behind: bool) -> None:
        self._pool = ThreadPoolExecutor(1) if behind else None
        self._under_way: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is being written; raise what went wrong, unless something else did."""
        if self._pool is None:
            return
        self._pool.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self._wait()

    def write(self, volumes: Sequence[Volume]) -> None:
        """Write volumes, once all before them are written: memory holds no queue of them.

        Parameters
        ----------
        volumes : sequence of (Path, ndarray, ndarray)
            Files; images of float32, shape (X, Y, Z); affines of float64, shape (4, 4).

        Raises
        ------
        OSError
            If one of these, or of those before, could not be written.
        """
        self._wait()
        for volume in volumes:
            if self._pool is None:
                write_volume(*volume)
            else:
                self._under_way.append(self._pool.submit(write_volume, *volume))

    def _wait(self) -> None:
        waited_for, self._under_way = self._under_way, []
        for one in waited_for:
            one.result()
