"""Another image of the same session, of another contrast and without a mask of its own."""

import numpy as np
from scipy import ndimage

from ..imaging.itk import simple_itk, to_itk, to_label, to_matrix
from ..imaging.space import Matrix, Space, resample
from ..imaging.volume import Volume
from .alignment import rotation_degrees
from .head import Head
from .itk_aligner import descend

_MOST_ROTATION = 10.0  # degrees: in one session heads move little
_MOST_SHIFT = 15.0  # mm
_RIM_VOXELS = 2


def align_companion(fixed: Head, moving: Volume) -> tuple[Matrix, str]:
    """Register an image to a scan of the same session, rigidly, from where the headers put it.

    Parameters
    ----------
    fixed : Head
        The T1w scan.
    moving : Volume
        The other image.

    Returns
    -------
    matrix : ndarray of float64, shape (4, 4)
        World coordinates (RAS+, mm) of the scan to those of the image.
    note : str
        Empty, or why the identity, which the headers give, was taken instead.
    """
    space = fixed.space
    image = resample(moving.image, moving.space, space, order=1)
    region = ndimage.binary_dilation(fixed.coarse_mask > 0.5, iterations=_RIM_VOXELS)
    if np.ptp(image[region]) == 0:
        return np.eye(4), "the image shows nothing where the brain is"
    transform = simple_itk().Euler3DTransform()
    transform.SetCenter(fixed.centre.tolist())
    descend(
        to_itk(fixed.brain, space),
        to_itk(image, Space(shape=space.shape, affine=space.affine)),
        transform,
        levels=(2, 1),
        smoothing=(2.0, 0.0),
        mask=to_label(np.asarray(region), space),
    )
    matrix = to_matrix(transform)
    moved = matrix[:3, :3] @ fixed.centre + matrix[:3, 3] - fixed.centre
    rotation, shift = rotation_degrees(matrix), float(np.linalg.norm(moved))
    if rotation > _MOST_ROTATION or shift > _MOST_SHIFT:
        return np.eye(4), (
            f"registration would turn it by {rotation:.0f} degrees and move it by {shift:.0f} mm"
        )
    return matrix, ""
