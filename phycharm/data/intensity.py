"""The intensity scale of T1-weighted scans, which is arbitrary until it is made common.

GE delivers thousands and Siemens hundreds for the same tissue. Every scan is divided by one robust
number of its own before anything else sees it; doing nothing ("none") starts from there too.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .scan import Scan


def percentile_99(scan: Scan) -> Scan:
    """Divide by the 99th percentile of the brain, and set everything outside it to 0.

    White matter lies near 0.9 afterwards, whatever the vendor's scale.

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
    scale = np.float32(np.percentile(scan.image[scan.mask], 99))
    if scale <= 0:
        # A robust scale of 0 means an (almost) empty brain: dividing by it would invent infinities.
        scale = np.float32(1)
    image = np.where(scan.mask, scan.image / scale, np.float32(0))
    return replace(scan, image=image, scale=scan.scale * float(scale))


STANDARDIZATIONS: dict[str, Callable[[Scan], Scan]] = {"p99": percentile_99}
"""Standardizations that a protocol can name; what a name means never changes."""
