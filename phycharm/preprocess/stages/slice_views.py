"""Three slices through a head as the person's grid shows it, for the page on quality."""

from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from ...utils.arrays import Image, Mask
from ...utils.atomic import atomic_file
from ..imaging.space import Matrix, Space, resample
from ..imaging.volume import Volume

_TOP = 99.5  # percentile of the brain at which grey ends, before a tenth more
_HEADROOM = 1.1

Pixels = npt.NDArray[np.uint8]


def write_slice_views(
    image_path: Path,
    mask_path: Path,
    *,
    head: Volume,
    own_mask: Image,
    own_space: Space,
    matrix: Matrix,
    space: Space,
    common: Mask,
) -> None:
    """Write the slices through the middle of the common brain, and the scan's own mask on them.

    Sagittal, coronal and axial slice stand side by side, up is up, and the patient's left is at the
    left. Both files are grey PNGs of one size.

    Parameters
    ----------
    image_path, mask_path : Path
        Files to write.
    head : Volume
        The raw head.
    own_mask : ndarray of float32
        1 in the scan's own brain mask, on `own_space`.
    own_space : Space
        Part of the head's grid.
    matrix : ndarray of float64, shape (4, 4)
        World coordinates (RAS+, mm) of the grid to those of the head.
    space : Space
        The person's grid.
    common : ndarray of bool
        The brain that all scans of the person show, on it.
    """
    centre = np.rint(np.argwhere(common).mean(axis=0)).astype(int)
    greys, masks = [], []
    for axis in range(3):
        box = tuple(
            slice(centre[axis], centre[axis] + 1) if side == axis else slice(0, space.shape[side])
            for side in range(3)
        )
        plane = space.crop(box)
        greys.append(resample(head.image, head.space, plane, matrix=matrix, order=1))
        masks.append(resample(own_mask, own_space, plane, matrix=matrix, order=1))
    brain = np.concatenate([g[m > 0.5] for g, m in zip(greys, masks, strict=True)])
    top = _HEADROOM * float(np.percentile(brain, _TOP)) if brain.size else 1.0
    _write(image_path, [np.clip(255 * grey / max(top, 1e-6), 0, 255) for grey in greys])
    _write(mask_path, [np.where(mask > 0.5, 255, 0) for mask in masks])


def _write(path: Path, slices: list[npt.NDArray[np.float32]]) -> None:
    upright = [np.rint(np.squeeze(one)).astype(np.uint8).T[::-1] for one in slices]
    height = max(one.shape[0] for one in upright)
    padded = [_padded(one, height) for one in upright]
    buffer = BytesIO()
    Picture.fromarray(np.hstack(padded)).save(buffer, format="PNG", optimize=True)
    with atomic_file(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _padded(pixels: Pixels, height: int) -> Pixels:
    above = (height - pixels.shape[0]) // 2
    return np.pad(pixels, ((above, height - pixels.shape[0] - above), (0, 0)))
