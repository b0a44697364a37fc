"""Which tissue a person has where: an anatomy's fractions, individualised, sharpened, atrophied."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize

from ...errors import InputError
from ...utils.arrays import Mask
from ..fields import random_field, random_generator
from ..grid import Floats, ScanGrid
from .anatomy import CLASSES, Anatomy
from .individuality import Traits, draw_traits

_SULCAL_KNOTS = 5.0  # mm
_REGIONAL_KNOTS = 25.0  # mm
_TINY = 1e-4
_MOST_GAIN = 6.0  # log-odds of CSF; more would turn pure tissue into fluid
# Ventricles grow with the loss of grey matter: mm of their walls for the whole of it, and at most.
_WIDER_VENTRICLES, _WIDEST_VENTRICLES = 20.0, 4.0
_CSF, _CORTEX, _WHITE, _DEEP = range(len(CLASSES))


def brain_fractions(
    name: str,
    *,
    anatomy: Anatomy,
    grid: ScanGrid,
    seed: int,
    at: Floats,
    brain: Mask,
    atrophy: float = 0.0,
) -> Floats:
    """Mix the tissues of one person's brain.

    Parameters
    ----------
    name : str
        Whose brain.
    anatomy : Anatomy
        The head to start from.
    grid : ScanGrid
        Voxels of the scans.
    seed : int
        The dataset's seed.
    at : ndarray of float32, shape (3, N)
        Voxel coordinates in the anatomy of the N fine voxels of the brain.
    brain : ndarray of bool, shape `grid.fine_shape`
        Which fine voxels these are.
    atrophy : float
        Part of the grey matter's volume that is lost to CSF.

    Returns
    -------
    ndarray of float32, shape (4, N)
        Fractions of `CLASSES`; they sum to 1.

    Raises
    ------
    InputError
        If so much grey matter cannot be lost by wider sulci and ventricles.

    Notes
    -----
    Fractions are treated by their logarithms: what is added to that of CSF moves every border
    between tissue and fluid into the tissue, and so thins the cortex from outside and widens
    sulci and ventricles, by parts of a voxel too. Atrophy first widens the ventricles, which pushes
    tissue outwards, and then adds the one number that leaves the asked volume of grey matter.
    """
    traits = Traits()
    if anatomy.individuality is not None:
        traits = draw_traits(random_generator(seed, name, "traits"), anatomy.individuality)
    person = _Person(name=name, anatomy=anatomy, grid=grid, seed=seed, brain=brain, traits=traits)
    whole = _normalised(person.logs(at, traits.ventricles))
    if not atrophy:
        return whole
    wider = min(traits.ventricles + _WIDER_VENTRICLES * atrophy, _WIDEST_VENTRICLES)
    logs = person.logs(at, wider)
    most = _MOST_GAIN * anatomy.sharpness
    gain = _fluid_gain(logs, whole, _in_scan_mask(brain, grid), atrophy, most)
    if gain is None:
        raise InputError(
            f"sub-{name}: anatomy {anatomy.name} cannot lose {atrophy:g} of its grey matter by "
            "wider sulci and ventricles; ask for less."
        )
    logs[_CSF] += np.float32(gain)
    return _normalised(logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What decides about the tissues of one brain, but for atrophy."""

    name: str
    anatomy: Anatomy
    grid: ScanGrid
    seed: int
    brain: Mask
    traits: Traits

    def logs(self, at: Floats, ventricles: float) -> Floats:
        """Logarithms of the fractions, up to one number a voxel, with ventricles wider by mm."""
        if ventricles:
            shift = [ndimage.map_coordinates(part, at, order=1) for part in self.anatomy.widening]
            at = (at + np.float32(ventricles) * np.stack(shift)).astype(np.float32)
        logs = np.empty((len(CLASSES), at.shape[1]), dtype=np.float32)
        for source, log in zip(self.anatomy.fractions, logs, strict=True):
            np.log(np.maximum(ndimage.map_coordinates(source, at, order=1), _TINY), out=log)
        logs[_CSF] += np.float32(self.anatomy.fluid_bias + self.traits.fluid)
        logs[_WHITE] += np.float32(self.traits.white)
        if self.anatomy.individuality is not None:
            logs[_CSF] += self._own(self.anatomy.individuality.sulci, _SULCAL_KNOTS, "sulci")
            logs[_WHITE] += self._own(self.anatomy.individuality.regions, _REGIONAL_KNOTS, "cortex")
        logs *= np.float32(self.anatomy.sharpness)
        return logs

    def _own(self, deviation: float, knots: float, key: str) -> Floats:
        field = random_field(random_generator(self.seed, self.name, key), knots)
        own: Floats = np.float32(deviation) * field.on(self.grid.fine_axes)[self.brain]
        return own


def _normalised(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=0))
    fractions: Floats = weights / weights.sum(axis=0)
    return fractions


def _in_scan_mask(brain: Mask, grid: ScanGrid) -> Mask:
    """Which of the brain's fine voxels lie in voxels of the scan that count as brain."""
    mask = grid.average(brain.astype(np.float32)) >= 0.5
    for axis in range(3):
        mask = mask.repeat(grid.oversampling, axis=axis)
    inside: Mask = mask[brain]
    return inside


def _grey_volume(fractions: Floats, counted: Mask) -> float:
    grey = fractions[_CORTEX] + fractions[_DEEP]
    return float(grey[counted].sum(dtype=np.float64))


def _fluid_gain(
    logs: Floats, whole: Floats, counted: Mask, atrophy: float, most: float
) -> float | None:
    """Find what the logarithm of CSF gains for this part of the whole grey matter to be lost."""
    goal = (1 - atrophy) * _grey_volume(whole, counted)

    def excess(gain: float) -> float:
        wider = logs.copy()
        wider[_CSF] += np.float32(gain)
        return _grey_volume(_normalised(wider), counted) - goal

    if excess(most) > 0:
        return None
    # The wider ventricles alone may have taken a little more than was asked.
    gain: float = optimize.brentq(excess, -most, most, xtol=1e-4)
    return gain
