"""Intensity against T1: what an image says about the acquisition that made it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..utils.arrays import Image, Mask

_BINS = 40
_LEAST_VOXELS = 400  # fewer make no curve
_T1_RANGE = (300.0, 4000.0)  # ms: beyond it a map of the brain is an error


@dataclass(frozen=True, kw_only=True, eq=False)
class IntensityCurve:
    """Median intensity per unit of M0 in classes of T1, of one image.

    Parameters
    ----------
    t1 : ndarray of float64, shape (K,)
        T1 in ms, ascending.
    intensity : ndarray of float64, shape (K,)
        Intensity over M0, in arbitrary units.
    """

    t1: npt.NDArray[np.float64]
    intensity: npt.NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IntensityCurve) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[bytes, bytes]:
        return self.t1.tobytes(), self.intensity.tobytes()


def intensity_curve(image: Image, t1: Image, m0: Image, mask: Mask) -> IntensityCurve | None:
    """Reduce an image and the maps of the same person to a curve.

    Parameters
    ----------
    image : ndarray, shape (X, Y, Z)
        T1-weighted, arbitrary units.
    t1, m0 : ndarray, shape (X, Y, Z)
        T1 in ms and M0 in arbitrary units, on the image's grid.
    mask : ndarray of bool, shape (X, Y, Z)
        Voxels to take.

    Returns
    -------
    IntensityCurve or None
        Classes of T1 hold equally many voxels; None where there are too few of them.
    """
    low, high = _T1_RANGE
    usable = mask & (t1 > low) & (t1 < high) & (m0 > 0) & (image > 0)
    if np.count_nonzero(usable) < _LEAST_VOXELS:
        return None
    times = t1[usable].astype(np.float64)
    ratio = image[usable].astype(np.float64) / m0[usable]
    order = np.argsort(times, kind="stable")
    classes = np.array_split(order, _BINS)
    return IntensityCurve(
        t1=np.array([np.median(times[part]) for part in classes]),
        intensity=np.array([np.median(ratio[part]) for part in classes]),
    )
