"""A digital person: which tissue lies where, with which T1, M0 and T2*."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from ...utils.arrays import Mask
from ..fields import mesh, random_field, random_generator
from ..grid import Floats, ScanGrid
from .anatomy import CLASSES, Anatomy
from .mixture import brain_fractions
from .pose import random_pose
from .tissues import AROUND, BRAIN, Tissue
from .warp import random_warp

_SIZE, _PROPORTION = 0.02, 0.012  # relative deviations of the head's size, and of each axis
_HEAD_TILT, _HEAD_SHIFT = 2.5, 1.5  # degrees and mm: how differently people lie
_RIM = 6.0  # mm of fluid around the brain that the point spread function can reach
_SMOOTH_KNOTS = 22.0  # mm
_FINE_KNOTS = 2.4  # mm
_AIR = 0.05  # less tissue than that is none
_CSF, _CORTEX, _WHITE, _DEEP = range(len(CLASSES))
_M0_FOLLOWS_T1 = 0.3  # water content rises with T1 within a tissue
_M0_SMOOTH = 0.015
_T2STAR_SMOOTH = 0.08


@dataclass(frozen=True, kw_only=True)
class DigitalSubject:
    """Tissues of one person on the fine grid; arrays hold the N fine voxels of `region` only.

    Parameters
    ----------
    name : str
        Label, without `sub-`.
    anatomy : str
        Name of the anatomy the person was made from.
    seed : int
        The dataset's seed; scans draw their own randomness from it and the name.
    grid : ScanGrid
        Voxels of the scans.
    region : ndarray of bool, shape `grid.fine_shape`
        The brain and a rim of fluid around it, or the whole head where the skull is kept.
    brain : ndarray of bool, shape (N,)
        Which voxels of the region are brain.
    fractions : ndarray of float32, shape (4, N) or (7, N)
        Fractions of `CLASSES`, and of `SURROUNDINGS` where the skull is kept. In the brain they
        sum to 1; outside, air has the rest.
    t1, m0, t2star : ndarray of float32, shape as `fractions`
        Relaxation times in ms and proton density of each tissue where it lies.
    """

    name: str
    anatomy: str
    seed: int
    grid: ScanGrid
    region: Mask
    brain: Mask
    fractions: Floats
    t1: Floats
    m0: Floats
    t2star: Floats

    def volume(self, values: Floats) -> Floats:
        """Put values of the region's voxels into a fine volume, 0 elsewhere."""
        volume = np.zeros(self.region.shape, dtype=np.float32)
        volume[self.region] = values
        return volume

    @cached_property
    def mask(self) -> Mask:
        """The brain on the scan grid: voxels at least half of which are brain."""
        return self.grid.average(self.volume(self.brain.astype(np.float32))) >= 0.5

    @property
    def skull_stripped(self) -> bool:
        """Whether nothing but the brain is imaged."""
        return len(self.fractions) == len(CLASSES)

    @cached_property
    def imaged(self) -> Mask:
        """What scans show: the mask alone, or all there is where the skull is kept."""
        return self.mask if self.skull_stripped else np.ones_like(self.mask)

    @cached_property
    def fraction_maps(self) -> Floats:
        """True CSF, grey and white matter on the scan grid inside the mask: shape (3, X, Y, Z)."""
        grey = self.fractions[_CORTEX] + self.fractions[_DEEP]
        return np.stack(
            [self._in_mask(part) for part in (self.fractions[_CSF], grey, self.fractions[_WHITE])]
        )

    @cached_property
    def deep_grey_map(self) -> Floats:
        """The true fraction of deep grey matter, which is part of the grey: shape (X, Y, Z)."""
        return self._in_mask(self.fractions[_DEEP])

    def _in_mask(self, values: Floats) -> Floats:
        inside: Floats = np.where(self.mask, self.grid.average(self.volume(values)), np.float32(0))
        return inside

    def truth_maps(self) -> dict[str, Floats]:
        """Return true T1 (ms), M0 and T2* (ms) on the scan grid inside the mask.

        Where tissues mix, M0 is their mean, and 1/T1 and 1/T2* are their means weighted by M0:
        the initial rates at which the mixture relaxes.
        """
        water = self.fractions * self.m0
        total = self.grid.average(self.volume(water.sum(axis=0)))
        rates = {
            "T1map": self.grid.average(self.volume((water / self.t1).sum(axis=0))),
            "T2starmap": self.grid.average(self.volume((water / self.t2star).sum(axis=0))),
        }
        safe = np.where(self.mask, total, 0)
        maps = {
            name: np.divide(safe, rate, out=np.zeros_like(rate), where=self.mask)
            for name, rate in rates.items()
        }
        return {**maps, "M0map": safe.astype(np.float32)}


