"""The intensity scale of T1-weighted scans, which is arbitrary until it is made common.

GE delivers thousands and Siemens hundreds for the same tissue. Every scan is divided by one number
of its own before anything else sees it; doing nothing ("none") starts from there too. A
standardization is the rule for that number. How stable each rule is: `docs/standardization.md`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..utils.arrays import Image, Mask
from ..utils.suggestions import did_you_mean
from .scan import Scan

STANDARDIZATION_REVISION = "1"
"""Raised whenever a rule would give a scan another scale; part of what identifies scores."""

DEFAULT_STANDARDIZATION = "p99"
"""What models that name none were trained on: those saved before a model recorded it."""

# Around the level of white matter: grey matter is darker, vessels and fat are brighter.
_WHITE_MATTER = (0.9, 1.1)


def percentile_99(scan: Scan) -> Scan:
    """Divide by the 99th percentile of the brain, and set everything outside it to 0.

    White matter lies near 0.9 afterwards, whatever the vendor's scale. What decides is the
    brightest hundredth: a shaded rim or a remnant of fat moves it.

    Parameters
    ----------
    scan : Scan
        In the scanner's own units.

    Returns
    -------
    Scan
        Dimensionless intensities; `scale` leads back to the file's units.

    Examples
    --------
    >>> from phycharm import Acquisition, Scanner
    >>> timing = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
    >>> image = np.arange(1000, dtype=np.float32).reshape(10, 10, 10)
    >>> scan = Scan(
    ...     image=image,
    ...     mask=image >= 500,
    ...     affine=np.eye(4),
    ...     scanner=Scanner(name="GE", acquisition=timing),
    ...     subject="01",
    ... )
    >>> standardized = percentile_99(scan).image
    >>> [round(float(standardized.flat[voxel]), 3) for voxel in (499, 500, 994, 999)]
    [0.0, 0.503, 1.0, 1.005]
    """
    return _standardized(scan, "p99")


def percentile_90(scan: Scan) -> Scan:
    """Divide by the 90th percentile of the brain, and set everything outside it to 0.

    White matter is the brightest tissue and far more than a tenth of the brain, so that this
    percentile falls into it, out of reach of a thin bright rim. White matter lies near 1
    afterwards.

    Parameters
    ----------
    scan : Scan
        In the scanner's own units.

    Returns
    -------
    Scan
        Dimensionless intensities.
    """
    return _standardized(scan, "p90")


def white_matter_mean(scan: Scan) -> Scan:
    """Divide by the mean of what is as bright as white matter, and set all outside the brain to 0.

    That is every voxel of the brain within a tenth of its 90th percentile, as WhiteStripe takes
    the voxels around the peak of white matter (Shinohara et al. Statistical normalization
    techniques for magnetic resonance imaging. NeuroImage Clin 2014;6:9-19.
    doi:10.1016/j.nicl.2014.08.008). A peak is not looked for: on blurred scans, and on shaded
    ones, grey and white matter have one in common.

    Parameters
    ----------
    scan : Scan
        In the scanner's own units.

    Returns
    -------
    Scan
        Dimensionless intensities.
    """
    return _standardized(scan, "wm_mean")


STANDARDIZATIONS: dict[str, Callable[[Scan], Scan]] = {
    "p99": percentile_99,
    "p90": percentile_90,
    "wm_mean": white_matter_mean,
}
"""Standardizations that a protocol can name; what a name means never changes."""


def standardize(image: Image, mask: Mask, name: str) -> Image:
    """Put any image on the scale of standardized scans: one that was computed, for instance.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Intensities in any units.
    mask : ndarray of bool, shape (X, Y, Z)
        The brain.
    name : str
        A standardization of `STANDARDIZATIONS`, such as `Scan.standardization`; empty stands for
        `DEFAULT_STANDARDIZATION`.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        Dimensionless intensities, 0 outside the mask.

    Raises
    ------
    InputError
        If no standardization has that name.

    Examples
    --------
    >>> image = np.arange(1, 1001, dtype=np.float32).reshape(10, 10, 10)
    >>> standardized = standardize(image, image > 0, "p90")
    >>> [round(float(standardized.flat[voxel]), 3) for voxel in (0, 449, 899)]
    [0.001, 0.5, 1.0]
    """
    return _divided(image, mask, _divisor(image, mask, name))


def intensity_scale(image: Image, mask: Mask, name: str) -> float:
    """Return the number that a standardization divides an image by.

    Parameters
    ----------
    image, mask, name
        As in `standardize`.

    Returns
    -------
    float
        In the image's own units; 0 or less for a brain without signal.

    Raises
    ------
    InputError
        If no standardization has that name.
    """
    rule = _SCALES.get(name or DEFAULT_STANDARDIZATION)
    if rule is None:
        raise InputError(f"No standardization {name!r}; {did_you_mean(name, _SCALES)}")
    return rule(image[mask])


def _standardized(scan: Scan, name: str) -> Scan:
    divisor = _divisor(scan.image, scan.mask, name)
    image = _divided(scan.image, scan.mask, divisor)
    scale = scan.scale * float(divisor)
    return replace(scan, image=image, standardization=name, scale=scale)


def _divisor(image: Image, mask: Mask, name: str) -> np.float32:
    scale = np.float32(intensity_scale(image, mask, name))
    # A robust scale of 0 means an (almost) empty brain: dividing by it would invent infinities.
    return scale if scale > 0 else np.float32(1)


def _divided(image: Image, mask: Mask, divisor: np.float32) -> Image:
    return np.asarray(np.where(mask, image / divisor, np.float32(0)), dtype=np.float32)


def _percentile_99(brain: npt.NDArray[Any]) -> float:
    return float(np.float32(np.percentile(brain, 99)))


def _percentile_90(brain: npt.NDArray[Any]) -> float:
    return float(np.float32(np.percentile(brain, 90)))


def _white_matter_mean(brain: npt.NDArray[Any]) -> float:
    middle = _percentile_90(brain)
    low, high = _WHITE_MATTER
    white = brain[(brain >= low * middle) & (brain <= high * middle)]
    # The percentile may lie between two voxels far apart, and of a negative one the ends cross.
    return float(white.mean(dtype=np.float64)) if white.size else middle


_SCALES: dict[str, Callable[[npt.NDArray[Any]], float]] = {
    "p99": _percentile_99,
    "p90": _percentile_90,
    "wm_mean": _white_matter_mean,
}
