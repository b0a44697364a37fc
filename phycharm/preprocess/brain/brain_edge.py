"""Moving the edge of a brain mask to where the intensities say that the brain ends."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from ...utils.arrays import Mask
from ..imaging.volume import Volume

_CORE_MM = 5.0  # inside that deep, everything is brain
_REACH_MM = 6.0  # the true edge lies no further outside than that
_BRIDGE_MM = 2.5  # thinner connections to the skull are cut
_SULCUS_MM = 6.0  # narrower gaps of fluid belong to the brain
_BRIGHTER = 1.35  # times white matter: fat and contrast agent
_CREDIBLE = (0.7, 1.4)  # volume against the mask that was given
_ROUNDS = 3
_SETTLED = 0.02  # a round that changes the volume by less is the last


class _Levels(NamedTuple):
    low: float
    high: float


def correct_by_intensity(head: Volume, mask: Mask) -> Mask:
    """Cut off what is no brain by its intensity, and take in brain that lies just outside.

    Grey and white matter are what is brighter than the fluid and not as bright as fat; of these the
    part that hangs together with the mask's core by more than thin bridges is the brain, and gaps
    as narrow as sulci are filled.

    Parameters
    ----------
    head : Volume
        Cubic voxels.
    mask : ndarray of bool
        A brain, right to within some millimetres.

    Returns
    -------
    ndarray of bool
        The corrected mask; `mask` itself where the correction has no credible volume.
    """
    low, high = (part * mask.sum() for part in _CREDIBLE)
    found = mask
    for _ in range(_ROUNDS):
        tried = _corrected(head, found)
        if not low < tried.sum() < high:
            break
        change = abs(int(tried.sum()) - int(found.sum()))
        found = tried
        if change < _SETTLED * mask.sum():
            break
    return found


def _corrected(head: Volume, mask: Mask) -> Mask:
    edge = float(head.space.voxel_size.mean())
    depth = ndimage.distance_transform_edt(mask) * edge
    core = depth > min(_CORE_MM, 0.5 * float(depth.max()))
    if not core.any():
        return mask
    levels = _levels(head.image[core])
    outside = ndimage.distance_transform_edt(~mask) * edge
    within = outside <= _REACH_MM
    tissue = (head.image > levels.low) & (head.image < levels.high) & within
    tissue = _opened(tissue, _BRIDGE_MM / edge) | core
    labels, _ = ndimage.label(tissue)
    touched = np.unique(labels[core])
    tissue = np.isin(labels, touched[touched > 0])
    brain = _closed(tissue, _SULCUS_MM / edge) & within
    return np.asarray(ndimage.binary_fill_holes(brain))


def _levels(core: np.ndarray[tuple[int], np.dtype[np.float32]]) -> _Levels:
    """Find where fluid ends, and where what is brighter than white matter begins."""
    top = float(np.percentile(core, 99))
    values = np.clip(core, 0, top)
    fluid = float(threshold_multiotsu(values, classes=3)[0]) if np.ptp(values) else 0.0
    # Ventricles are small: where the classes are those of grey and white, take less than half.
    median = float(np.median(values))
    return _Levels(low=min(fluid, 0.5 * median), high=_BRIGHTER * top)


def _opened(mask: Mask, radius: float) -> Mask:
    """Open by a ball: erode by distance, and grow back inside the mask."""
    deep = ndimage.distance_transform_edt(mask) > radius
    if not deep.any():
        return mask
    return np.asarray((ndimage.distance_transform_edt(~deep) <= radius + 0.5) & mask)


def _closed(mask: Mask, radius: float) -> Mask:
    """Close by a ball: grow by distance, and shrink back."""
    padded = np.pad(mask, int(np.ceil(radius)) + 1)
    wide = ndimage.distance_transform_edt(~padded) <= radius
    back = ndimage.distance_transform_edt(wide) > radius
    margin = int(np.ceil(radius)) + 1
    inner = tuple(slice(margin, -margin) for _ in range(3))
    return np.asarray(back[inner] | mask)
