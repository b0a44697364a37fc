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
        self, image: Image, source: Scan, target: Scan, *, also: Sequence[str] = ()
    ) -> dict[str, float]:
        """Compare a harmonized image with the target scan of the same person.

        Parameters
        ----------
        image : ndarray of float32, shape (X, Y, Z)
            Harmonized.
        source, target : Scan
            What it was made from, and what it should look like. The mask is the target's.
        also : sequence of str
            Names of further image metrics.

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
            names=dict.fromkeys([*self.metrics, *also]),
        )

    def histogram(self, image: Image, target: Scan) -> list[dict[str, Any]]:
        """Count an image's intensities in the target's bins, inside the target's mask.

        Returns
        -------
        list of dict
            Rows with `bin_left`, `bin_right` and `count`.
        """
        reference, mask = self._tensor(target.image), self._tensor(target.mask)
        edges = histogram_edges(reference, mask, data_range=data_range(reference, mask))
        found = histogram_counts(self._tensor(image), mask, edges=edges)
        return [
            {"bin_left": left, "bin_right": right, "count": int(count)}
            for left, right, count in zip(
                found.edges[:-1], found.edges[1:], found.counts, strict=True
            )
        ]

    def _tensor(self, volume: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(volume)).to(self.device)
