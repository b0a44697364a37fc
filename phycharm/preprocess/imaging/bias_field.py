"""The receive field of a scan, estimated and divided out."""

import numpy as np

from ...utils.arrays import Image, Mask
from .itk import from_itk, simple_itk, to_itk
from .space import Space, bounding_box

_SHRUNK_MM = 3.2  # 0.8 mm shrunk by 4
_MOST_SHRINKAGE = 4
_ITERATIONS = 50
_LEVELS = 4
_LEAST = 1e-3  # of the brain's median: logarithms need positive numbers


def correct_bias(image: Image, mask: Mask, space: Space) -> Image:
    """Divide a smooth field out of a brain, by N4.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Nowhere negative.
    mask : ndarray of bool, shape (X, Y, Z)
        The brain; the field is estimated there.
    space : Space
        Its grid.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        The corrected image, 0 outside the mask; its mean in the mask is the image's.

    Notes
    -----
    Tustison NJ, Avants BB, Cook PA, Zheng Y, Egan A, Yushkevich PA, Gee JC. IEEE Trans Med Imaging
    2010;29:1310-1320. The image is shrunk to voxels of about 3 mm for the estimate.
    """
    sitk = simple_itk()
    box = bounding_box(mask, margin=2)
    # A field has no direction: the grid's own axes do.
    own = Space(shape=space.shape, affine=np.diag([*space.voxel_size, 1.0])).crop(box)
    least = _LEAST * float(np.median(image[mask]))
    brain = np.where(mask[box], np.maximum(image[box], max(least, 1e-6)), 0).astype(np.float32)
    whole, region = to_itk(brain, own), to_itk(mask[box].astype(np.float32), own)
    factor = [int(np.clip(round(_SHRUNK_MM / edge), 1, _MOST_SHRINKAGE)) for edge in own.voxel_size]
    method = sitk.N4BiasFieldCorrectionImageFilter()
    method.SetMaximumNumberOfIterations([_ITERATIONS] * _LEVELS)
    small = sitk.Cast(sitk.Shrink(region, factor), sitk.sitkUInt8)
    method.Execute(sitk.Shrink(whole, factor), small)
    field = np.exp(from_itk(method.GetLogBiasFieldAsImage(whole)))
    corrected = brain / field * mask[box]
    corrected *= brain[mask[box]].mean() / max(float(corrected[mask[box]].mean()), 1e-12)
    result = np.zeros_like(image)
    result[box] = corrected
    return result
