"""Where a scan shows what: residual misregistration and the scanner's distortion."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..fields import mesh
from ..grid import Floats
from ..people.pose import Pose, random_pose
from .distortion import Distortion, distortion_of
from .visit import Visit

_DEGREES, _MILLIMETRES = 0.1, 0.15  # standard deviations of what registration leaves, per axis


@dataclass(frozen=True, kw_only=True)
class Placement:
    """From the registered scan to the head: a rigid motion and a distortion.

    Parameters
    ----------
    pose : Pose
        What registration has left.
    distortion : Distortion
        What the maker's correction has left.
    """

    pose: Pose
    distortion: Distortion

    def sources(self, points: Floats) -> Floats:
        """Return where in the head the points of the scan lie: shape (3, N), in mm."""
        turned = self.pose.matrix.astype(np.float32) @ points
        shift = self.pose.translation.astype(np.float32)[:, None]
        placed: Floats = turned + shift + self.distortion.displacement(points)
        return placed


def placement_of(visit: Visit) -> Placement:
    """Return how a visit's scan is placed.

    Parameters
    ----------
    visit : Visit
        Who, where, and which time.

    Returns
    -------
    Placement
        A few tenths of a millimetre.
    """
    pose = random_pose(visit.rng("pose"), degrees=_DEGREES, millimetres=_MILLIMETRES)
    return Placement(pose=pose, distortion=distortion_of(visit.scanner))


def placed(image: Floats, placement: Placement, visit: Visit) -> Floats:
    """Resample an image as it is placed, once, by cubic splines, as registration does.

    Parameters
    ----------
    image : ndarray of float32, shape `visit.box.fine_shape`
        The head in its own place.
    placement : Placement
        Where the points of the result lie in the head.
    visit : Visit
        The visit.

    Returns
    -------
    ndarray of float32, shape `visit.box.fine_shape`
        The image in its new place; 0 outside the visit's region.
    """
    points = mesh(visit.box.axes)[:, visit.region]
    first = np.array([positions[0] for positions in visit.box.axes], dtype=np.float32)
    spacing = np.float32(visit.box.grid.fine_size)
    at = (placement.sources(points) - first[:, None]) / spacing
    return visit.volume(ndimage.map_coordinates(image, at, order=3, output=np.float32))
