"""Distances between the intensity histograms of two images."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .checks import Volume, as_tensor, check_mask, check_pair, check_range, inside
from .constants import BINS_PER_RANGE, HISTOGRAM_SPAN
from .ranges import intensity_limits


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of voxels between edges.

    Parameters
    ----------
    edges : ndarray of float64, shape (N + 1,)
        Edges of the bins, rising.
    counts : ndarray of int64, shape (N,)
        Voxels per bin; those beyond the edges are counted in the outermost bins.
    """

    edges: np.ndarray[tuple[int], np.dtype[np.float64]]
    counts: np.ndarray[tuple[int], np.dtype[np.int64]]


def histogram_edges(
    reference: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Edges of the bins that all images of one (subject, target) share.

    Parameters
    ----------
    reference : Tensor or ndarray, shape (X, Y, Z)
        The target scan.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Its brain; all voxels by default.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape (151,)
        From min(0, P0.1) of the reference, the bottom of its range, upwards in steps of L / 100
        to one and a half L, so that images brighter than the reference still show it.

    Raises
    ------
    ComparisonError
        The reference is constant or the mask empty, or `data_range` is not positive.

    Examples
    --------
    >>> ramp = torch.arange(1000.0).reshape(10, 10, 10)
    >>> edges = histogram_edges(ramp, data_range=1000.0)
    >>> len(edges), edges[:3], edges[-1].item()
    (151, tensor([ 0., 10., 20.], dtype=torch.float64), 1500.0)
    """
    reference = as_tensor(reference)
    low, _ = intensity_limits(reference, mask)
    bins = round(BINS_PER_RANGE * HISTOGRAM_SPAN)
    steps = torch.arange(bins + 1, dtype=torch.float64, device=reference.device)
    return low + steps * (check_range(data_range) / BINS_PER_RANGE)


def histogram_counts(image: Volume, mask: Volume | None = None, *, edges: Tensor) -> Histogram:
    """Count the voxels of an image in given bins, for distances and for the figure.

    Parameters
    ----------
    image : Tensor or ndarray, shape (X, Y, Z)
        Any image.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to count; all by default.
    edges : Tensor of float64, shape (N + 1,)
        Edges of the bins; see `histogram_edges`. A bin holds its left edge, the last one both.

    Returns
    -------
    Histogram
        Edges and counts as arrays. NaN and infinite voxels are not counted.

    Raises
    ------
    ComparisonError
        The mask is empty or of another shape.

    Examples
    --------
    >>> image = torch.tensor([0.5, 1.5, 1.5, 9.0]).reshape(1, 2, 2)
    >>> histogram_counts(image, edges=torch.tensor([0.0, 1.0, 2.0, 3.0])).counts
    array([1, 2, 1])
    """
    image = as_tensor(image)
    values = inside(image, check_mask(mask, image.shape)).double()
    return Histogram(edges.cpu().numpy(), _count(values[values.isfinite()], edges).cpu().numpy())


def wasserstein(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Wasserstein-1 distance of two intensity histograms, as a fraction of the data range.

    In one dimension it is the area between the cumulative distributions (Vallender 1974, Theory
    Probab. Appl. 18:784-786).

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare; the reference decides the bins.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to count; all by default.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape ()
        Distance from 0 (same histogram) to 1.49; NaN if a voxel of `image` is not finite.

    Raises
    ------
    ComparisonError
        The images cannot be compared, the reference is constant, the mask is empty, or
        `data_range` is not positive.

    Examples
    --------
    >>> import torch
    >>> ramp = torch.arange(1000.0, dtype=torch.float64).reshape(10, 10, 10)
    >>> print(f"{wasserstein(ramp, ramp + 100, data_range=1000.0).item():.3f}")
    0.100
    """
    return area_between(*densities(reference, image, mask, data_range=data_range))


def jensen_shannon(
    reference: Volume, image: Volume, mask: Volume | None = None, *, data_range: float | Tensor
) -> Tensor:
    """Jensen-Shannon distance of two intensity histograms.

    The square root of the divergence (Lin 1991, IEEE Trans. Inf. Theory 37:145-151) to base 2,
    which is a metric (Endres and Schindelin 2003, IEEE Trans. Inf. Theory 49:1858-1860).

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        Images to compare; the reference decides the bins.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to count; all by default.
    data_range : float or Tensor
        Range L of the intensities; see `data_range`.

    Returns
    -------
    Tensor of float64, shape ()
        Distance from 0 (same histogram) to 1 (nothing in common); NaN if a voxel of `image` is
        not finite.

    Raises
    ------
    ComparisonError
        As for `wasserstein`.

    Examples
    --------
    >>> import torch
    >>> ramp = torch.arange(1000.0).reshape(10, 10, 10)
    >>> print(f"{jensen_shannon(ramp, 0 * ramp + 1200, data_range=1000.0).item():.3f}")
    1.000
    """
    return entropy_distance(*densities(reference, image, mask, data_range=data_range))


def densities(
    reference: Volume, image: Volume, mask: Volume | None, *, data_range: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Return the share of voxels in each bin, of the reference and of the image."""
    reference, image, mask = check_pair(reference, image, mask)
    edges = histogram_edges(reference, mask, data_range=data_range)
    p, q = (_density(inside(volume, mask).double(), edges) for volume in (reference, image))
    return p, q


def area_between(p: Tensor, q: Tensor) -> Tensor:
    """Return the Wasserstein-1 distance of two densities; see `wasserstein`."""
    return (p.cumsum(0) - q.cumsum(0)).abs().sum() / BINS_PER_RANGE


def entropy_distance(p: Tensor, q: Tensor) -> Tensor:
    """Return the Jensen-Shannon distance of two densities; see `jensen_shannon`."""
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return divergence.clamp(min=0).sqrt()


def _density(values: Tensor, edges: Tensor) -> Tensor:
    if values.isnan().any():
        return torch.full_like(edges[:-1], torch.nan)
    return _count(values, edges).double() / values.numel()


def _count(values: Tensor, edges: Tensor) -> Tensor:
    bins = len(edges) - 1
    index = torch.bucketize(values, edges, right=True) - 1
    return torch.bincount(index.clamp(0, bins - 1), minlength=bins)


def _relative_entropy(p: Tensor, q: Tensor) -> Tensor:
    """Return sum of p log2(p / q), where 0 log 0 is 0; q is positive where p is."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum() / math.log(2)
