"""A harmonization method that inherits from phycharm's base class.

The base class takes care of the mask, types, seeds, saving and loading; what is left is the method.
"""

import numpy as np

from phycharm import FittedState, Harmonizer, MethodCard


class PercentileMatching(Harmonizer):
    """Move a few percentiles of the brain to where the target scanner has them.

    Intensities between two of these percentiles follow a straight line.

    Parameters
    ----------
    percentiles : sequence of float
        Which, in ascending order.
    seed, device
        Given by the harness to every method.
    """

    card = MethodCard(
        name="percentiles",  # the entry point's name
        summary="Piecewise linear intensities between matched percentiles of the brain.",
        supervision="unpaired",
        scope="all",
    )

    # Every parameter is stored under its own name: so the harness can repeat and record it.
    def __init__(self, *, percentiles=(1, 10, 50, 90, 99), seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self.percentiles = tuple(percentiles)
        self._landmarks = {}

    def learn(self, train, validation, **context):
        for scanner in train.scanners:
            found = [self._percentiles(scan) for scan in train.scans(scanner)]
            self._landmarks[scanner.name] = np.mean(found, axis=0).tolist()

    def apply(self, scan, target):
        return np.interp(scan.image, self._percentiles(scan), self._landmarks[target.name])

    def _percentiles(self, scan):
        return np.percentile(scan.image[scan.mask].astype(np.float64), self.percentiles)

    # Tensors may go into a `FittedState` too; a method that learns nothing needs neither of these.
    def state(self):
        return FittedState(facts={"landmarks": self._landmarks})

    def restore(self, state):
        self._landmarks = state.facts["landmarks"]
