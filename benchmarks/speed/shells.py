"""Images of no head, as large as those of one, to time what looks at whole volumes."""

from collections.abc import Sequence

import numpy as np

from phycharm.utils.arrays import Image, Mask

_MEANS = (0.3, 0.7, 1.0)


def noisy_shells(shape: Sequence[int], *, margin: float = 1.1) -> tuple[Image, Image, Mask]:
    """Make two noisy images of a ball of three shells, and its mask.

    Parameters
    ----------
    shape : sequence of int
        Of a volume.
    margin : float
        Half the field of view in radii of the ball; 1 for a ball that touches every side.
    """
    axes = [np.linspace(-margin, margin, size) for size in shape]
    radius = np.sqrt(sum(a**2 for a in np.meshgrid(*axes, indexing="ij", sparse=True)))
    mask = radius < 1
    clean = np.select([radius < 0.6, radius < 0.85, mask], _MEANS[::-1], 0.0)
    draw = np.random.default_rng(0)
    noisy = [np.where(mask, clean + draw.normal(0, 0.05, mask.shape), 0) for _ in range(2)]
    return noisy[0].astype(np.float32), noisy[1].astype(np.float32), mask
