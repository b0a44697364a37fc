"""The brain of a scan as segmentation engines want it, or a word on why it is unfit."""

import warnings

import numpy as np

from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.utils.arrays import Image

# Interpolation leaves a few negative voxels; a z-scored or centred image has a third or more.
_MOST_NEGATIVE = 0.25
# Brighter than any normalised image, darker than any scanner's units.
_DIMENSIONLESS_BELOW = 20.0
_SCANNER_UNITS = 1000.0


def scan_name(scan: Scan) -> str:
    """Return the words by which messages name a scan."""
    return " ".join(part for part in (scan.subject, scan.session, scan.scanner.name) if part)


def brain_image(scan: Scan) -> Image:
    """Take the brain out of a scan: positive inside, exactly 0 outside.

    A few negative voxels are set to 0, with a warning. The engines work on log(intensity + 1),
    which is a logarithm in scanner units (hundreds or thousands) only: an image whose 99th
    percentile lies below 20 is normalised, and is multiplied by 1000.

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
    if np.percentile(brain, 99) < _DIMENSIONLESS_BELOW:
        image *= np.float32(_SCANNER_UNITS)
    return image


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
    if negative > _MOST_NEGATIVE or brain.max() <= 0:
        raise InputError(
            f"{scan_name(scan)}: {negative:.0%} of the brain is negative and its maximum is "
            f"{brain.max():.3g}, as in a z-scored image; give intensities of 0 and more."
        )
    if negative > 0:
        warnings.warn(
            f"{scan_name(scan)}: {negative:.2%} of the brain is negative and counts as outside.",
            stacklevel=3,
        )
