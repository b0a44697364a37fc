"""Which subject, which slice and which crop a picture shows: rules, so that nothing is picked."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from phycharm.utils.arrays import Image, Labels, Mask

from .run_view import RunView

_Pixel = TypeVar("_Pixel", bound=np.generic)


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """One subject seen by source, methods and target.

    Parameters
    ----------
    subject, source, target : str
        Who, and from where to where.
    source_image, target_image : ndarray of float32, shape (X, Y, Z)
        The standardized scans.
    mask : ndarray of bool, shape (X, Y, Z)
        Brain of the target scan.
    images : dict of ndarray
        Harmonized images by method; methods whose image is missing are left out.
    missing : tuple of str
        Those methods.
    voxel_mm : (float, float, float)
        Edge lengths of a voxel.
    """

    subject: str
    source: str
    target: str
    source_image: Image
    target_image: Image
    mask: Mask
    images: dict[str, Image]
    missing: tuple[str, ...]
    voxel_mm: tuple[float, float, float]

    @cached_property
    def window(self) -> float:
        """Brightest grey level: the 99.5th percentile of the target in its mask."""
        return brightest(self.target_image[self.mask], 99.5)

    @cached_property
    def error_limit(self) -> float:
        """End of the error scale: 98th percentile of `abs(source - target)` in the mask."""
        error = np.abs(self.source_image - self.target_image)[self.mask]
        return float(np.percentile(error, 98)) or 1.0


def brightest(values: npt.NDArray[Any], percent: float) -> float:
    """Return a percentile as the end of a scale that begins at 0.

    Parameters
    ----------
    values : ndarray
        Intensities.
    percent : float
        Which percentile.

    Returns
    -------
    float
        Above 0: of an image without a positive voxel, which is black on any scale, it is 1.

    Examples
    --------
    >>> brightest(np.arange(101), 99)
    99.0
    >>> brightest(-np.arange(101), 99)
    1.0
    """
    value = float(np.percentile(values, percent))
    return value if value > 0 else 1.0


def compare_images(
    view: RunView, subject: str, source: str, target: str, methods: list[str]
) -> Comparison | None:
    """Read everything that shows one subject in one direction.

    Parameters
    ----------
    view : RunView
        The run.
    subject, source, target : str
        Who, and from where to where.
    methods : list of str
        Whose images to read.

    Returns
    -------
    Comparison or None
        None where one of the two scans is missing or the grids differ.
    """
    library = view.images
    scans = library.scan(subject, source), library.scan(subject, target)
    if scans[0] is None or scans[1] is None or scans[0].shape != scans[1].shape:
        return None
    mask = library.mask(subject, target)
    if mask is None or mask.shape != scans[1].shape or not mask.any():
        mask = scans[1] > 0
    if not mask.any():
        return None
    found = {m: library.harmonized(m, subject, source, target) for m in methods}
    images = {m: v for m, v in found.items() if v is not None and v.shape == mask.shape}
    return Comparison(
        subject=subject,
        source=source,
        target=target,
        source_image=scans[0],
        target_image=scans[1],
        mask=mask,
        images=images,
        missing=tuple(m for m in methods if m not in images),
        voxel_mm=library.voxel_size(subject, target),
    )


def median_subject(view: RunView, split: str, direction: tuple[str, str]) -> str | None:
    """Choose whom to show: the subject that the reference method served neither well nor badly.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.
    direction : (str, str)
        Source and target.

    Returns
    -------
    str or None
        The lower median of the first headline measure; where it is undefined the first subject, of
        those in this direction if there are any.
    """
    subjects = view.subjects.get(split, [])
    if not subjects or not view.headline or view.reference not in view.methods:
        return subjects[0] if subjects else None
    measured = view.measured(view.headline[0], split, direction)
    values = measured[view.reference].dropna()
    if values.empty:
        return str(measured.index[0]) if len(measured) else subjects[0]
    ordered = values.sort_values(kind="stable")
    return str(ordered.index[(len(ordered) - 1) // 2])


def worst_cases(
    view: RunView, split: str, method: str, count: int | None
) -> list[tuple[str, str, str]]:
    """List subject, source and target where a method did worst, worst first.

    Judged by the first headline measure; all cases where `count` is None.
    """
    if not view.headline:
        return []
    measure = view.headline[0]
    rows = view.values
    rows = rows[
        (rows["metric"] == measure.metric)
        & (rows["tissue"] == measure.tissue)
        & (rows["split"] == split)
        & (rows["harmonizer"] == method)
    ].dropna(subset="value")
    badness = measure.badness(rows["value"]).sort_values(ascending=False, kind="stable")
    worst = rows.loc[badness.index[:count], ["subject", "source", "target"]]
    return [(str(a), str(b), str(c)) for a, b, c in worst.itertuples(index=False)]


def axial_index(mask: Mask) -> int:
    """Return the slice through the mask's centre of mass."""
    return round(float(np.nonzero(mask)[2].mean()))


def bounding_box(mask: Mask, margin: int = 1) -> tuple[slice, slice, slice]:
    """Return the box around a mask, with a margin of voxels.

    Examples
    --------
    >>> mask = np.zeros((10, 10, 10), bool)
    >>> mask[3:6, 4:9, 0:2] = True
    >>> bounding_box(mask)
    (slice(2, 7, None), slice(3, 10, None), slice(0, 3, None))
    """
    box = []
    for axis in range(3):
        inside = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        low, high = int(inside[0]) - margin, int(inside[-1]) + 1 + margin
        box.append(slice(max(0, low), min(mask.shape[axis], high)))
    return box[0], box[1], box[2]


def axial(
    volume: npt.NDArray[_Pixel], box: tuple[slice, slice, slice], index: int
) -> npt.NDArray[_Pixel]:
    """Cut one axial slice for display: rows from front to back, left is left."""
    return volume[box[0], box[1], index].T[::-1]


def busiest_window(error: Image, share: float = 0.36) -> tuple[slice, slice]:
    """Find the square where the unharmonized image differs most from the target.

    Parameters
    ----------
    error : ndarray, shape (rows, columns)
        Absolute difference of the source from the target in one slice.
    share : float
        Edge of the square as a share of the slice's shorter edge.

    Returns
    -------
    rows, columns : slice
        The zoomed part of a picture: chosen without looking at any method.
    """
    edge = max(4, min(round(share * min(error.shape)), *error.shape))
    mean = uniform_filter(error.astype(np.float64), size=edge, mode="constant")
    half = edge // 2
    inner = mean[half : error.shape[0] - edge + half + 1, half : error.shape[1] - edge + half + 1]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    return slice(int(row), int(row) + edge), slice(int(column), int(column) + edge)


def tissue_pair(view: RunView, comparison: Comparison, method: str) -> tuple[Labels, Labels] | None:
    """Read the segmentations of a harmonized image and of the target scan."""
    subject, source, target = comparison.subject, comparison.source, comparison.target
    ours = view.images.harmonized_tissues(method, subject, source, target)
    theirs = view.images.tissues(subject, target)
    if ours is None or theirs is None or ours.shape != theirs.shape != comparison.mask.shape:
        return None
    return ours, theirs
