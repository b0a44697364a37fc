"""Transmit and receive fields of a visit."""

import numpy as np

from ...physics.mprage import ReadoutTrain
from ..fields import mesh, random_field, random_generator
from ..grid import Floats
from .visit import Visit

_KNOTS = 55.0  # mm: transmit and receive fields are smooth
_TRANSMIT_OWN = 0.025  # relative deviation of B1+ between heads
_COMMON, _OWN = 0.5, 0.866  # parts of the receive field: the scanner's, and the visit's
_SHADING_LEFT = 0.25  # part (power) of the B1+ shading that bias correction leaves
_HEAD_RADII = np.array([72.0, 92.0, 76.0], dtype=np.float32)  # mm


def coil_fields(visit: Visit) -> tuple[Floats, Floats]:
    """Return the fields in the subject's region, as they are in one visit.

    Parameters
    ----------
    visit : Visit
        Who, where, and which time.

    Returns
    -------
    tuple of two ndarray of float32, shape (N,)
        B1+ relative to the nominal flip angle, and what is left of the receive field.
    """
    scanner = visit.scanner
    own = visit.rng("fields")
    common = random_generator(0, scanner.name, "fields")  # a scanner's own, whoever lies in it

    def smooth(rng: np.random.Generator) -> Floats:
        values: Floats = random_field(rng, _KNOTS).on(visit.box.axes)[visit.region]
        return values

    points = mesh(visit.box.axes)[:, visit.region]
    radius = ((points / _HEAD_RADII[:, None]) ** 2).sum(axis=0)
    fall = np.minimum(radius, 1.5) * scanner.transmit_fall
    b1 = scanner.transmit * (1 - fall) * np.exp(_TRANSMIT_OWN * smooth(own))
    receive = np.exp(scanner.shading * (_COMMON * smooth(common) + _OWN * smooth(own)))
    return b1.astype(np.float32), receive.astype(np.float32)


def removed_shading(train: ReadoutTrain, b1: Floats) -> Floats:
    """Return the part of the shading by B1+ that bias correction removes.

    Parameters
    ----------
    train : ReadoutTrain
        The train that the image is read by.
    b1 : ndarray of float32, shape (N,)
        B1+ relative to the nominal flip angle.

    Returns
    -------
    ndarray of float32, shape (N,)
        What the image is divided by; 1 where the flip angle is nominal.
    """
    flip = np.deg2rad(train.flip_angle)
    removed: Floats = (np.sin(flip * b1) / np.sin(flip)) ** (1 - _SHADING_LEFT)
    return removed
