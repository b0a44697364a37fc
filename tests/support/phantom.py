"""Small people in memory: three tissues, four scanners and the images they make of each other.

Nothing here uses `phycharm.physics`, so that the physics can be tested on it.
"""

from functools import cache

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


def scanner(name, *, ti, tr, te, gain, train, first=False):
    """A scanner whose units are `gain` and whose centre of k-space nobody is told.

    `train` is echo spacing, number of readouts, the readout that reads the centre, flip angle.
    """
    spacing, readouts, centre, flip = train
    _SECRETS[name] = (gain, centre)
    acquisition = Acquisition(
        inversion_time=ti,
        repetition_time=tr,
        echo_time=te,
        flip_angle=flip,
        echo_spacing=spacing,
        readouts=readouts,
        inversion_ends="first pulse" if first else "centre",
    )
    return Scanner(name=name, acquisition=acquisition, manufacturer=f"{name} phantoms")


_SECRETS: dict[str, tuple[float, int]] = {}
GE = scanner(
    "GE", ti=450.0, tr=2000.0, te=3.192, gain=4000.0, train=(8.232, 166, 20, 12.0), first=True
)
PHILIPS = scanner("Philips", ti=1000.0, tr=1800.0, te=2.8, gain=900.0, train=(7.3, 108, 0, 12.0))
SIEMENS = scanner("Siemens", ti=1200.0, tr=2400.0, te=2.12, gain=300.0, train=(6.6, 112, 56, 7.0))
QUANT = scanner("QUANT", ti=900.0, tr=2300.0, te=2.9, gain=500.0, train=(7.0, 176, 88, 9.0))
SCANNERS = (GE, PHILIPS, SIEMENS)


def weight(t1, on):
    """Magnitude that a scanner reads at the centre of k-space, per unit of M0."""
    times, signals = _pulse_by_pulse(on)
    return np.interp(t1, times, signals)


def centre(on):
    """The readout at which a scanner reads the centre of k-space."""
    return _SECRETS[on.name][1]


@cache
def _pulse_by_pulse(on):
    """Play pulse after pulse of forty cycles, for a table of T1: no closed form is used."""
    known, (_, centre) = on.acquisition, _SECRETS[on.name]
    t1 = np.geomspace(50, 1e5, 800)
    start = known.inversion_time
    if known.inversion_ends == "centre":
        start -= centre * known.echo_spacing
    angle, mz = np.deg2rad(known.flip_angle), np.ones_like(t1)

    def recovered(mz, time):
        return 1 + (mz - 1) * np.exp(-time / t1)

    for _ in range(40):
        mz = recovered(-mz, start)
        for pulse in range(known.readouts):
            if pulse == centre:
                signal = np.abs(mz * np.sin(angle))
            mz = recovered(mz * np.cos(angle), known.echo_spacing)
        mz = recovered(mz, known.repetition_time - start - known.readouts * known.echo_spacing)
    return t1, signal


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
    # A readout pulse tips a tenth of the magnetization: on the scale of m0, that is the unit here.
    signal = 10 * m0 * weight(np.where(mask, t1, 1e5), on)
    signal *= np.exp(-times.echo_time / _T2_STAR)
    rng = np.random.default_rng([ord(letter) for letter in subject + on.name])
    field = 1 + 0.05 * np.linspace(-1, 1, shape[0])[:, None, None] * rng.normal()
    image = np.where(mask, signal * field + 0.01 * rng.normal(size=shape), 0.0)
    return Scan(
        image=(_SECRETS[on.name][0] * np.clip(image, 0, None)).astype(np.float32),
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
        m0_scale=float(np.percentile(m0[mask], 99)),
    )


def quantitative_cohort(subjects=("Q1", "Q2"), *, shape=SHAPE):
    """People with maps."""
    return QuantitativeCohort(
        subjects=subjects, load=lambda subject: quantitative_scan(subject, shape=shape)
    )
