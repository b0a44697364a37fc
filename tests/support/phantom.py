"""Small people in memory: three tissues, four scanners and the images they make of each other.

Nothing here uses `phycharm.physics`, so that the physics can be tested on it.
"""

import numpy as np

from phycharm.data.cohort import Cohort
from phycharm.data.intensity import percentile_99
from phycharm.data.quantitative import QuantitativeCohort, QuantitativeScan
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.physics.acquisition import Acquisition

SHAPE = (24, 32, 8)
AFFINE = np.array([[5.0, 0, 0, -60], [0, 5, 0, -80], [0, 0, 5, -20], [0, 0, 0, 1]])
TINY_FEATURES = (4, 4, 4, 8, 8, 4)

# Tissue by tissue from the inside: white matter, grey matter, fluid.
_RADII = (0.55, 0.85, 1.0)
_T1 = (850.0, 1400.0, 3800.0)
_M0 = (0.70, 0.82, 1.0)
_T2_STAR = 50.0


def scanner(name, *, ti, tr, te, gain):
    """A scanner whose units are `gain`; `Scanner` itself does not know them."""
    _GAINS[name] = gain
    acquisition = Acquisition(inversion_time=ti, repetition_time=tr, echo_time=te, flip_angle=9.0)
    return Scanner(name=name, acquisition=acquisition, manufacturer=f"Maker of {name}")


_GAINS: dict[str, float] = {}
GE = scanner("GE", ti=450.0, tr=2200.0, te=3.192, gain=4000.0)
PHILIPS = scanner("Philips", ti=1000.0, tr=1800.0, te=2.8, gain=900.0)
SIEMENS = scanner("Siemens", ti=1200.0, tr=2400.0, te=2.12, gain=300.0)
QUANT = scanner("QUANT", ti=900.0, tr=2300.0, te=2.9, gain=500.0)
SCANNERS = (GE, PHILIPS, SIEMENS)


def weight(t1, *, ti, tr):
    """Magnitude of a recovering signal; a short TI acts as if nothing recovered before it."""
    before = 1.0 if tr > 2 * ti * 1.5 else np.exp(-tr / t1)
    return np.abs(1 - 2 * np.exp(-ti / t1) + before)


def person(subject, *, shape=SHAPE):
    """T1 in ms, M0 and mask of one person; the label decides shape and tissue."""
    rng = np.random.default_rng([ord(letter) for letter in subject])
    grids = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    axes = rng.uniform((0.78, 0.8, 0.85), (0.9, 0.92, 0.97))
    phase = rng.uniform(0, 6, 3)
    waves = sum(np.sin(5 * g + p) for g, p in zip(grids, phase, strict=True))
    radius = np.sqrt(sum((g / a) ** 2 for g, a in zip(grids, axes, strict=True))) + 0.03 * waves
    mask = radius < _RADII[-1]
    layer = np.digitize(radius, _RADII[:-1])
    own = rng.normal(1, 0.03, 3)
    t1 = np.take(np.array(_T1) * own, layer) * (1 + 0.02 * waves)
    m0 = np.take(np.array(_M0), layer) * (1 + 0.01 * waves)
    return np.where(mask, t1, 0.0), np.where(mask, m0, 0.0), mask


def raw_scan(subject, on, *, shape=SHAPE):
    """A scan in the scanner's own units, with noise and a smooth receive field."""
    t1, m0, mask = person(subject, shape=shape)
    times = on.acquisition
    signal = m0 * weight(np.where(mask, t1, 1e9), ti=times.inversion_time, tr=times.repetition_time)
    signal *= np.exp(-times.echo_time / _T2_STAR)
    rng = np.random.default_rng([ord(letter) for letter in subject + on.name])
    field = 1 + 0.05 * np.linspace(-1, 1, shape[0])[:, None, None] * rng.normal()
    image = np.where(mask, signal * field + 0.01 * rng.normal(size=shape), 0.0)
    return Scan(
        image=(_GAINS[on.name] * np.clip(image, 0, None)).astype(np.float32),
        mask=mask,
        affine=AFFINE,
        scanner=on,
        subject=subject,
        session=on.name,
    )


def cohort(subjects=("01", "02", "03"), scanners=SCANNERS, *, shape=SHAPE):
    """Travelling subjects, on the common intensity scale."""
    return raw_cohort(subjects, scanners, shape=shape).map(percentile_99)


def raw_cohort(subjects=("01", "02", "03"), scanners=SCANNERS, *, shape=SHAPE):
    """Travelling subjects, in the scanners' own units."""
    return Cohort(
        subjects=subjects,
        scanners=scanners,
        load=lambda subject, on: raw_scan(subject, on, shape=shape),
    )


def quantitative_scan(subject, *, shape=SHAPE):
    """An MPRAGE with its true maps."""
    t1, m0, mask = person(subject, shape=shape)
    return QuantitativeScan(
        scan=percentile_99(raw_scan(subject, QUANT, shape=shape)),
        t1=t1.astype(np.float32),
        m0=(m0 / np.percentile(m0[mask], 99)).astype(np.float32),
    )


def quantitative_cohort(subjects=("Q1", "Q2"), *, shape=SHAPE):
    """People with maps."""
    return QuantitativeCohort(
        subjects=subjects, load=lambda subject: quantitative_scan(subject, shape=shape)
    )
