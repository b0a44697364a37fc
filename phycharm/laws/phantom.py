"""Small people and scanners in memory, on which the laws of a harmonizer are tried.

They are no benchmark: three ellipsoids of tissue, seen by three inversion-prepared acquisitions
with a gain, a receive field and noise of each scanner's own. They have what a harmonizer may rely
on (one grid a person, brain masks, standardized intensities, full acquisitions, people with maps)
and are fitted to in seconds.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from ..data.cohort import Cohort
from ..data.intensity import percentile_99
from ..data.quantitative import QuantitativeCohort, QuantitativeScan
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..physics.acquisition import Acquisition
from ..physics.forward import t1w_weight
from ..utils.arrays import Image, Mask
from ..utils.seeding import derived_seed

TRAINING, VALIDATION, TESTED = ("A", "B"), ("C",), ("D", "E")
QUANTITATIVE, QUANTITATIVE_VALIDATION = ("Q1", "Q2"), ("Q3",)
_SIDE, _VOXEL_MM = 32, 4.0
_T1_MS = {"csf": 3800.0, "grey": 1350.0, "white": 850.0}
_M0 = {"csf": 1.0, "grey": 0.82, "white": 0.7}


@dataclass(frozen=True, kw_only=True)
class _Site:
    """A scanner and what distinguishes its images beyond the acquisition."""

    scanner: Scanner
    gain: float
    field: float
    noise: float


def _site(name: str, timing: tuple[float, ...], gain: float, field: float, noise: float) -> _Site:
    inversion_time, repetition_time, echo_time, flip_angle, echo_spacing, readouts = timing
    acquisition = Acquisition(
        inversion_time=inversion_time,
        repetition_time=repetition_time,
        echo_time=echo_time,
        flip_angle=flip_angle,
        echo_spacing=echo_spacing,
        readouts=int(readouts),
    )
    scanner = Scanner(name=name, acquisition=acquisition, manufacturer="phantom")
    return _Site(scanner=scanner, gain=gain, field=field, noise=noise)


_SITES = (
    _site("Alpha", (900, 2300, 2.9, 9, 7.0, 176), gain=700, field=0.10, noise=0.010),
    _site("Beta", (650, 1600, 3.2, 12, 6.0, 160), gain=5000, field=-0.15, noise=0.020),
    _site("Gamma", (1000, 2000, 3.7, 8, 8.0, 150), gain=150, field=0.20, noise=0.015),
)


class Phantom:
    """Travelling subjects on three scanners, and people with maps.

    Parameters
    ----------
    seed : int
        People and noise follow from it.
    slices : int
        Size along z; x and y have 32 voxels.
    """

    def __init__(self, *, seed: int = 0, slices: int = 12) -> None:
        self.seed = seed
        self.slices = slices
        self.scanners = tuple(site.scanner for site in _SITES)
        self._scans: dict[tuple[str, str], Scan] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed}, slices={self.slices})"

    def cohort(self, subjects: tuple[str, ...]) -> Cohort:
        """Return a travelling cohort; each scan is made once and kept, as a cache would."""
        return Cohort(subjects=subjects, scanners=self.scanners, load=self.scan)

    def scan(self, subject: str, scanner: Scanner) -> Scan:
        """Return one person's scan on one scanner, standardized."""
        key = (subject, scanner.name)
        if key not in self._scans:
            t1, m0, mask = self._tissue(subject)
            site = next(site for site in _SITES if site.scanner == scanner)
            image = self._acquired(site, subject, t1, m0)
            self._scans[key] = _scan(image, mask, scanner, subject)
        return self._scans[key]

    def quantitative(self, subjects: tuple[str, ...]) -> QuantitativeCohort:
        """Return people with maps, who were scanned on the first scanner."""
        return QuantitativeCohort(subjects=subjects, load=self._measured)

    def _measured(self, subject: str) -> QuantitativeScan:
        t1, m0, mask = self._tissue(subject)
        m0 = np.where(mask, m0 / np.float32(np.percentile(m0[mask], 99)), np.float32(0))
        scan = self.scan(subject, self.scanners[0])
        return QuantitativeScan(scan=scan, t1=np.where(mask, t1, np.float32(0)), m0=m0)

    def _tissue(self, subject: str) -> tuple[Image, Image, Mask]:
        """Make T1 in ms, M0 and the brain of one person."""
        rng = np.random.default_rng(derived_seed(self.seed, subject))
        shape = (_SIDE, _SIDE, self.slices)
        grids = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
        # Folds and a person's own proportions, so that no two slices and no two people are equal.
        folds = gaussian_filter(rng.normal(size=shape), 1.5)
        axes = (0.8, 0.9, 0.97) * (1 + 0.05 * rng.uniform(-1, 1, size=3))
        radius = np.sqrt(sum((g / a) ** 2 for g, a in zip(grids, axes, strict=True)))
        radius += 0.4 * folds
        white = 1 / (1 + np.exp((radius - 0.68) / 0.04))
        ventricle = 1 / (1 + np.exp((radius - 0.22) / 0.04))
        parts = {"csf": ventricle, "white": white * (1 - ventricle), "grey": 1 - white}
        texture = 1 + 0.1 * gaussian_filter(rng.normal(size=shape), 1.0)
        t1 = np.sum([parts[key] * _T1_MS[key] for key in parts], axis=0) * texture
        m0 = np.sum([parts[key] * _M0[key] for key in parts], axis=0)
        return t1.astype(np.float32), m0.astype(np.float32), radius < 1

    def _acquired(self, site: _Site, subject: str, t1: Image, m0: Image) -> Image:
        rng = np.random.default_rng(derived_seed(self.seed, subject, site.scanner.name))
        weight = t1w_weight(torch.from_numpy(t1), site.scanner.acquisition, model="mprage")
        signal = m0 * weight.numpy()
        ramp = np.linspace(-1, 1, _SIDE)[:, None, None]
        clean = signal * (1 + site.field * ramp)
        noisy = clean + site.noise * signal.max() * rng.normal(size=signal.shape)
        image: Image = (site.gain * np.abs(noisy)).astype(np.float32)
        return image


def _scan(image: Image, mask: Mask, scanner: Scanner, subject: str) -> Scan:
    affine = np.diag([_VOXEL_MM, _VOXEL_MM, _VOXEL_MM, 1.0])
    return percentile_99(
        Scan(
            image=image,
            mask=mask,
            affine=affine,
            scanner=scanner,
            subject=subject,
            session=scanner.name,
        )
    )
