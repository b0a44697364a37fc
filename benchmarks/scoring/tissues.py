"""Tissue scores: overlap and volume of CSF, grey and white matter."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from phycharm.utils.arrays import Labels, Mask

from ..segmentation import TISSUES, Segmentation

Fractions = npt.NDArray[np.float32]
TissueScore = tuple[str, str, float]

TISSUE_METRICS = (
    "dice",
    "dice_hard",
    "dice_pve",
    "dice_truth",
    "volume_difference_ml",
    "abs_volume_difference_ml",
    "abs_volume_difference_percent",
)
"""Names of the metrics computed here."""


@dataclass(frozen=True, kw_only=True)
class TissuesInMask:
    """A segmentation inside the mask it is evaluated in, where it takes a tenth of the memory.

    Parameters
    ----------
    labels, pve_labels : ndarray of uint8, shape (N,)
        As in `Segmentation`, for the N voxels of the mask.
    partial_volumes : ndarray of float32, shape (3, N)
        Likewise.
    volumes_ml : dict of str to float
        Of the whole segmentation.
    """

    labels: Labels
    pve_labels: Labels
    partial_volumes: Fractions
    volumes_ml: dict[str, float]

    @classmethod
    def of(cls, found: Segmentation, mask: Mask) -> Self:
        """Take a segmentation's voxels inside a mask, shape (X, Y, Z)."""
        return cls(
            labels=found.labels[mask],
            pve_labels=found.pve_labels[mask],
            partial_volumes=found.partial_volumes[:, mask],
            volumes_ml=found.volumes_ml,
        )


def dice(a: Mask, b: Mask) -> float:
    """Overlap of two regions, ``2 |A and B| / (|A| + |B|)`` (Dice 1945, Ecology 26:297-302).

    Parameters
    ----------
    a, b : ndarray of bool
        Regions, on one grid or in one mask.

    Returns
    -------
    float
        0 to 1; NaN where both are empty.

    Examples
    --------
    >>> dice(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else float("nan")


def soft_dice(p: Fractions, q: Fractions) -> float:
    """Overlap of two partial-volume maps, ``2 sum(min(p, q)) / sum(p + q)``.

    Parameters
    ----------
    p, q : ndarray of float32
        Fractions from 0 to 1, on one grid or in one mask. On fractions of 0 and 1 this is `dice`.

    Returns
    -------
    float
        0 to 1; NaN where both are empty.

    Examples
    --------
    >>> soft_dice(np.float32([1.0, 0.5, 0.0]), np.float32([1.0, 0.0, 0.5]))
    0.6666666666666666
    """
    total = float(p.sum(dtype=np.float64) + q.sum(dtype=np.float64))
    return 2 * float(np.minimum(p, q).sum(dtype=np.float64)) / total if total else float("nan")


def tissue_scores(
    found: TissuesInMask, reference: TissuesInMask, truth: Fractions | None = None
) -> Iterator[TissueScore]:
    """Compare the tissues of a harmonized image with those of the target scan.

    Parameters
    ----------
    found, reference : TissuesInMask
        Of the harmonized image and of the target scan, in one mask.
    truth : ndarray of float32, shape (3, N), optional
        Fractions of CSF, GM and WM that were simulated, in that mask.

    Yields
    ------
    metric, tissue, value
        For every metric of `TISSUE_METRICS` (`dice_truth` only where the truth is known).
    """
    for index, tissue in enumerate(TISSUES):
        label = index + 1
        mine, theirs = found.partial_volumes[index], reference.partial_volumes[index]
        yield "dice", tissue, dice(found.pve_labels == label, reference.pve_labels == label)
        yield "dice_hard", tissue, dice(found.labels == label, reference.labels == label)
        yield "dice_pve", tissue, soft_dice(mine, theirs)
        if truth is not None:
            yield "dice_truth", tissue, soft_dice(mine, truth[index])
        volume = reference.volumes_ml[tissue]
        difference = found.volumes_ml[tissue] - volume
        yield "volume_difference_ml", tissue, difference
        yield "abs_volume_difference_ml", tissue, abs(difference)
        percent = 100 * abs(difference) / volume if volume else float("nan")
        yield "abs_volume_difference_percent", tissue, percent


def undefined_scores(*, truth: bool) -> Iterator[TissueScore]:
    """Yield NaN for every tissue score of an image that cannot be segmented."""
    for tissue in TISSUES:
        for metric in TISSUE_METRICS:
            if truth or metric != "dice_truth":
                yield metric, tissue, float("nan")
