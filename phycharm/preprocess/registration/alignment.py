"""The outcome of a registration, with its measured quality."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from ...utils.arrays import Image, Mask
from ..imaging.space import Matrix, resample
from .head import Head

_LEAST_DICE = 0.85
_LEAST_CORRELATION = 0.8  # between vendors .91 and more, where registration succeeds
_MOST_ROTATION = 45.0  # degrees
_MOST_SHIFT = 25.0  # mm between the middles of two masks of one brain
_SCALES = (0.9, 1.1)  # gradients of scanners differ by a few per cent


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """A linear map between two heads of one person, and how well it fits.

    Parameters
    ----------
    matrix : ndarray of float64, shape (4, 4)
        World coordinates (RAS+, mm) of the reference to those of the moving head.
    dice : float
        Overlap of the brain masks.
    correlation : float
        Pearson's, of the intensities within both masks at the working resolution.
    rotation : float
        Degrees.
    shift : float
        mm between the centre of the moving brain, and where the map takes the reference's.
    scales : (float, float)
        Least and largest singular value of the map's linear part.
    start : str
        Which first guess led there.
    attempts : int
        How many were tried.
    """

    matrix: Matrix
    dice: float
    correlation: float
    rotation: float
    shift: float
    scales: tuple[float, float]
    start: str = ""
    attempts: int = 1

    @classmethod
    def measure(
        cls, fixed: Head, moving: Head, matrix: Matrix, *, start: str = "", attempts: int = 1
    ) -> Self:
        """Measure how well a map brings two heads together."""
        image = resample(moving.brain, moving.space, fixed.space, matrix=matrix, order=1)
        part = resample(moving.coarse_mask, moving.space, fixed.space, matrix=matrix, order=1)
        mask, other = fixed.coarse_mask > 0.5, part > 0.5
        both = mask & other
        scales = np.linalg.svd(matrix[:3, :3], compute_uv=False)
        reached = matrix[:3, :3] @ fixed.centre + matrix[:3, 3]
        return cls(
            matrix=matrix,
            dice=2 * float(both.sum()) / max(int(mask.sum() + other.sum()), 1),
            correlation=_correlation(fixed.brain, image, both),
            rotation=rotation_degrees(matrix),
            shift=float(np.linalg.norm(reached - moving.centre)),
            scales=(float(scales[-1]), float(scales[0])),
            start=start,
            attempts=attempts,
        )

    @property
    def problem(self) -> str:
        """What shows that it failed: a phrase, empty where nothing does."""
        found = (
            (self.dice < _LEAST_DICE, f"masks overlap by Dice {self.dice:.2f} only"),
            (
                self.correlation < _LEAST_CORRELATION,
                f"correlation within the brain is {self.correlation:.2f} only",
            ),
            (self.rotation > _MOST_ROTATION, f"turned by {self.rotation:.0f} degrees"),
            (self.shift > _MOST_SHIFT, f"brains lie {self.shift:.0f} mm apart"),
            (
                self.scales[0] < _SCALES[0] or self.scales[1] > _SCALES[1],
                f"scaled by {self.scales[0]:.2f} to {self.scales[1]:.2f}",
            ),
        )
        return ", ".join(text for failed, text in found if failed)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {**asdict(self), "matrix": self.matrix.tolist(), "scales": list(self.scales)}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Make it again from `as_record`."""
        least, most = record["scales"]
        return cls(**{**record, "matrix": np.array(record["matrix"]), "scales": (least, most)})


def _correlation(a: Image, b: Image, inside: Mask) -> float:
    """Correlate two images within a mask, without the noise of single voxels."""
    if not inside.any():
        return 0.0
    first, second = (ndimage.gaussian_filter(image, 0.5)[inside] for image in (a, b))
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def rotation_degrees(matrix: Matrix) -> float:
    """Return the angle of the rotation that is nearest to a linear map.

    Parameters
    ----------
    matrix : ndarray of float64, shape (4, 4)
        A map of world coordinates.

    Returns
    -------
    float
        Degrees; 180 for a map that mirrors.
    """
    u, _, v = np.linalg.svd(matrix[:3, :3])
    nearest = u @ v
    if np.linalg.det(nearest) < 0:
        return 180.0
    return float(np.degrees(Rotation.from_matrix(nearest).magnitude()))
