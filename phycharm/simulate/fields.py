"""Smooth random fields that are the same whatever grid they are looked at on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import FIELD_OF_VIEW, Axes, Floats

# Mean square of the cubic B-spline over its period, one axis: the integral of its square.
_MEAN_SQUARE = 151 / 315
_MARGIN_KNOTS = 3


@dataclass(frozen=True, kw_only=True)
class SplineField:
    """A cubic B-spline with knots on a regular grid around the origin.

    Being a function of world coordinates, it is the same field at every voxel size.

    Parameters
    ----------
    coefficients : ndarray of float32, shape (K, L, M)
        One weight for each knot.
    spacing : float
        Distance of neighbouring knots in mm.
    """

    coefficients: Floats
    spacing: float

    def on(self, axes: Axes) -> Floats:
        """Evaluate the field on a rectangular grid.

        Parameters
        ----------
        axes : three ndarrays
            World coordinates in mm along each axis, of lengths X, Y, Z.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            The field; it fades to 0 beyond the knots.
        """
        values = self.coefficients
        for axis, positions in enumerate(axes):
            weights = _spline_weights(positions, values.shape[axis], self.spacing)
            values = np.moveaxis(np.tensordot(weights, values, axes=(1, axis)), 0, axis)
        return np.ascontiguousarray(values)


def _spline_weights(positions: Floats, knots: int, spacing: float) -> Floats:
    """Value of every knot's cubic B-spline at every position: shape (positions, knots)."""
    at = (np.arange(knots) - (knots - 1) / 2) * spacing
    distance = np.abs(positions[:, None] - at[None, :]) / spacing
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)


def knot_counts(spacing: float, margin: float = 0.0) -> tuple[int, int, int]:
    """Knots along each axis that cover the field of view and a margin in mm on either side.

    Examples
    --------
    >>> knot_counts(40.0)
    (11, 11, 11)
    """
    x, y, z = (
        math.ceil((extent + 2 * margin) / spacing) + 2 * _MARGIN_KNOTS for extent in FIELD_OF_VIEW
    )
    return x, y, z


def random_field(rng: np.random.Generator, spacing: float, margin: float = 0.0) -> SplineField:
    """Draw a smooth random field of mean 0 and variance 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    spacing : float
        Distance of the knots in mm, which sets how smooth the field is: its correlation falls to
        one half at the distance of one knot.
    margin : float
        How far beyond the field of view it reaches, in mm.

    Returns
    -------
    SplineField
        Independent normal weights at the knots, scaled to unit variance.
    """
    weights = rng.standard_normal(knot_counts(spacing, margin), dtype=np.float32)
    return SplineField(coefficients=weights / np.float32(_MEAN_SQUARE**1.5), spacing=spacing)


def random_generator(seed: int, *key: int | str) -> np.random.Generator:
    """Derive an independent generator from a seed and a path of names and numbers.

    Parameters
    ----------
    seed : int
        The dataset's seed, >= 0.
    *key : int or str
        What the randomness is for; another key gives an independent stream.

    Returns
    -------
    numpy.random.Generator
        The same one for the same seed and key, whatever else has been drawn.
    """
    return np.random.default_rng([seed, *_as_numbers(key)])


def _as_numbers(key: Sequence[int | str]) -> list[int]:
    numbers = []
    for part in key:
        data = str(part).encode()
        numbers += [len(data), int.from_bytes(data, "big")]
    return numbers


def mesh(axes: Axes) -> npt.NDArray[np.float32]:
    """World coordinates of all points of a rectangular grid: shape (3, X, Y, Z)."""
    return np.stack(np.meshgrid(*axes, indexing="ij"))
