"""Whether detail was lost, invented or moved: sharpness and structure of the source."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from .checks import UndefinedError, Volume, check_pair, inside
from .constants import SSIM_RADIUS
from .gaussian import smooth, visible_box

_NO_VARIANCE = 1e-5
"""Local variance, relative to that of the whole mask, below which float32 knows none."""


def sharpness(reference: Volume, image: Volume, mask: Volume | None = None) -> Tensor:
    """Gradient energy of an image over that of the reference.

    The sum of squared central differences per voxel (Tenengrad-like focus measure, Krotkov 1988,
    Int. J. Comput. Vis. 1:223-237, with central differences), over voxels whose six neighbours
    lie in the mask, so that the rim of the brain, which is sharp in every image, is not counted.

    Parameters
    ----------
    reference, image : Tensor or ndarray, shape (X, Y, Z)
        The target scan and the image to judge.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to look at; all by default.

    Returns
    -------
    Tensor of float64, shape ()
        1 for the gradient energy of the reference, less for a blurred image, more for a noisy
        or too contrasty one.

    Raises
    ------
    ComparisonError
        The images cannot be compared, no voxel has all its neighbours in the mask, or the
        reference is constant there.

    Examples
    --------
    >>> import torch
    >>> ramp = torch.arange(5.0).expand(5, 5, 5)
    >>> sharpness(ramp, ramp / 2).item()
    0.25
    """
    reference, image, mask = check_pair(reference, image, mask)
    interior = _interior(torch.ones_like(reference, dtype=torch.bool) if mask is None else mask)
    if not len(interior):
        raise UndefinedError("no voxel has its six neighbours in the mask: no gradient there")
    energy = _gradient_energy(reference, interior)
    if energy == 0:
        raise UndefinedError("the reference image is constant in the mask: it has no sharpness")
    return _gradient_energy(image, interior) / energy


def sharpness_source(source: Volume, image: Volume, mask: Volume | None = None) -> Tensor:
    """Gradient energy of an image over that of its source, each over its own variance.

    `sharpness` against the scan before harmonization, for images that resemble no scanner: what a
    method did not blur stays at 1, and mush has next to no gradient. The variance in the mask makes
    it independent of the intensity scale, which is free in a common domain.

    Parameters
    ----------
    source, image : Tensor or ndarray, shape (X, Y, Z)
        The scan before and after harmonization.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to look at; all by default.

    Returns
    -------
    Tensor of float64, shape ()
        1 for the source's own sharpness, less for a blurred image, 0 for a constant one, more for
        noise.

    Raises
    ------
    ComparisonError
        The images cannot be compared, no voxel has all its neighbours in the mask, or the source is
        constant there.

    Examples
    --------
    >>> import torch
    >>> source = torch.arange(125.0).reshape(5, 5, 5).sin()
    >>> round(sharpness_source(source, 3 * source + 2).item(), 4)
    1.0
    >>> sharpness_source(source, torch.ones(5, 5, 5)).item()
    0.0
    """
    source, image, mask = check_pair(source, image, mask)
    mask = torch.ones_like(source, dtype=torch.bool) if mask is None else mask
    ratio = sharpness(source, image, mask)
    spreads = [inside(volume, mask).double().var(correction=0) for volume in (source, image)]
    return torch.zeros_like(ratio) if spreads[1] == 0 else ratio * spreads[0] / spreads[1]


def structure(source: Volume, image: Volume, mask: Volume | None = None) -> Tensor:
    """How much of the source's structure a harmonized image has kept.

    The local correlation of source and image (structure term of SSIM, Wang et al. 2004, equation
    10, without its stabilizer), averaged over the mask with the local variance of the source as
    weight: voxels where the source shows something count, flat noise does not. Means, variances
    and covariance come from a Gaussian window (sigma 1.5) that sees mask voxels only. It does not
    change with the intensity scale or the local contrast of either image, which a harmonizer must
    change; moved, erased or invented edges lower it.

    Parameters
    ----------
    source, image : Tensor or ndarray, shape (X, Y, Z)
        The scan before and after harmonization.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Voxels to look at; all by default.

    Returns
    -------
    Tensor of float64, shape ()
        Weighted mean correlation in [-1, 1]; 0 for a constant image.

    Raises
    ------
    ComparisonError
        The images cannot be compared, the mask is empty, or the source is constant in it.

    Examples
    --------
    >>> import torch
    >>> source = torch.arange(125.0).reshape(5, 5, 5).sin()
    >>> print(f"{structure(source, 3 * source + 2).item():.4f}")
    1.0000
    >>> structure(source, torch.ones(5, 5, 5)).item()
    0.0
    """
    source, image, mask = check_pair(source, image, mask)
    mask = torch.ones_like(source, dtype=torch.bool) if mask is None else mask
    values = inside(source, mask)
    if values.min() == values.max():
        raise UndefinedError("the source image is constant in the mask: it has no structure")
    box = visible_box(mask)
    source, image = (_framed(_standardized(volume, mask)[box]) for volume in (source, image))
    framed = _framed(mask[box])
    where = _places(framed)
    window = smooth(framed.to(source.dtype)).take(where)

    def local(volume: Tensor) -> Tensor:
        return smooth(volume).take(where) / window

    mean_s, mean_i = local(source), local(image)
    variance_s = (local(source * source) - mean_s * mean_s).clamp(min=0)
    variance_i = (local(image * image) - mean_i * mean_i).clamp(min=0)
    covariance = local(source * image) - mean_s * mean_i
    known = (variance_s > _NO_VARIANCE) & ~(variance_i <= _NO_VARIANCE)
    scale = torch.where(known, variance_s * variance_i, 1).sqrt()
    correlation = torch.where(known, covariance / scale, 0).clamp(-1, 1).double()
    weight = variance_s.double()
    return (weight * correlation).sum() / weight.sum()


def _interior(mask: Tensor) -> Tensor:
    """Return where six neighbours lie in the mask too, as `_places` of a volume without border."""
    kept = mask[(slice(1, -1),) * 3].clone()
    for axis in range(3):
        for start in (0, 2):
            kept &= mask.narrow(axis, start, mask.shape[axis] - 2)[_core_but(axis)]
    return _places(kept)


def _gradient_energy(volume: Tensor, interior: Tensor) -> Tensor:
    total = torch.zeros((), dtype=torch.float64, device=volume.device)
    for axis in range(3):
        length = volume.shape[axis] - 2
        after, before = (volume.narrow(axis, start, length)[_core_but(axis)] for start in (2, 0))
        total = total + ((after - before).take(interior).double() / 2).square().sum()
    return total


def _core_but(axis: int) -> tuple[slice, ...]:
    """Return slices that cut one voxel off both ends of the other axes."""
    return tuple(slice(None) if other == axis else slice(1, -1) for other in range(3))


def _places(mask: Tensor) -> Tensor:
    """Return the numbers of the voxels in a mask: several volumes are looked up by one search."""
    return mask.flatten().nonzero().squeeze(1)


def _framed(volume: Tensor) -> Tensor:
    """Put zeros around a volume, so that nothing is mirrored into a window."""
    return pad(volume, (SSIM_RADIUS,) * 6)


def _standardized(volume: Tensor, mask: Tensor) -> Tensor:
    """Give the voxels in the mask mean 0 and variance 1, the others 0."""
    values = inside(volume, mask).double()
    centred = values - values.mean()
    deviation = centred.square().mean().sqrt()
    if deviation > 0:
        centred = centred / deviation
    result = torch.zeros_like(volume)
    return result.masked_scatter_(mask, centred.to(volume.dtype))
