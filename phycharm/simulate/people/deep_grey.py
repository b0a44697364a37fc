"""Where deep grey matter lies in the MNI152 template: thalamus, putamen and caudate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from ..fields import mesh
from ..grid import Axes, Floats

_SOFT_EDGE = 0.1  # of the radius: the ellipsoids fade out, no edge of theirs shows
_GREY_SHARE = (0.1, 0.5)  # of the tissue: below, white matter; above, all of it the nucleus


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nucleus:
    """An ellipsoid around a nucleus of the right side, generous where tissue bounds it anyway.

    Parameters
    ----------
    centre, radii : tuple of float
        World coordinates and semi-axes in mm.
    angles : tuple of float
        Rotations in degrees about the fixed axes x, y and z.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    angles: tuple[float, float, float]

    def inside(self, axes: Axes) -> Floats:
        """Return 1 inside and 0 outside, with a soft edge: shape (X, Y, Z)."""
        reach = (1 + 2 * _SOFT_EDGE) * max(self.radii)
        # Beyond the longest radius all is 0.
        near = [
            np.flatnonzero(np.abs(positions - middle) < reach)
            for positions, middle in zip(axes, self.centre, strict=True)
        ]
        x, y, z = (positions[chosen] for positions, chosen in zip(axes, near, strict=True))
        weight = np.zeros([len(positions) for positions in axes], dtype=np.float32)
        weight[np.ix_(*near)] = self._weight(mesh((x, y, z)))
        return weight

    def _weight(self, points: Floats) -> Floats:
        matrix = Rotation.from_euler("xyz", self.angles, degrees=True).as_matrix()
        scaled = (matrix / np.array(self.radii)).T.astype(np.float32)
        offset = (scaled @ np.array(self.centre, dtype=np.float32))[:, None, None, None]
        radius = np.linalg.norm(np.tensordot(scaled, points, axes=1) - offset, axis=0)
        weight: Floats = np.clip((1 + _SOFT_EDGE - radius) / (2 * _SOFT_EDGE), 0, 1)
        return weight


_THALAMUS = _Nucleus(centre=(12.0, -18.0, 8.0), radii=(11.5, 16.5, 11.0), angles=(0, 0, 28))
_PUTAMEN = _Nucleus(centre=(25.5, 1.0, 1.0), radii=(6.5, 18.0, 12.0), angles=(8, 0, 16))
_CAUDATE = _Nucleus(centre=(13.0, 7.0, 10.0), radii=(6.0, 20.0, 12.0), angles=(-38, 0, 6))


def split_deep_grey(fractions: Floats, affine: npt.NDArray[np.float64]) -> Floats:
    """Split deep grey matter off the tissue maps of the MNI152 template.

    Parameters
    ----------
    fractions : ndarray of float32, shape (3, X, Y, Z)
        Fractions of CSF, grey and white matter in MNI152 space.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm, without rotation.

    Returns
    -------
    ndarray of float32, shape (4, X, Y, Z)
        Fractions of CSF, cortical grey, white and deep grey matter; their sum is as before.

    Notes
    -----
    An ellipsoid says near which nucleus a voxel lies, the maps themselves say where the nucleus
    ends. Deep grey matter is of a brightness between cortex and white matter, so the template's
    maps, which know only these two, split it among both: within the ellipsoids tissue of which
    half or more is called grey is the nucleus, and tissue of which less than a tenth is (internal
    capsule, most of the pallidum) stays white matter. The ellipsoids were laid by eye around the
    nuclei as the template's grey matter map shows them; no atlas is used.
    """
    fluid, grey, white = fractions
    near = _near_nuclei(_axes(grey.shape, affine))
    low, high = _GREY_SHARE
    tissue = grey + white
    share = np.divide(grey, tissue, out=np.zeros_like(grey), where=tissue > 0)
    deep = near * tissue * np.clip((share - low) / (high - low), 0, 1)
    cortex = (1 - near) * grey
    split: Floats = np.stack([fluid, cortex, tissue - cortex - deep, deep]).astype(np.float32)
    return split


def _axes(shape: tuple[int, ...], affine: npt.NDArray[np.float64]) -> Axes:
    x, y, z = (
        (affine[axis, axis] * np.arange(count) + affine[axis, 3]).astype(np.float32)
        for axis, count in enumerate(shape)
    )
    return np.abs(x), y, z  # both sides are as the right one


def _near_nuclei(axes: Axes) -> Floats:
    weights = [nucleus.inside(axes) for nucleus in (_THALAMUS, _PUTAMEN, _CAUDATE)]
    near: Floats = np.max(weights, axis=0)
    return near
