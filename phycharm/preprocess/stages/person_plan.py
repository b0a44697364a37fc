"""Third stage: one grid for all scans of a person, and the brain that all of them show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm, logm

from ...utils.arrays import Mask
from ..imaging.space import Matrix, Space, bounding_box, resample
from ..preprocess_settings import PreprocessSettings
from ..registration.head import Head
from ..source_scan import SourceScan
from .brain_stage import BrainRecord, open_head
from .stage_cache import StageCache

_STAGE, _REVISION = "person", 2
_HALVINGS = 5
_LEAST_INSIDE = 0.999  # of a brain


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedScan:
    """A scan with its way to the person's grid.

    Parameters
    ----------
    scan : SourceScan
        What it is.
    brain : BrainRecord
        Where its brain is.
    matrix : ndarray of float64, shape (4, 4)
        World coordinates (RAS+, mm) of the grid to those of the scan.
    """

    scan: SourceScan
    brain: BrainRecord
    matrix: Matrix


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonPlan:
    """The grid of a person, and every scan's way to it.

    Parameters
    ----------
    key : str
        Hash of all that it depends on.
    space : Space
        The grid.
    scans : tuple of PlannedScan
        The reference first.
    volume_ml : float
        Of the brain that all scans show.
    inside : float
        Part of the smallest brain that lies within the grid.
    """

    key: str
    space: Space
    scans: tuple[PlannedScan, ...]
    volume_ml: float
    inside: float

    @property
    def note(self) -> str:
        """What the user should know of it; empty as a rule."""
        if self.inside >= _LEAST_INSIDE:
            return ""
        return f"{1 - self.inside:.0%} of the brain lies outside the grid; give a larger --size"

    def mask(self, cache: StageCache) -> Mask:
        """Read the brain that all scans show, on the grid."""
        return cache.mask(_STAGE, self.key)


def plan_person(
    scans: Sequence[tuple[SourceScan, BrainRecord, Matrix]],
    settings: PreprocessSettings,
    cache: StageCache,
) -> PersonPlan:
    """Lay the grid of a person, and intersect the masks of all scans on it.

    Parameters
    ----------
    scans : sequence of (SourceScan, BrainRecord, matrix)
        The reference first; the matrix leads from the reference's world to the scan's.
    settings : PreprocessSettings
        Voxel size, shape, and whether the scans meet half-way.
    cache : StageCache
        Holds the masks, and keeps the common one.

    Returns
    -------
    PersonPlan
        Its mask is in the cache.
    """
    matrices = [matrix for _, _, matrix in scans]
    way_in = _half_way(matrices) if settings.mid_space else np.eye(4)
    key = cache.key(
        stage=_STAGE,
        revision=_REVISION,
        brains=[brain.key for _, brain, _ in scans],
        matrices=[matrix.tolist() for matrix in matrices],
        voxel_size=settings.voxel_size,
        shape=settings.grid_shape,
        mid_space=settings.mid_space,
    )

    def compute() -> dict[str, Any]:
        reference = open_head(scans[0][0], scans[0][1], cache)
        space = _grid(
            reference.volume.space,
            reference.mask,
            np.asarray(np.linalg.inv(way_in), dtype=np.float64),
            settings,
        )
        common = np.ones(space.shape, dtype=np.bool_)
        inside = []
        for scan, brain, matrix in scans:
            head = open_head(scan, brain, cache)
            common &= _carried(head, matrix @ way_in, space)
            inside.append(_part_inside(head, matrix @ way_in, space))
        cache.keep_mask(_STAGE, key, common, space)
        return {
            "affine": space.affine.tolist(),
            "volume_ml": float(common.sum()) * space.voxel_volume,
            "inside": min(inside),
        }

    record = cache.record(_STAGE, key, compute)
    return PersonPlan(
        key=key,
        space=Space(shape=settings.grid_shape, affine=np.array(record["affine"])),
        scans=tuple(
            PlannedScan(scan=scan, brain=brain, matrix=matrix @ way_in)
            for scan, brain, matrix in scans
        ),
        volume_ml=float(record["volume_ml"]),
        inside=float(record["inside"]),
    )


def _grid(own: Space, mask: Mask, way_out: Matrix, settings: PreprocessSettings) -> Space:
    """Lay a grid along the reference's axes, its middle in that of the brain.

    `way_out` leads from the reference's world to that of the grid.
    """
    box = bounding_box(mask)
    middle = own.world([(side.start + side.stop - 1) / 2 for side in box])
    linear = way_out[:3, :3] @ (own.affine[:3, :3] / own.voxel_size)
    return Space.around(
        way_out[:3, :3] @ middle + way_out[:3, 3],
        shape=settings.grid_shape,
        voxel_size=settings.voxel_size,
        axes=nearest_rotation(linear),
    )


def nearest_rotation(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the orthonormal matrix that is nearest to a linear map, shape (3, 3)."""
    u, _, v = np.linalg.svd(linear)
    return np.asarray(u @ v, dtype=np.float64)


def _half_way(matrices: Sequence[Matrix]) -> Matrix:
    """Return the map from the world in the midst of all scans to the reference's.

    Parameters
    ----------
    matrices : sequence of ndarray, shape (4, 4)
        The reference's world to each scan's.

    Notes
    -----
    The log-Euclidean mean (Arsigny V, Commowick O, Ayache N, Pennec X. J Math Imaging Vis
    2009;33:222-238), repeated, since rotations do not commute.
    """
    way_in = np.eye(4)
    for _ in range(_HALVINGS):
        mean = np.mean([np.real(logm(matrix @ way_in)) for matrix in matrices], axis=0)
        way_in = way_in @ expm(-mean)
    return np.asarray(np.real(way_in), dtype=np.float64)


def _carried(head: Head, matrix: Matrix, space: Space) -> Mask:
    box = bounding_box(head.mask, margin=2)
    part = head.mask[box].astype(np.float32)
    return resample(part, head.volume.space.crop(box), space, matrix=matrix, order=1) > 0.5


def _part_inside(head: Head, matrix: Matrix, space: Space) -> float:
    """Return which part of a brain's voxels has its centre within the grid."""
    backwards = np.linalg.inv(matrix @ space.affine)
    points = head.volume.space.world(np.argwhere(head.mask))
    found = points @ backwards[:3, :3].T + backwards[:3, 3]
    within = (found >= -0.5) & (found <= np.array(space.shape) - 0.5)
    return float(within.all(axis=1).mean())
