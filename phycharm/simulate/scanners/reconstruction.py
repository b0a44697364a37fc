"""What happens to an image between the signal and the file: blur, edge enhancement, noise."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage, special
from scipy.interpolate import make_interp_spline

from ..box import Box
from ..grid import Floats
from .scanner_models import ScannerModel

_DETAIL = 2.0  # mm: full width of the detail that edge enhancement brings out
_FWHM = 2.3548  # full width at half maximum of a Gaussian of unit standard deviation
_SAMPLING = 1.207  # full width at half maximum of a sinc whose zeros lie one voxel apart
_TAIL = 1e-4  # weight at which a kernel ends
_SPLINE_MARGIN = 4  # voxels around the box that a cubic spline reaches


def blurred(image: Floats, scanner: ScannerModel, spacing: float) -> Floats:
    """Apply a scanner's point spread function and edge enhancement.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        Signal.
    scanner : ScannerModel
        The scanner.
    spacing : float
        Edge of the image's voxels in mm.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        The image as it is acquired, before it is averaged into voxels.

    Notes
    -----
    Sampling k-space up to the voxel's edge makes a sinc of 1.2 voxels full width (Haacke, Brown,
    Thompson, Venkatesan. Magnetic Resonance Imaging, 1999, chapter 13); a Gaussian of that width
    stands for it, since vendors filter the ringing away.
    """
    widths = [edge * _SAMPLING for edge in scanner.resolution]
    return _enhanced(_smooth(image, widths, [spacing] * 3), scanner, [spacing] * 3)


def noise(rng: np.random.Generator, scanner: ScannerModel, box: Box) -> Floats:
    """Draw a scanner's noise: white in the voxels it acquires, filtered and resampled like them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    scanner : ScannerModel
        The scanner.
    box : Box
        Where the noise is wanted.

    Returns
    -------
    ndarray of float32, shape `box.fine_shape`
        One channel, of unit variance in the voxels that the scanner acquires.
    """
    resamplers = [
        _resampler(positions, edge, box.grid.fine_size)
        for positions, edge in zip(box.axes, scanner.resolution, strict=True)
    ]
    counts = tuple(matrix.shape[1] for matrix in resamplers)
    values = _enhanced(rng.standard_normal(counts, dtype=np.float32), scanner, scanner.resolution)
    values /= values.std()
    for axis, matrix in enumerate(resamplers):
        values = np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(values)


def _resampler(positions: Floats, edge: float, spacing: float) -> Floats:
    """Matrix from acquired voxels along one axis to fine ones: cubic spline, then mean.

    A fine voxel that is larger than an acquired one takes the mean of several points in it.
    """
    reach = float(np.abs(positions).max()) + spacing
    count = 2 * (int(np.ceil(reach / edge)) + _SPLINE_MARGIN)
    acquired = (np.arange(count) - (count - 1) / 2) * edge
    points = int(np.ceil(spacing / edge - 1e-6))
    within = ((np.arange(points) + 0.5) / points - 0.5) * spacing
    spline = make_interp_spline(acquired, np.eye(count), k=3)
    matrix = spline((positions[:, None] + within).ravel()).reshape(len(positions), points, count)
    averaged: Floats = matrix.mean(axis=1).astype(np.float32)
    return averaged


def _enhanced(image: Floats, scanner: ScannerModel, spacing: Sequence[float]) -> Floats:
    """Add the detail again that a Gaussian takes away."""
    if not scanner.edge_enhancement:
        return image
    coarse = _smooth(image, [_DETAIL] * 3, spacing)
    sharp: Floats = image + np.float32(scanner.edge_enhancement) * (image - coarse)
    return sharp


def _smooth(image: Floats, widths: Sequence[float], spacing: Sequence[float]) -> Floats:
    """Blur by Gaussians of these full widths in mm."""
    for axis, (width, edge) in enumerate(zip(widths, spacing, strict=True)):
        kernel = _gaussian((width / _FWHM / edge) ** 2)
        image = ndimage.correlate1d(image, kernel, axis=axis, mode="nearest")
    return image


def _gaussian(variance: float) -> Floats:
    """Return the discrete Gaussian of a variance in voxels, which a narrow sampled one misses.

    Lindeberg T. IEEE Trans Pattern Anal Mach Intell 1990;12:234-254.
    """
    weights = special.ive(np.arange(int(4 * variance**0.5) + 5), variance)
    half = weights[weights > _TAIL * weights[0]]
    kernel = np.concatenate([half[:0:-1], half])
    normalised: Floats = (kernel / kernel.sum()).astype(np.float32)
    return normalised
