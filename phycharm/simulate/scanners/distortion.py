"""Gradient nonlinearity that the maker's correction leaves: every scanner bends space its own way.

The field of a gradient coil is harmonic, and its linear part is what registration removes, so what
is left is, to lowest order, a solid harmonic of degree 3 along each axis: nothing at the isocentre,
most at the brain's surface.
"""

from dataclasses import dataclass

import numpy as np

from ..fields import random_generator
from ..grid import Floats
from .scanner_models import ScannerModel

_RADIUS = 90.0  # mm from the isocentre at which a scanner's distortion is stated


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """A displacement that grows with the third power of the distance from the isocentre.

    Parameters
    ----------
    coefficients : ndarray of float32, shape (3, 7)
        Weights in mm of the solid harmonics of degree 3, for the displacement along each axis.
    """

    coefficients: Floats

    def displacement(self, points: Floats) -> Floats:
        """Return the displacement at points.

        Parameters
        ----------
        points : ndarray of float32, shape (3, N)
            World coordinates in mm; the isocentre is the origin.

        Returns
        -------
        ndarray of float32, shape (3, N)
            Displacements in mm.
        """
        bent: Floats = self.coefficients @ _harmonics(points / np.float32(_RADIUS))
        return bent


def distortion_of(scanner: ScannerModel) -> Distortion:
    """Return a scanner's own distortion, whoever lies in it.

    Parameters
    ----------
    scanner : ScannerModel
        The scanner; its name decides the shape and its `distortion` the size.

    Returns
    -------
    Distortion
        Root mean square of the displacement's length over the sphere of 90 mm: `distortion`.
    """
    weights = random_generator(0, scanner.name, "distortion").standard_normal((3, 7))
    weights *= scanner.distortion / np.linalg.norm(weights)
    return Distortion(coefficients=weights.astype(np.float32))


def _harmonics(points: Floats) -> Floats:
    """Return the solid harmonics of degree 3, each of mean square 1 on the unit sphere: (7, N)."""
    x, y, z = points
    xx, yy, zz = x * x, y * y, z * z
    squares = np.array([4 / 7, 8 / 21, 8 / 21, 4 / 105, 1 / 105, 8 / 35, 8 / 35])
    harmonics = np.stack(
        [
            z * (2 * zz - 3 * xx - 3 * yy),
            x * (4 * zz - xx - yy),
            y * (4 * zz - xx - yy),
            z * (xx - yy),
            x * y * z,
            x * (xx - 3 * yy),
            y * (3 * xx - yy),
        ]
    )
    normalised: Floats = harmonics / np.sqrt(squares).astype(np.float32)[:, None]
    return normalised
