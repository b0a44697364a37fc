"""How people differ whose anatomy is one average: sulci, cortex and ventricles of their own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...data.brain import is_brain
from ...utils.arrays import Mask, box_around
from ..grid import Floats

_LIMIT = 2.0  # standard deviations beyond which nobody is drawn
_DEEP = 25.0  # mm from the brain's surface: fluid in there is ventricle
_TINY = 1e-6  # a brain without ventricles has none to widen
_REACH = 6.0  # mm: how far from their wall the ventricles push the tissue
_TRUNCATION = 4.0  # standard deviations at which the filter ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Individuality:
    """Standard deviations of what is a person's own.

    Parameters
    ----------
    sulci : float
        Log-odds of CSF, from sulcus to sulcus: where an average is undecided whether a sulcus is
        open, people differ.
    fluid : float
        Log-odds of CSF everywhere: how wide all the sulci of a person are.
    white : float
        Log-odds of white matter everywhere: more of it makes a thinner cortex.
    regions : float
        Log-odds of white matter, from region to region.
    ventricles : float
        Shift of the ventricles' wall in mm.
    """

    sulci: float
    fluid: float
    white: float
    regions: float
    ventricles: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What one person has: `fluid`, `white` and `ventricles` of `Individuality`, drawn."""

    fluid: float = 0.0
    white: float = 0.0
    ventricles: float = 0.0


def draw_traits(rng: np.random.Generator, spread: Individuality) -> Traits:
    """Draw one person's traits, within two standard deviations.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    spread : Individuality
        Their standard deviations.

    Returns
    -------
    Traits
        Log-odds, and millimetres by which the ventricles are wider (or, negative, narrower).
    """
    fluid, white, ventricles = np.clip(rng.standard_normal(3), -_LIMIT, _LIMIT)
    return Traits(
        fluid=spread.fluid * float(fluid),
        white=spread.white * float(white),
        ventricles=spread.ventricles * float(ventricles),
    )


def ventricle_widening(fluid: Floats, brain: Floats, affine: npt.NDArray[np.float64]) -> Floats:
    """Return the direction into which a place has to look for the ventricles to be wider.

    Parameters
    ----------
    fluid, brain : ndarray of float32, shape (X, Y, Z)
        Fraction of CSF, and 1 inside the brain.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm.

    Returns
    -------
    ndarray of float32, shape (3, X, Y, Z)
        Displacement in voxels along each axis, of 1 mm where it is largest: towards the ventricles
        around them, next to nothing elsewhere. An image that is read at `x + a * d(x)` shows its
        ventricles' walls moved outwards by up to `a` mm, with the tissue around them.
    """
    size = np.linalg.norm(affine[:3, :3], axis=0)
    ventricles = np.where(_deep(is_brain(brain), size), fluid, 0)
    widening = np.zeros((3, *fluid.shape), dtype=np.float32)
    # All is 0 beyond the reach of the filter, and one voxel more for the gradient's differences.
    box = box_around(ventricles, [int(reach) + 2 for reach in np.ceil(_TRUNCATION * _REACH / size)])
    smooth = ndimage.gaussian_filter(
        ventricles[box], _REACH / size, output=np.float32, truncate=_TRUNCATION
    )
    uphill: Floats = np.stack(
        [np.gradient(smooth, size[axis], axis=axis).astype(np.float32) for axis in range(3)]
    )
    uphill /= max(float(np.linalg.norm(uphill, axis=0).max()), _TINY)
    widening[:, *box] = uphill / size[:, None, None, None].astype(np.float32)
    return widening


def _deep(brain: Mask, size: npt.NDArray[np.float64]) -> Mask:
    """Return which voxels lie deep in the brain."""
    # Nothing outside a box around the brain is nearer than the box's own border.
    box = box_around(brain, (1, 1, 1))
    deep = np.zeros_like(brain)
    deep[box] = ndimage.distance_transform_edt(brain[box], sampling=size) > _DEEP
    return deep
