"""The interface of segmentation engines."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from phycharm.data.scan import Scan

from .segmentation import Segmentation


class Segmenter(ABC):
    """Turns T1-weighted scans into tissues, with the same options for every scan.

    Engines take voxel order and size from the affine, so that a scan need not be in RAS order.
    """

    name: ClassVar[str]
    """The word by which users choose the engine."""

    revision: ClassVar[str] = "1"
    """Raised whenever an image would be segmented otherwise; part of what identifies a score."""

    @abstractmethod
    def segment(self, scan: Scan) -> Segmentation:
        """Segment one scan.

        Parameters
        ----------
        scan : Scan
            Image and brain mask; voxels of the mask that are not positive are left out.

        Returns
        -------
        Segmentation
            On the scan's grid.

        Raises
        ------
        InputError
            If the image, the mask or the engine's program cannot be used.
        """

    def segment_many(self, scans: Sequence[Scan]) -> list[Segmentation]:
        """Segment scans in their order; engines that can do so work on several at once."""
        return [self.segment(scan) for scan in scans]
