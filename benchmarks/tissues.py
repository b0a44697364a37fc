"""Tissue scores: overlap and volume of CSF, grey and white matter."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from .segmentation import TISSUES, Segmentation

Fractions = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
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


def dice(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    """Overlap of two regions, ``2 |A and B| / (|A| + |B|)`` (Dice 1945, Ecology 26:297-302).

    Parameters
    ----------
    a, b : ndarray of bool, shape (X, Y, Z)
        Regions.

    Returns
    -------
    float
        0 to 1; NaN where both are empty.
    """
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else float("nan")


def soft_dice(p: Fractions, q: Fractions) -> float:
    """Overlap of two partial-volume maps, ``2 sum(min(p, q)) / sum(p + q)``.

    Parameters
    ----------
    p, q : ndarray of float32, shape (X, Y, Z)
        Fractions from 0 to 1. On fractions of 0 and 1 this is `dice`.

    Returns
    -------
    float
        0 to 1; NaN where both are empty.
    """
    total = float(p.sum(dtype=np.float64) + q.sum(dtype=np.float64))
    return 2 * float(np.minimum(p, q).sum(dtype=np.float64)) / total if total else float("nan")


def tissue_scores(
    found: Segmentation, reference: Segmentation, truth: Fractions | None = None
) -> Iterator[TissueScore]:
    """Compare the tissues of a harmonized image with those of the target scan.

    Parameters
    ----------
    found, reference : Segmentation
        Of the harmonized image and of the target scan, on one grid.
    truth : ndarray of float32, shape (3, X, Y, Z), optional
        Fractions of CSF, GM and WM that were simulated.

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
