"""Regions of a head that were blanked out, by defacing as a rule."""

import numpy as np
from scipy import ndimage

from ...utils.arrays import Image, Mask

_LEAST_VOXELS = 64  # smaller ones are chance, such as the noise of a dark ventricle in integers


def flat_regions(image: Image) -> Mask:
    """Find where neighbouring voxels hold exactly one value, as no scanner measures it.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        A head as it was stored.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        Voxels of regions of 64 voxels or more, inside which every block of 3 x 3 x 3 is constant;
        air that was set to zero is among them.
    """
    high = ndimage.maximum_filter(image, 3, mode="nearest")
    centres = high == ndimage.minimum_filter(image, 3, mode="nearest")
    regions = ndimage.binary_dilation(centres, np.ones((3, 3, 3), dtype=np.bool_))
    labels, count = ndimage.label(regions)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return np.asarray((sizes >= _LEAST_VOXELS)[labels])
