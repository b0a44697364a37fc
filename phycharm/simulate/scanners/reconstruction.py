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
    smooth, gain = _smooth(image, widths, spacing), np.float32(scanner.edge_enhancement)
    if not gain:
        return smooth
    sharp: Floats = smooth + gain * (smooth - _smooth(smooth, [_DETAIL] * 3, spacing))
    return sharp


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
    white = rng.standard_normal(counts, dtype=np.float32)
    gain = np.float32(scanner.edge_enhancement)
    if not gain:
        return _resampled(white, resamplers)
    # Everything is linear, so what enhancement adds goes into the matrices.
    kernels = [_gaussian((_DETAIL / _FWHM / edge) ** 2) for edge in scanner.resolution]
    coarse = [
        ndimage.correlate1d(matrix, kernel, axis=1)
        for matrix, kernel in zip(resamplers, kernels, strict=True)
    ]
    sharp = (1 + gain) * _resampled(white, resamplers) - gain * _resampled(white, coarse)
    middle = np.prod([kernel.max() for kernel in kernels])
    energy = np.prod([(kernel**2).sum() for kernel in kernels])
    variance = (1 + gain) ** 2 - 2 * gain * (1 + gain) * middle + gain**2 * energy
    normalised: Floats = (sharp / np.sqrt(variance)).astype(np.float32)
    return normalised


def _resampled(values: Floats, matrices: Sequence[Floats]) -> Floats:
    """Apply one matrix along each axis."""
    for axis, matrix in enumerate(matrices):
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


def _smooth(image: Floats, widths: Sequence[float], spacing: float) -> Floats:
    """Blur by Gaussians of these full widths in mm."""
    for axis, width in enumerate(widths):
        kernel = _gaussian((width / _FWHM / spacing) ** 2)
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
