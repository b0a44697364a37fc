"""The intensity range of a reference, which every metric of a (subject, target) shares."""

from torch import Tensor

from .checks import ComparisonError, Volume, all_finite, as_tensor, check_mask, inside
from .constants import RANGE_PERCENTILES


def data_range(reference: Volume, mask: Volume | None = None) -> float:
    """Robust range L of the intensities of a reference scan.

    L = P99.9 - min(0, P0.1) of the voxels in the mask: from the background, which is 0, or
    from the dark end of an image with negative values, to the bright end. Percentiles keep a few
    vessels or ringing voxels from deciding the scores of a subject. It depends on the reference
    alone, so that no method is measured with a ruler of its own.

    Parameters
    ----------
    reference : Tensor or ndarray, shape (X, Y, Z)
        The target scan.
    mask : Tensor or ndarray of bool, shape (X, Y, Z), optional
        Brain of the target scan; all voxels by default.

    Returns
    -------
    float
        The range, in the units of the image.

    Raises
    ------
    ComparisonError
        The mask is empty or of another shape, the reference is constant in it, or holds NaN.

    Examples
    --------
    >>> import torch
    >>> data_range(torch.arange(1000.0).reshape(10, 10, 10))
    998.0
    """
    low, high = intensity_limits(reference, mask)
    return high - low


def intensity_limits(reference: Volume, mask: Volume | None = None) -> tuple[float, float]:
    """Return the ends of the range: min(0, P0.1) and P99.9; see `data_range`."""
    reference = as_tensor(reference)
    mask = check_mask(mask, reference.shape)
    values = inside(reference, mask)
    if not all_finite(values):
        raise ComparisonError("the reference image holds NaN or infinite values")
    lowest, highest = (percentile(values, percent) for percent in RANGE_PERCENTILES)
    low = min(0.0, lowest)
    if values.min() == values.max() or highest <= low:
        raise ComparisonError("the reference image is constant in the mask: it has no data range")
    return low, highest


def percentile(values: Tensor, percent: float) -> float:
    """Smallest value that at least `percent` of all values do not exceed.

    The inverse of the empirical distribution (Hyndman and Fan 1996, definition 1): a value that
    occurs, whatever the device or type.

    Parameters
    ----------
    values : Tensor, shape (N,)
        Numbers.
    percent : float
        From 0 to 100.

    Returns
    -------
    float
        The percentile.

    Examples
    --------
    >>> import torch
    >>> percentile(torch.arange(1.0, 11.0), 50), percentile(torch.arange(1.0, 11.0), 99.9)
    (5.0, 10.0)
    """
    count = values.numel()
    rank = min(max(_ceiling(count * percent / 100), 1), count)
    return float(values.kthvalue(rank).values)


def _ceiling(number: float) -> int:
    """Round up, taking what floating point left above a whole number as nothing."""
    whole = round(number)
    return whole if abs(number - whole) < 1e-6 else int(number) + 1
