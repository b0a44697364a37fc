"""One T1-weighted volume of one person on one scanner."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from ..utils.arrays import Image, Mask
from .scanner import Scanner

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# A repr of three whole volumes would say nothing: it has its own.
@dataclass(frozen=True, kw_only=True, repr=False)
class Scan:
    """An image with everything a harmonizer may know of it.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities in RAS order, arbitrary units.
    mask : ndarray of bool, shape (X, Y, Z)
        The brain.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to RAS+ world coordinates in mm.
    scanner : Scanner
        Where the image was made.
    subject : str
        Label of the person, without `sub-`.
    session : str
        Label of the visit, without `ses-`.
    scale : float
        How many of the file's own units an intensity of 1 stands for; 1 as long as nothing has been
        standardized.
    standardization : str
        What the intensities were put on a common scale by (`phycharm.data.intensity`); empty for
        arbitrary units.

    Examples
    --------
    >>> from phycharm import Acquisition
    >>> timing = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
    >>> image = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    >>> scan = Scan(
    ...     image=image,
    ...     mask=image > 0,
    ...     affine=np.diag([1.0, 1.0, 1.2, 1.0]),
    ...     scanner=Scanner(name="GE", acquisition=timing),
    ...     subject="01",
    ... )
    >>> scan
    Scan(subject='01', session='', scanner='GE', shape=(2, 2, 2), voxel_size=(1.0, 1.0, 1.2))
    >>> scan.voxel_size
    (1.0, 1.0, 1.2)
    >>> float(scan.with_image(2 * image).image.max())
    14.0
    """

    image: Image
    mask: Mask
    affine: npt.NDArray[np.float64]
    scanner: Scanner
    subject: str
    session: str = ""
    scale: float = 1.0
    standardization: str = ""

    def __repr__(self) -> str:
        size = tuple(round(edge, 3) for edge in self.voxel_size)
        return (
            f"{type(self).__name__}(subject={self.subject!r}, session={self.session!r}, "
            f"scanner={self.scanner.name!r}, shape={self.image.shape}, voxel_size={size})"
        )

    @cached_property
    def voxel_size(self) -> tuple[float, float, float]:
        """Edge lengths of a voxel in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    def with_image(self, image: Image) -> Self:
        """Return the same scan with another image, on the same scale."""
        return replace(self, image=image)

    def plot(self) -> "Figure":
        """Draw a sagittal, a coronal and an axial slice through the middle of the brain.

        Returns
        -------
        matplotlib.figure.Figure
            The patient's left is at the left; the line is the edge of the mask.
        """
        # matplotlib takes half a second, and most scans are never looked at.
        from .scan_picture import draw_scan

        return draw_scan(self)

    def _repr_html_(self) -> str:
        from .scan_picture import scan_html

        return scan_html(self)
