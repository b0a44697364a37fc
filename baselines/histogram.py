"""Histogram matching to the training scans of the target."""

from typing import Any

import numpy as np
import torch
from typing_extensions import override

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState
from phycharm.utils.arrays import Image

_LEVELS = np.linspace(0, 100, 1001)


class HistogramMatching(Harmonizer):
    """Histogram matching: the brain is given the target scanner's intensity distribution.

    The target's distribution is the mean quantile function of its training scans; each voxel of
    a scan takes the value that stands at its own quantile there.
    """

    card = MethodCard(
        name="histogram",
        summary="Match the brain's histogram to the mean histogram of the target's training scans.",
        citation="Gonzalez, Woods. Digital Image Processing, chapter 3 (histogram specification).",
        supervision="unpaired",
        scope="all",
        deterministic=True,
    )

    def __init__(self, *, seed: int = 0, device: str = "cpu") -> None:
        super().__init__(seed=seed, device=device)
        self._quantiles: dict[str, torch.Tensor] = {}

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        self._quantiles = {
            scanner.name: torch.from_numpy(
                np.mean([_quantiles(scan) for scan in train.scans(scanner)], axis=0)
            )
            for scanner in train.scanners
        }

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image:
        wanted = self._quantiles[target.name].numpy()
        own = _quantiles(scan)
        # Repeated quantiles (many equal voxels) would make the mapping ambiguous.
        own, first = np.unique(own, return_index=True)
        image = np.zeros_like(scan.image)
        image[scan.mask] = np.interp(scan.image[scan.mask], own, wanted[first])
        return image

    @override
    def state(self) -> FittedState:
        return FittedState(tensors=self._quantiles)

    @override
    def restore(self, state: FittedState) -> None:
        self._quantiles = state.tensors


def _quantiles(scan: Scan) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.percentile(scan.image[scan.mask].astype(np.float64), _LEVELS)
