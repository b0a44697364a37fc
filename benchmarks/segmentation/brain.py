"""The brain of a scan as segmentation engines want it, or a word on why it is unfit."""

import warnings

import numpy as np

from phycharm.data.brain import is_centred
from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.utils.arrays import Image

# Where the engines' logarithm is one, and where FAST's reference answers are.
_BRIGHTEST = 1000.0


def scan_name(scan: Scan) -> str:
    """Return the words by which messages name a scan."""
    return " ".join(part for part in (scan.subject, scan.session, scan.scanner.name) if part)


def brain_image(scan: Scan) -> Image:
    """Take the brain out of a scan: positive inside, exactly 0 outside.

    A few negative voxels are set to 0, with a warning. The engines work on log(intensity + 1), so
    that the unit of the intensities, which means nothing, would decide how much of a logarithm it
    is. An image in a unit of its own is divided by its 99th percentile, and all are multiplied by
    1000: a standardized scan, or what a method made of one, has a unit that it shares with others,
    and keeps it.

    Parameters
    ----------
    scan : Scan
        Image and brain mask.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        The masked image.

    Raises
    ------
    InputError
        If the image is no volume, the mask is empty or of another shape, or the brain holds NaN
        or infinity, no positive voxel, or so many negative ones that the image must be centred.
    """
    _check_shapes(scan)
    brain = scan.image[scan.mask]
    if not np.isfinite(brain).all():
        raise InputError(
            f"{scan_name(scan)}: the brain holds NaN or infinite voxels; replace them first."
        )
    _check_sign(scan, brain)
    image = np.where(scan.mask, scan.image, 0).clip(min=0).astype(np.float32)
    unit = 1.0 if scan.standardization else float(np.percentile(image[image > 0], 99))
    return np.multiply(image, _BRIGHTEST / unit, dtype=np.float64).astype(np.float32)


def _check_shapes(scan: Scan) -> None:
    if scan.image.ndim != 3:
        raise InputError(
            f"{scan_name(scan)}: the image has shape {scan.image.shape}; a volume (X, Y, Z) is "
            "needed, so split the series."
        )
    if scan.mask.shape != scan.image.shape:
        raise InputError(
            f"{scan_name(scan)}: the mask has shape {scan.mask.shape} and the image "
            f"{scan.image.shape}; resample the mask to the image."
        )
    if not scan.mask.any():
        raise InputError(f"{scan_name(scan)}: the brain mask is empty; make it again.")


def _check_sign(scan: Scan, brain: Image) -> None:
    negative = float((brain < 0).mean())
    if is_centred(brain) or brain.max() <= 0:
        raise InputError(
            f"{scan_name(scan)}: {negative:.0%} of the brain is negative and its maximum is "
            f"{brain.max():.3g}, as in a z-scored image; give intensities of 0 and more."
        )
    if negative > 0:
        warnings.warn(
            f"{scan_name(scan)}: {negative:.2%} of the brain is negative and counts as outside.",
            stacklevel=3,
        )
