"""People with measured maps as travelling people: their images, computed for every scanner."""

from collections.abc import Iterable

import numpy as np

from ..data.cohort import Cohort
from ..data.quantitative import QuantitativeCohort, QuantitativeScan
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..simulate.fields import random_field
from ..utils.arrays import Image
from ..utils.seeding import derived_seed
from .constrained_images import ConstrainedImages

MOST_PEOPLE = 10
"""Of so many at most images are computed; they are kept as long as a method learns."""

_NOISE = 0.03  # largest standard deviation, of the 90th percentile
_SHADING, _KNOTS_MM = 0.04, 60.0
_BRIGHT = 90.0  # percentile by which images are put on the scanner's scale


def synthesised_travellers(
    people: QuantitativeCohort, train: Cohort, physics: ConstrainedImages, *, seed: int
) -> Cohort:
    """Compute what every scanner would have made of people whose maps were measured.

    Pairs of scanners of one person are few and dear; people with maps are many, and behind a fitted
    physics each of them is on all scanners at once. The images have the scanner's signal, its
    resolution, and shading and noise that are drawn anew for each.

    Parameters
    ----------
    people : QuantitativeCohort
        T1 in ms and M0, shape (X, Y, Z), of people who are none of `train`.
    train : Cohort
        Travelling subjects: whose scanners, and on whose intensity scale.
    physics : ConstrainedImages
        Fitted to `train`.
    seed : int
        Of whom is taken, and of shading and noise.

    Returns
    -------
    Cohort
        At most `MOST_PEOPLE`, each on every scanner; labels begin with `synthesised-`. Scans are
        kept in memory.
    """
    rng = np.random.default_rng(derived_seed(seed, "synthesised people"))
    chosen = rng.permutation(people.subjects)[:MOST_PEOPLE].tolist()
    levels = {scanner.name: _level(train.scans(scanner)) for scanner in train.scanners}
    known = {name: level for name, level in levels.items() if level > 0}
    scanners = [scanner for scanner in train.scanners if scanner.name in known]
    kept: dict[tuple[str, str], Scan] = {}
    for who in chosen:
        one = people.read(who)
        for scanner in scanners:
            rng = np.random.default_rng(derived_seed(seed, "synthesised", who, scanner.name))
            scan = _synthesised(one, scanner, physics, rng=rng, level=known[scanner.name])
            kept[scan.subject, scanner.name] = scan
    return Cohort(
        subjects=list(dict.fromkeys(subject for subject, _ in kept)),
        scanners=train.scanners,
        load=lambda subject, scanner: kept[subject, scanner.name],
        has=lambda subject, name: (subject, name) in kept,
    )


def _level(scans: Iterable[Scan]) -> float:
    levels = [np.percentile(scan.image[scan.mask], _BRIGHT) for scan in scans]
    return float(np.mean(levels)) if levels else 0.0


def _synthesised(
    one: QuantitativeScan,
    scanner: Scanner,
    physics: ConstrainedImages,
    *,
    rng: np.random.Generator,
    level: float,
) -> Scan:
    # Where T1 is unknown, there is nothing to compute an image of.
    mask = one.scan.mask & (one.t1 > 0)
    signal = physics.signal_of(one.t1, one.m0, mask, scanner)
    shaded = signal * np.exp(_SHADING * _smooth_field(rng, one.scan))
    bright = float(np.percentile(shaded[mask], _BRIGHT))
    shaded *= level / bright if bright > 0 else 0.0
    noise = _NOISE * level * rng.uniform() * rng.standard_normal(shaded.shape, dtype=np.float32)
    image = np.where(mask, (shaded + noise).clip(0), 0).astype(np.float32)
    return Scan(
        image=image,
        mask=mask,
        affine=one.scan.affine,
        scanner=scanner,
        subject=f"synthesised-{one.scan.subject}",
    )


def _smooth_field(rng: np.random.Generator, scan: Scan) -> Image:
    """Draw a field of mean 0 and variance 1 that changes over centimetres, on a scan's voxels."""
    x, y, z = (
        (np.arange(count) - (count - 1) / 2).astype(np.float32) * np.float32(size)
        for count, size in zip(scan.image.shape, scan.voxel_size, strict=True)
    )
    field: Image = random_field(rng, _KNOTS_MM).on((x, y, z))
    return field
