"""What an image resolves, and smoothing to it within a mask."""

import numpy as np
from scipy import ndimage
from scipy.optimize import minimize_scalar

from ..utils.arrays import Image, Mask

_WIDEST = 2.5  # voxels, standard deviation
_LEAST = 0.15  # voxels: less smoothing changes nothing
_TINY = 1e-6


def masked_smoothing(volume: Image, mask: Mask, width: float) -> Image:
    """Smooth by a Gaussian that sees nothing outside a mask.

    Parameters
    ----------
    volume : ndarray of float32, shape (X, Y, Z)
        Any quantity.
    mask : ndarray of bool, shape (X, Y, Z)
        Where it is known.
    width : float
        Standard deviation of the Gaussian in voxels.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        Normalised convolution (Knutsson and Westin, CVPR 1993), 0 outside the mask.

    Examples
    --------
    >>> volume = np.zeros((5, 5, 5), np.float32)
    >>> volume[2, 2, 2] = 1
    >>> smooth = masked_smoothing(volume, np.ones((5, 5, 5), bool), 1.0)
    >>> bool(0.05 < smooth[2, 2, 2] < 0.1)
    True
    """
    inside = np.where(mask, volume, 0).astype(np.float32)
    if width < _LEAST:
        return inside
    weight = ndimage.gaussian_filter(mask.astype(np.float32), width, truncate=3.0)
    smooth = ndimage.gaussian_filter(inside, width, truncate=3.0)
    divided: Image = np.divide(
        smooth, weight, out=np.zeros_like(smooth), where=mask & (weight > _TINY)
    )
    return divided


def resolution_width(image: Image, signal: Image, mask: Mask) -> float:
    """Return the smoothing that brings a predicted signal nearest to an image.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        As the scanner made it.
    signal : ndarray of float32, shape (X, Y, Z)
        As maps and a signal model predict it, perhaps sharper.
    mask : ndarray of bool, shape (X, Y, Z)
        Brain.

    Returns
    -------
    float
        Standard deviation of a Gaussian in voxels, 0 to 2.5, with the least squared difference
        between the image and the smoothed signal after the best gain.
    """

    def misfit(width: float) -> float:
        smooth = masked_smoothing(signal, mask, width)[mask].astype(np.float64)
        power = float(smooth @ smooth)
        gain = float(smooth @ image[mask]) / power if power > 0 else 0.0
        return float(np.square(gain * smooth - image[mask]).mean())

    found = minimize_scalar(
        misfit, bounds=(0.0, _WIDEST), method="bounded", options={"xatol": 0.02}
    )
    width = float(found.x)
    return width if width >= _LEAST and misfit(width) < misfit(0.0) else 0.0
