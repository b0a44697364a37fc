"""Seeded diffeomorphic deformations: how one person's brain differs in shape from another's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..fields import SplineField, random_field
from ..grid import FIELD_OF_VIEW, Axes, Floats

_CONTROL = 4.0  # mm between the points at which the velocity is integrated
_MARGIN = 16.0  # mm around the field of view
_SQUARINGS = 6
# Knot distance and standard deviation (per axis) of the velocity fields, in mm.
_SCALES = ((45.0, 3.0), (22.0, 1.6), (12.0, 0.7))


@dataclass(frozen=True, kw_only=True)
class Warp:
    """A smooth invertible displacement of space.

    Parameters
    ----------
    components : three SplineField
        Displacement along x, y and z in mm, as functions of world coordinates.
    """

    components: tuple[SplineField, SplineField, SplineField]

    def displacement(self, axes: Axes) -> Floats:
        """Return the displacement in mm on a rectangular grid: shape (3, X, Y, Z)."""
        return np.stack([component.on(axes) for component in self.components])

    def jacobian_determinant(self, axes: Axes) -> Floats:
        """Return the local change of volume of x -> x + u(x), by central differences.

        Parameters
        ----------
        axes : three ndarrays
            World coordinates in mm along each axis, at least three each.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            1 where nothing is stretched; > 0 everywhere for a diffeomorphism.
        """
        spacing = [float(positions[1] - positions[0]) for positions in axes]
        shift = self.displacement(axes)
        gradient = np.stack([np.stack(np.gradient(part, *spacing)) for part in shift])
        gradient += np.eye(3, dtype=np.float32)[:, :, None, None, None]
        determinant: Floats = np.linalg.det(np.moveaxis(gradient, (0, 1), (-2, -1)))
        return determinant


def random_warp(rng: np.random.Generator) -> Warp:
    """Draw a diffeomorphism: the flow of a smooth random stationary velocity field.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.

    Returns
    -------
    Warp
        Displacements of several millimetres.

    Notes
    -----
    Scaling and squaring, exp(v) = exp(v / 2^n)^(2^n): Arsigny V, Commowick O, Pennec X, Ayache N.
    MICCAI 2006, LNCS 4190:924-931.
    """
    axes = _control_axes()
    velocity = np.zeros((3, *(len(positions) for positions in axes)), dtype=np.float32)
    for spacing, deviation in _SCALES:
        for part in velocity:
            part += deviation * random_field(rng, spacing, _MARGIN).on(axes)
    velocity -= velocity.mean(axis=(1, 2, 3), keepdims=True)  # the head stays where it is
    x, y, z = (_interpolating(part) for part in _exponential(velocity))
    return Warp(components=(x, y, z))


def _control_axes() -> Axes:
    counts = [int((extent + 2 * _MARGIN) / _CONTROL) + 1 for extent in FIELD_OF_VIEW]
    x, y, z = (
        ((np.arange(count) - (count - 1) / 2) * _CONTROL).astype(np.float32) for count in counts
    )
    return x, y, z


def _exponential(velocity: Floats) -> Floats:
    """Integrate a velocity in mm, given on the control grid, over unit time."""
    shift = velocity / np.float32(2**_SQUARINGS * _CONTROL)  # in control voxels
    shape = velocity.shape[1:]
    origin: npt.NDArray[np.float32] = np.indices(shape, dtype=np.float32)
    for _ in range(_SQUARINGS):
        at = origin + shift
        shift += np.stack(
            [ndimage.map_coordinates(part, at, order=1, mode="nearest") for part in shift]
        )
    return shift * np.float32(_CONTROL)


def _interpolating(values: Floats) -> SplineField:
    """Return the cubic spline through values on the control grid."""
    coefficients = ndimage.spline_filter(values, order=3, output=np.float32, mode="mirror")
    return SplineField(coefficients=coefficients, spacing=_CONTROL)
