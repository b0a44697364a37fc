"""Brain masks as brain extraction finds them: near the brain's border, and not twice the same."""

import numpy as np
from scipy import ndimage, special

from ...utils.arrays import Mask
from ..fields import random_field, random_generator
from ..grid import Floats
from .visit import Visit

_SOFTNESS = 2.0  # mm: standard deviation of the Gaussian that makes a distance of a border
_KNOTS = 14.0  # mm: how far an error of the border reaches along it
_COMMON, _OWN = 0.65, 0.65  # mm: standard deviations of the scanner's error and of the visit's


def extracted_brain(visit: Visit) -> Mask:
    """Return the brain mask that brain extraction gives of a visit's scan.

    Parameters
    ----------
    visit : Visit
        Who, where, and which time.

    Returns
    -------
    ndarray of bool, shape `visit.box.grid.shape`
        The brain, its border moved smoothly by a fraction of a millimetre to some millimetres.

    Notes
    -----
    Blurred by a Gaussian of standard deviation s, a straight border is the normal distribution
    function of the distance from it over s, so a threshold moves it by a known distance.
    """
    box = visit.box
    brain = visit.volume(visit.subject.brain.astype(np.float32))
    soft = ndimage.gaussian_filter(brain, _SOFTNESS / box.grid.fine_size, truncate=3.0)
    threshold = special.ndtr(-_outward(visit) / _SOFTNESS)
    found: Mask = box.average(soft) > threshold
    return found


def _outward(visit: Visit) -> Floats:
    """By how many mm the border lies too far outside: shape `grid.shape`."""
    grid = visit.box.grid
    axes = grid.axes
    common = random_field(random_generator(0, visit.scanner.name, "mask"), _KNOTS).on(axes)
    own = random_field(visit.rng("mask"), _KNOTS).on(axes)
    moved: Floats = np.float32(visit.scanner.mask_margin) + _COMMON * common + _OWN * own
    return moved
