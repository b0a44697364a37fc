"""The table of tissue volumes: of harmonized images, of the scans they are compared with, true."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..segmentation import TISSUES
from .tissues import Fractions

VOLUME_TYPES = {
    "split": "string",
    "fold": "int64",
    "source": "string",
    "target": "string",
    "subject": "string",
    "harmonizer": "string",
    "seed": "int64",
    "tissue": "string",
    "volume_ml": "float64",
    "true_ml": "float64",
    "known_loss": "float64",
}
"""Columns of `volumes.parquet` in their order, with their pandas types. Where `source` is `target`
a row is of the target's scan itself (of a method to a common domain: of its image of that scan)."""


def true_volumes_ml(
    fractions: Fractions | None, affine: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Sum true fractions times the size of a voxel.

    Parameters
    ----------
    fractions : ndarray of float32, shape (3, N), or None
        Of CSF, GM and WM in the N voxels of a mask; None where the truth is not known.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm.

    Returns
    -------
    dict of str to float
        Millilitres by tissue; NaN where the truth is not known.
    """
    if fractions is None:
        return dict.fromkeys(TISSUES, float("nan"))
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    sums = fractions.sum(axis=1, dtype=np.float64) * voxel_ml
    return {tissue: float(sums[index]) for index, tissue in enumerate(TISSUES)}


def known_losses(root: Path) -> dict[str, float]:
    """Read who has lost how much grey matter, of simulated people.

    Parameters
    ----------
    root : Path
        Folder of a BIDS dataset.

    Returns
    -------
    dict of str to float
        Fraction of the grey matter's volume lost, by label without `sub-`, as the simulator writes
        it into `participants.tsv`. Empty where it does not say so.
    """
    try:
        table = pd.read_csv(root / "participants.tsv", sep="\t", dtype=str)
    except (OSError, ValueError):
        return {}
    if not {"participant_id", "atrophy"} <= set(table):
        return {}
    lost = pd.to_numeric(table["atrophy"], errors="coerce")
    labels = table["participant_id"].astype(str).str.removeprefix("sub-")
    return {label: float(part) for label, part in zip(labels, lost, strict=True) if part == part}
