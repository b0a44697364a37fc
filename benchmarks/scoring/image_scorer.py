"""From images to rows of scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from phycharm.data.scan import Scan
from phycharm.utils.arrays import Image

from ..metrics import data_range, histogram_counts, histogram_edges, score_image
from ..metrics.histograms import Histogram


@dataclass(frozen=True, kw_only=True)
class ImageScorer:
    """Compute the image metrics of harmonized scans, all under the same rules.

    Parameters
    ----------
    metrics : sequence of str
        Names of image metrics.
    device : str
        Where they are computed.
    """

    revision: ClassVar[str] = "1"
    """Raised whenever an image would get another score; part of what identifies a cell."""

    metrics: Sequence[str]
    device: str

    def score(
        self, image: Image, source: Scan, target: Scan, *, metrics: Sequence[str] | None = None
    ) -> dict[str, float]:
        """Compare a harmonized image with the target scan of the same person.

        Parameters
        ----------
        image : ndarray of float32, shape (X, Y, Z)
            Harmonized.
        source, target : Scan
            What it was made from, and what it should look like. The mask is the target's.
        metrics : sequence of str, optional
            Names of image metrics in place of those that are always computed.

        Returns
        -------
        dict of str to float
            Value by metric.
        """
        return score_image(
            self._tensor(target.image),
            self._tensor(image),
            self._tensor(target.mask),
            source=self._tensor(source.image),
            names=dict.fromkeys(self.metrics if metrics is None else metrics),
        )

    def histogram(self, image: Image, target: Scan) -> Histogram:
        """Count an image's intensities in the target's bins, inside the target's mask.

        Returns
        -------
        Histogram
            Edges of the bins, and voxels in each.
        """
        reference, mask = self._tensor(target.image), self._tensor(target.mask)
        edges = histogram_edges(reference, mask, data_range=data_range(reference, mask))
        return histogram_counts(self._tensor(image), mask, edges=edges)

    def _tensor(self, volume: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(volume)).to(self.device)