def make_subject(
    name: str, *, anatomy: Anatomy, grid: ScanGrid, seed: int, atrophy: float = 0.0
) -> DigitalSubject:
    """Make one person from an anatomy: its own shape, sulci and tissue properties.

    Parameters
    ----------
    name : str
        Label; with the seed it decides everything about the person, whatever the voxel size and
        whoever else is simulated.
    anatomy : Anatomy
        The head to start from.
    grid : ScanGrid
        Voxels of the scans.
    seed : int
        The dataset's seed.
    atrophy : float
        Part of the grey matter's volume that the person has lost to CSF, compared with the same
        person without it.

    Returns
    -------
    DigitalSubject
        The person, not yet scanned.

    Raises
    ------
    InputError
        If the anatomy cannot lose so much grey matter.
    """
    at = _anatomy_coordinates(name, anatomy, grid, seed)
    share = ndimage.map_coordinates(anatomy.brain, at, order=1)
    brain = share >= 0.5
    around = _surroundings(anatomy, at, share)
    region = _with_rim(brain, grid.fine_size)
    if around is not None:
        region |= around.sum(axis=0) > _AIR
    inside = brain[region]
    fractions = _outside(around, region, inside)
    fractions[: len(CLASSES), inside] = brain_fractions(
        name, anatomy=anatomy, grid=grid, seed=seed, at=at[:, brain], brain=brain, atrophy=atrophy
    )
    tissues = BRAIN if around is None else BRAIN + AROUND
    t1, m0, t2star = _tissue_properties(name, grid, seed, region, tissues)
    return DigitalSubject(
        name=name,
        anatomy=anatomy.name,
        seed=seed,
        grid=grid,
        region=region,
        brain=inside,
        fractions=fractions,
        t1=t1,
        m0=m0,
        t2star=t2star,
    )


def _surroundings(anatomy: Anatomy, at: Floats, share: Floats) -> Floats | None:
    """Fractions of bone, soft tissue and fat outside the brain: shape (3, *fine_shape)."""
    if anatomy.surroundings is None:
        return None
    sampled = np.stack(
        [ndimage.map_coordinates(part, at, order=1) for part in anatomy.surroundings]
    )
    # Half of what lies between two voxels of the map may be brain: it is not air.
    beside = np.clip(1 - share, 0.5, 1)
    around: Floats = np.where(share < 0.5, sampled / beside, 0).astype(np.float32)
    around /= np.maximum(around.sum(axis=0), 1)
    return around


def _outside(around: Floats | None, region: Mask, inside: Mask) -> Floats:
    """Fractions in the region outside the brain, 0 in it: fluid, or what surrounds the brain."""
    if around is not None:
        brainless = np.zeros((len(CLASSES), inside.size), dtype=np.float32)
        return np.concatenate([brainless, around[:, region]])
    fractions = np.zeros((len(CLASSES), inside.size), dtype=np.float32)
    fractions[_CSF, ~inside] = 1
    return fractions


def _with_rim(brain: Mask, voxel: float) -> Mask:
    rounds = int(np.ceil(_RIM / voxel))
    ball = ndimage.generate_binary_structure(3, 1)
    grown: Mask = ndimage.binary_dilation(brain, ball, iterations=rounds)
    return grown


def _anatomy_coordinates(name: str, anatomy: Anatomy, grid: ScanGrid, seed: int) -> Floats:
    """Voxel coordinates in the anatomy of every fine voxel: shape (3, *fine_shape)."""
    rng = random_generator(seed, name, "shape")
    sizes = anatomy.scale * np.exp(rng.normal(0, _SIZE) + rng.normal(0, _PROPORTION, 3))
    pose = random_pose(rng, degrees=_HEAD_TILT, millimetres=_HEAD_SHIFT)
    points = mesh(grid.fine_axes)
    points += random_warp(rng).displacement(grid.fine_axes)
    to_voxels = np.linalg.inv(anatomy.affine)
    linear = to_voxels[:3, :3] @ np.diag(1 / sizes) @ pose.matrix
    offset = to_voxels[:3, :3] @ (anatomy.centre + pose.translation) + to_voxels[:3, 3]
    flat = linear.astype(np.float32) @ points.reshape(3, -1) + offset.astype(np.float32)[:, None]
    return flat.reshape(points.shape)


def _tissue_properties(
    name: str, grid: ScanGrid, seed: int, region: Mask, tissues: Sequence[Tissue]
) -> Iterator[Floats]:
    """T1, M0 and T2* of each tissue in the region: three arrays of shape (tissues, N)."""
    rng = random_generator(seed, name, "tissues")
    means = [tissue.of_person(rng) for tissue in tissues]

    def slow() -> Floats:
        values: Floats = random_field(rng, _SMOOTH_KNOTS).on(grid.fine_axes)[region]
        return values

    fine = random_field(rng, _FINE_KNOTS).on(grid.fine_axes)[region]
    water, susceptibility = slow(), slow()
    t1, m0, t2star = (np.empty((len(tissues), fine.size), dtype=np.float32) for _ in range(3))
    for index, (tissue, mean) in enumerate(zip(tissues, means, strict=True)):
        deviation = tissue.t1_fine * fine
        if tissue.t1_smooth:
            deviation += tissue.t1_smooth * slow()
        t1[index] = mean[0] * np.exp(deviation)
        m0[index] = mean[1] * np.exp(_M0_FOLLOWS_T1 * deviation + _M0_SMOOTH * water)
        t2star[index] = mean[2] * np.exp(_T2STAR_SMOOTH * susceptibility)
    return iter((t1, m0, t2star))
