"""Comparing images."""

import numpy as np
import numpy.typing as npt

from ..utils.arrays import Image
from .law import LawBroken


def difference(a: Image, b: Image) -> float:
    """Return the largest difference of two images, as a part of the first one's largest value."""
    largest = max(float(np.abs(a).max()), 1e-12)
    return float(np.abs(_wide(a) - _wide(b)).max()) / largest


def _wide(image: Image) -> npt.NDArray[np.float64]:
    return image.astype(np.float64)


def require_equal(a: Image, b: Image, tolerance: float, complaint: str) -> None:
    """Raise `LawBroken` with a complaint where two images differ by more than a tolerance."""
    found = difference(a, b)
    # Written so that NaN, too, is a difference.
    if not found <= tolerance:
        raise LawBroken(f"{complaint} (by {found:.2g} of the maximum)")
