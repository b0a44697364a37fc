"""Rigid motions of the head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation


@dataclass(frozen=True, kw_only=True)
class Pose:
    """A rotation about the origin, then a shift.

    Parameters
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Rotation matrix.
    translation : ndarray of float64, shape (3,)
        Shift in mm.
    """

    matrix: npt.NDArray[np.float64]
    translation: npt.NDArray[np.float64]


def random_pose(rng: np.random.Generator, *, degrees: float, millimetres: float) -> Pose:
    """Draw a rigid motion.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    degrees, millimetres : float
        Standard deviations of the rotation about, and the shift along, each axis.

    Returns
    -------
    Pose
        The motion.
    """
    rotation = Rotation.from_rotvec(rng.normal(0, degrees, 3), degrees=True)
    return Pose(matrix=rotation.as_matrix(), translation=rng.normal(0, millimetres, 3))
