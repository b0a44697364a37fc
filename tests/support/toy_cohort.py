"""Small travelling subjects whose scanners differ in the order of their grey values."""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.physics.acquisition import Acquisition

SHAPE = (28, 36, 8)
ACQUISITION = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
A, B, C = (Scanner(name=name, acquisition=ACQUISITION) for name in "ABC")
# What each scanner makes of the three tissues: no straight line leads from one to the other.
GREYS = {"A": (0.2, 0.6, 1.0), "B": (0.6, 0.95, 1.0), "C": (0.9, 0.7, 0.1)}


def toy_scan(subject: str, scanner: Scanner) -> Scan:
    """A brain that is the same on every scanner but for contrast and noise."""
    person = np.random.default_rng([7, *subject.encode()])
    grid = np.meshgrid(*[np.linspace(-1.1, 1.1, n) for n in SHAPE], indexing="ij")
    mask = sum((g / a) ** 2 for g, a in zip(grid, (0.9, 1.0, 1.3), strict=True)) < 1
    field = gaussian_filter(person.normal(size=SHAPE), 3.0)
    tissue = np.interp(field, np.quantile(field[mask], [0.1, 0.5, 0.9]), [0, 1, 2])
    noise = np.random.default_rng([*subject.encode(), *scanner.name.encode()])
    image = np.interp(tissue, [0, 1, 2], GREYS[scanner.name]) + noise.normal(scale=0.01, size=SHAPE)
    return Scan(
        image=np.where(mask, image, 0).astype(np.float32),
        mask=mask,
        affine=np.diag([3.0, 3.0, 3.0, 1.0]),
        scanner=scanner,
        subject=subject,
    )


def toy_cohort(*subjects: str, scanners: tuple[Scanner, ...] = (A, B)) -> Cohort:
    """These people on these scanners."""
    return Cohort(subjects=subjects, scanners=scanners, load=toy_scan)


def error(image: np.ndarray, subject: str, target: Scanner) -> float:
    """Mean absolute error against the target scan, in the brain."""
    reference = toy_scan(subject, target)
    return float(np.abs(image - reference.image)[reference.mask].mean())


def flipped(scan: Scan) -> Scan:
    """The same scan with its slices in reverse order."""
    return replace(scan, image=scan.image[..., ::-1].copy(), mask=scan.mask[..., ::-1].copy())
