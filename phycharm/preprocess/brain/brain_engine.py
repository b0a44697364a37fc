"""What an engine of brain extraction is."""

from typing import Protocol

from ...utils.arrays import Mask
from ..imaging.volume import Volume


class BrainEngine(Protocol):
    """Finds the brain in a head."""

    name: str

    @property
    def version(self) -> str:
        """Which program, of which version; part of the cache's key."""

    def mask(self, head: Volume) -> Mask:
        """Tell the brain from the rest of the head.

        Parameters
        ----------
        head : Volume
            In RAS order, the neck cropped.

        Returns
        -------
        ndarray of bool
            Of the head's shape.

        Raises
        ------
        InputError
            If no brain is found, or the program fails.
        """
