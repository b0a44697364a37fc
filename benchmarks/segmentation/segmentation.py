"""What every segmentation engine answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phycharm.utils.arrays import Image

TISSUES = ("CSF", "GM", "WM")
"""Tissues in the order of the labels 1, 2, 3 and of the partial volumes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Segmentation:
    """Tissues of one scan, on the scan's own grid.

    Parameters
    ----------
    labels : ndarray of uint8, shape (X, Y, Z)
        The likeliest class (FAST's `_seg`): 1 CSF, 2 GM, 3 WM, 0 outside the brain.
    pve_labels : ndarray of uint8, shape (X, Y, Z)
        The tissue with the largest share of the voxel (FAST's `_pveseg`), numbered alike. It
        follows the truth better than `labels` and is the default for tissue scores.
    partial_volumes : ndarray of float32, shape (3, X, Y, Z)
        Shares of CSF, GM and WM in each voxel, of sum 1 in the brain and 0 outside.
    mixeltype : ndarray of uint8, shape (X, Y, Z), or None
        What a voxel is made of: 0, 1, 2 for CSF, GM, WM alone, 3 for CSF and GM, 4 for CSF and
        WM, 5 for GM and WM; 0 outside the brain too. None from an engine without such a model.
    bias : ndarray of float32, shape (X, Y, Z)
        Multiplicative bias field: the image divided by it is even; 1 outside the brain.
    volumes_ml : dict of str to float
        Volume of CSF, GM and WM in ml, from the partial volumes.
    engine : str
        Who answered: name and version.
    """

    labels: npt.NDArray[np.uint8]
    pve_labels: npt.NDArray[np.uint8]
    partial_volumes: Image
    mixeltype: npt.NDArray[np.uint8] | None
    bias: Image
    volumes_ml: dict[str, float]
    engine: str

    def __repr__(self) -> str:
        volumes = ", ".join(f"{tissue} {ml:.1f} ml" for tissue, ml in self.volumes_ml.items())
        return (
            f"{type(self).__name__}({volumes}; shape={self.labels.shape}, engine={self.engine!r})"
        )


def tissue_volumes_ml(partial_volumes: Image, affine: npt.NDArray[np.float64]) -> dict[str, float]:
    """Sum partial volumes times the size of a voxel.

    Parameters
    ----------
    partial_volumes : ndarray of float32, shape (3, X, Y, Z)
        Shares of CSF, GM and WM.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm.

    Returns
    -------
    dict of str to float
        Millilitres by tissue.

    Examples
    --------
    >>> shares = np.zeros((3, 10, 10, 10), np.float32)
    >>> shares[1], shares[2] = 0.25, 0.75
    >>> volumes = tissue_volumes_ml(shares, np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> {tissue: round(volume, 3) for tissue, volume in volumes.items()}
    {'CSF': 0.0, 'GM': 2.0, 'WM': 6.0}
    """
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    sums = partial_volumes.sum(axis=(1, 2, 3), dtype=np.float64)
    return {tissue: float(total) * voxel_ml for tissue, total in zip(TISSUES, sums, strict=True)}
