"""Maps that were predicted a moment ago: a run asks for those of one scan again and again."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ...utils.arrays import Image

Maps = tuple[Image, Image]

MOST_BYTES = 512 * 2**20
"""How much is remembered: two hundred brains at 3 mm, four at .8 mm."""


class Predictions:
    """Remember what a function returned lately, by what it was asked, within a bound of memory.

    Parameters
    ----------
    most_bytes : int
        Beyond which the oldest is forgotten.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._known: OrderedDict[str, Maps] = OrderedDict()
        self._bytes = 0

    def recall(self, key: str, compute: Callable[[], Maps]) -> Maps:
        """Return what is remembered, or compute it.

        Parameters
        ----------
        key : str
            Of everything that the answer follows from.
        compute : callable
            Returns T1 and M0.

        Returns
        -------
        t1, m0 : ndarray of float32, shape (X, Y, Z)
            Copies: a caller may write into them.
        """
        if key in self._known:
            self._known.move_to_end(key)
        else:
            self._remember(key, compute())
        t1, m0 = self._known[key]
        if self._bytes > self._most:
            self._forget(key)
        return t1.copy(), m0.copy()

    def _remember(self, key: str, maps: Maps) -> None:
        self._known[key] = maps
        self._bytes += _size(maps)
        while self._bytes > self._most and len(self._known) > 1:
            self._forget(next(iter(self._known)))

    def _forget(self, key: str) -> None:
        self._bytes -= _size(self._known.pop(key))


def digest_of_weights(tensors: Mapping[str, Tensor], *facts: object) -> str:
    """Return a digest of a network's numbers and of what else decides what it makes."""
    content = hashlib.sha256(repr(facts).encode())
    for name, tensor in tensors.items():
        content.update(name.encode())
        content.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).tobytes())
    return content.hexdigest()


def digest_of_arrays(start: str, *arrays: npt.NDArray[np.generic]) -> str:
    """Return a digest of arrays, and of what came before them."""
    content = hashlib.sha256(start.encode())
    for array in arrays:
        content.update(f"{array.shape} {array.dtype}".encode())
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


PREDICTIONS = Predictions()
"""Of this process."""


def _size(maps: Maps) -> int:
    return sum(volume.nbytes for volume in maps)
