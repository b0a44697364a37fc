"""What an engine of registration is."""

from typing import Protocol

from ..imaging.space import Matrix
from .head import Head


class Aligner(Protocol):
    """Finds the linear map from one head to another."""

    name: str

    @property
    def version(self) -> str:
        """Which program, of which version; part of the cache's key."""

    def align(self, fixed: Head, moving: Head, start: Matrix, *, affine: bool) -> Matrix:
        """Register a head to another of the same person.

        Parameters
        ----------
        fixed, moving : Head
            The reference, and the head that is brought to it.
        start : ndarray of float64, shape (4, 4)
            First guess, a rigid map.
        affine : bool
            Whether scales and shears are fitted too, after the rigid map.

        Returns
        -------
        ndarray of float64, shape (4, 4)
            World coordinates (RAS+, mm) of `fixed` to those of `moving`.

        Raises
        ------
        InputError
            If the engine gives no result.
        """
