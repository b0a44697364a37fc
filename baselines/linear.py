"""Global linear scaling: the cheapest method that learns."""

from typing import Any

import numpy as np
from typing_extensions import override

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState
from phycharm.utils.arrays import Image


class LinearScaling(Harmonizer):
    """One shift and one scale per scan, to the target scanner's mean and spread.

    The mean and the standard deviation inside the mask, averaged over the training scans of the
    target scanner, replace the scan's own.
    """

    card = MethodCard(
        name="linear",
        summary="One shift and one scale per scan, to the target scanner's mean and spread.",
        supervision="unpaired",
        scope="all",
        deterministic=True,
    )

    def __init__(self, *, seed: int = 0, device: str = "cpu") -> None:
        super().__init__(seed=seed, device=device)
        self._moments: dict[str, tuple[float, float]] = {}

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        self._moments = {
            scanner.name: _average_moments(train, scanner) for scanner in train.scanners
        }

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image:
        mean, deviation = self._moments[target.name]
        own_mean, own_deviation = _moments(scan)
        # A constant brain has no spread to scale.
        scale = deviation / own_deviation if own_deviation > 0 else 0.0
        image: Image = ((scan.image - own_mean) * scale + mean).astype(np.float32)
        return image

    @override
    def state(self) -> FittedState:
        return FittedState(facts={"moments": self._moments})

    @override
    def restore(self, state: FittedState) -> None:
        self._moments = {
            name: (float(mean), float(deviation))
            for name, (mean, deviation) in state.facts["moments"].items()
        }


def _moments(scan: Scan) -> tuple[float, float]:
    brain = scan.image[scan.mask].astype(np.float64)
    return float(brain.mean()), float(brain.std())


def _average_moments(cohort: Cohort, scanner: Scanner) -> tuple[float, float]:
    moments = np.array([_moments(scan) for scan in cohort.scans(scanner)])
    mean, deviation = moments.mean(axis=0)
    return float(mean), float(deviation)
