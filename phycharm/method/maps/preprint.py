"""What the PhyCHarm preprint prints of its images, maps and generator, and its code of the rest.

medRxiv 10.1101/2025.02.07.25321867.
"""

from dataclasses import replace

import numpy as np

from ...data.scan import Scan
from ...networks.plan import TrainingPlan
from ...physics.acquisition import Acquisition

IMAGE_UNIT = 4095.0
"""What an intensity of 1 stands for, in the units of the image file."""
T1_UNIT_MS = 4095.0
"""What a T1 output of 1 stands for, in ms."""
M0_UNIT = 500.0
"""What an M0 output of 1 stands for, in the units of the file of MP2RAGE's second inversion."""

GENERATOR_PLAN = TrainingPlan(epochs=500, batch_size=2, learning_rate=1e-3)
"""The plan for the two networks of the maps."""

CONSTRAINT = Acquisition(inversion_time=2830, repetition_time=5000, echo_time=2.9, flip_angle=5)
"""Acquisition of the consistency term, as in the authors' code: that of MP2RAGE's second inversion.
The text names TI 1000 and TR 2300 ms, and the images themselves are of TI 900 and TR 2300 ms."""


def over_4095(scan: Scan) -> Scan:
    """Put a scan on the preprint's scale, whatever scale it is on.

    Parameters
    ----------
    scan : Scan
        Standardized or not; its `scale` knows.

    Returns
    -------
    Scan
        Intensities of the file divided by 4095.

    Examples
    --------
    >>> from phycharm import Acquisition, Scanner
    >>> timing = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
    >>> scan = Scan(
    ...     image=np.full((2, 2, 2), 0.5, np.float32),
    ...     mask=np.ones((2, 2, 2), bool),
    ...     affine=np.eye(4),
    ...     scanner=Scanner(name="GE", acquisition=timing),
    ...     subject="01",
    ...     scale=819.0,
    ... )
    >>> once = over_4095(scan)
    >>> float(once.image[0, 0, 0]), once.scale
    (0.10000000149011612, 4095.0)
    >>> float(over_4095(once).image[0, 0, 0])
    0.10000000149011612
    """
    image = scan.image * np.float32(scan.scale / IMAGE_UNIT)
    return replace(scan, image=image, scale=IMAGE_UNIT)
