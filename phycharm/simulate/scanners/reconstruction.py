"""What happens to an image between the signal and the file: blur, noise, registration."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..grid import Floats, ScanGrid
from ..people.pose import Pose
from .scanner_models import ScannerModel

_DETAIL = 2.0  # voxels: full width of the detail that edge enhancement brings out
_FWHM = 2.3548  # full width at half maximum of a Gaussian of unit standard deviation


def blurred(image: Floats, scanner: ScannerModel, grid: ScanGrid) -> Floats:
    """Apply a scanner's point spread function and edge enhancement.

    Parameters
    ----------
    image : ndarray of float32, shape `grid.fine_shape`
        Signal on the fine grid.
    scanner : ScannerModel
        The scanner.
    grid : ScanGrid
        Voxels of the scan.

    Returns
    -------
    ndarray of float32, shape `grid.fine_shape`
        The image before it is averaged into voxels.
    """
    return _filtered(image, scanner.blur, scanner.edge_enhancement, grid.oversampling)


def noise(rng: np.random.Generator, scanner: ScannerModel, grid: ScanGrid) -> Floats:
    """Draw noise of unit variance with the spectrum that the reconstruction leaves it.

    Sampling alone gives white noise; what blurs by more than a voxel is filtering and
    resampling, which the noise goes through like the image.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the randomness.
    scanner : ScannerModel
        The scanner.
    grid : ScanGrid
        Voxels of the scan.

    Returns
    -------
    ndarray of float32, shape `grid.shape`
        One channel of noise.
    """
    widths = [max(width**2 - 1, 0.0) ** 0.5 for width in scanner.blur]
    white = rng.standard_normal(grid.shape, dtype=np.float32)
    coloured = _filtered(white, widths, scanner.edge_enhancement, 1)
    coloured /= coloured.std()
    return coloured


def moved(image: Floats, pose: Pose, grid: ScanGrid) -> Floats:
    """Resample an image rigidly, by cubic splines, as registration does.

    Parameters
    ----------
    image : ndarray of float32, shape `grid.fine_shape`
        Image on the fine grid.
    pose : Pose
        Where a point of the result lies in `image`.
    grid : ScanGrid
        Voxels of the scan.

    Returns
    -------
    ndarray of float32, shape `grid.fine_shape`
        The image in its new place.
    """
    middle = (np.array(image.shape) - 1) / 2
    offset = middle + pose.translation / grid.fine_size - pose.matrix @ middle
    resampled: Floats = ndimage.affine_transform(image, pose.matrix, offset, order=3)
    return resampled


def _filtered(
    image: Floats, widths: Sequence[float], enhancement: float, oversampling: int
) -> Floats:
    """Blur by Gaussians of these full widths in voxels, then enhance edges."""
    voxel = oversampling / _FWHM
    smooth: Floats = ndimage.gaussian_filter(
        image, [width * voxel for width in widths], truncate=3.0
    )
    if enhancement:
        coarse = ndimage.gaussian_filter(smooth, _DETAIL * voxel, truncate=3.0)
        smooth += np.float32(enhancement) * (smooth - coarse)
    return smooth
