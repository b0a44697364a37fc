"""Whole brains at .8 mm, and a PhyCHarm for them: what goals are set for."""

from collections.abc import Iterator

import numpy as np

from phycharm.data.scan import Scan
from phycharm.laws.phantom import QUANTITATIVE, TRAINING, Phantom
from phycharm.method.phycharm import PhyCHarm
from phycharm.utils.arrays import Image, Mask

SHAPE = (240, 240, 224)
"""Voxels of an image in `paper`."""

_VOXEL_MM = 0.8


def fitted_phycharm(device: str) -> PhyCHarm:
    """Fit PhyCHarm with its maps to a phantom, by a step or two: it knows nothing, at full cost."""
    phantom = Phantom()
    method = PhyCHarm(
        training={"steps": 2}, maps={"training": {"epochs": 1, "batch_size": 32}}, device=device
    )
    return method.fit(phantom.cohort(TRAINING), quantitative=phantom.quantitative(QUANTITATIVE))


def scan_of(image: Image, mask: Mask) -> Scan:
    """Make a scan of the phantom's first scanner."""
    affine = np.diag([_VOXEL_MM, _VOXEL_MM, _VOXEL_MM, 1.0])
    scanner = Phantom().scanners[0]
    return Scan(image=image, mask=mask, affine=affine, scanner=scanner, subject="01")


def different_scans(image: Image, mask: Mask, count: int) -> Iterator[Scan]:
    """Yield a scan with other voxels each time: maps of one that was seen are remembered."""
    for number in range(count):
        changed = image.copy()
        changed[_first(mask)] += 1e-3 * (number + 1)
        yield scan_of(changed, mask)


def _first(mask: Mask) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(mask.argmax()), mask.shape))
