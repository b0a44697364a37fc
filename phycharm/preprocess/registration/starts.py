"""Where a registration may start, the likeliest first."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from ..imaging.space import Matrix
from .head import Head

_TURNS_DEGREES = (20.0, -20.0)
_AXES = "xzy"  # heads nod more than they turn, and turn more than they tilt


def starts(fixed: Head, moving: Head) -> Iterator[tuple[str, Matrix]]:
    """Give first guesses for a registration, each with its name.

    Parameters
    ----------
    fixed, moving : Head
        The reference, and the head that is brought to it.

    Yields
    ------
    name : str
        For a record.
    matrix : ndarray of float64, shape (4, 4)
        Rigid, world of `fixed` to world of `moving`.
    """
    yield "moments", _shift(moving.centre - fixed.centre)
    yield "middles", _shift(moving.middle - fixed.middle)
    yield "header", np.eye(4)
    for axis in _AXES:
        for angle in _TURNS_DEGREES:
            turn = np.eye(4)
            turn[:3, :3] = Rotation.from_euler(axis, angle, degrees=True).as_matrix()
            about = _shift(moving.centre) @ turn @ _shift(-fixed.centre)
            yield f"turned {angle:+g} degrees about {axis}", about


def _shift(offset: Matrix) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix
