"""Leaving the neck out: the head's top is found, and what lies far below it is cropped."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

from ...data.nifti import read_volume, write_volume
from ...errors import InputError
from ...utils.arrays import Image, Mask
from .volume import Volume

KEPT_MM = 170.0
"""From the head's top downwards: a large adult brain with its stem is about 150 mm tall."""
_COARSE = 4.0  # mm
_LEAST_AREA = 2000.0  # mm² of a slice through the top of the head; smaller is noise or a coil
_GROWS_MM = 12.0  # a head goes on below its top; what ends sooner is an artefact
_AIR_MM = 10.0  # kept above the top


def crop_neck(head: Volume, *, engine: str = "auto") -> tuple[slice, slice, slice]:
    """Find the part of a head that may hold its brain.

    Parameters
    ----------
    head : Volume
        In RAS order; it may show the neck and shoulders.
    engine : {"auto", "builtin", "robustfov", "none"}
        `robustfov` is FSL's, through fslpy; `auto` takes it where FSL is installed.

    Returns
    -------
    tuple of slice
        Box of voxel indices; only its third side, from below to above, may be shorter than the
        volume. A volume no taller than what is kept stays as it is.

    Raises
    ------
    InputError
        If the engine is not there, or fails.
    """
    whole = (slice(0, head.image.shape[0]), slice(0, head.image.shape[1]))
    if engine == "auto":
        engine = "robustfov" if shutil.which("robustfov") else "builtin"
    low, high = 0, head.image.shape[2]
    if engine == "robustfov":
        low, high = _robustfov(head)
    elif engine == "builtin":
        low, high = _built_in(head)
    return (*whole, slice(low, high))


def foreground(image: Image) -> Mask:
    """Tell the head from the air: above a third of Otsu's threshold, smoothed, in one piece.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Voxels of a few millimetres.

    Notes
    -----
    Otsu N. IEEE Trans Syst Man Cybern 1979;9:62-66.
    """
    clipped = np.clip(image, np.percentile(image, 1), np.percentile(image, 99.5))
    smooth = ndimage.gaussian_filter(clipped, 1)
    if smooth.min() == smooth.max():
        return np.ones(image.shape, dtype=np.bool_)
    found = smooth > smooth.min() + (threshold_otsu(smooth) - smooth.min()) / 3
    labels, count = ndimage.label(ndimage.binary_opening(found))
    if count == 0:
        return np.asarray(found)
    largest = 1 + int(np.argmax(ndimage.sum_labels(found, labels, range(1, count + 1))))
    return np.asarray(labels == largest)


def _built_in(head: Volume) -> tuple[int, int]:
    space, count = head.space, head.image.shape[2]
    height = float(space.voxel_size[2])
    if count * height <= KEPT_MM + _AIR_MM:
        return 0, count
    steps = np.maximum(np.rint(_COARSE / space.voxel_size).astype(int), 1)
    coarse = head.image[:: steps[0], :: steps[1], :: steps[2]]
    inside = foreground(coarse)
    area = inside.sum(axis=(0, 1)) * np.prod(space.voxel_size[:2] * steps[:2])
    need = max(1, round(_GROWS_MM / (height * steps[2])))
    large = ndimage.minimum_filter1d(
        (area > _LEAST_AREA).astype(int), need, origin=(need - 1) // 2, mode="nearest"
    )
    tops = np.flatnonzero(large)
    top = int(tops.max() + 1) * int(steps[2]) if tops.size else count
    low = max(0, top - round(KEPT_MM / height))
    return low, min(count, top + round(_AIR_MM / height))


def _robustfov(head: Volume) -> tuple[int, int]:
    """Run FSL's program, and take from it where its box begins and ends."""
    from fsl.utils.run import FSLNotPresent
    from fsl.wrappers import robustfov

    with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
        files = [Path(temporary) / f"{name}.nii.gz" for name in ("head", "cropped")]
        write_volume(files[0], head.image, head.affine)
        try:
            robustfov(str(files[0]), str(files[1]))
            cropped, affine = read_volume(files[1])
        except (FSLNotPresent, OSError, RuntimeError, InputError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"robustfov failed ({reason}); take --crop builtin.") from error
    first = np.linalg.inv(head.affine) @ affine @ np.array([0, 0, 0, 1.0])
    low = max(0, round(float(first[2])))
    return low, min(head.image.shape[2], low + cropped.shape[2])
