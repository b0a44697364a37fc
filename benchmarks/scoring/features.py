"""Features of an image by which a scanner may be told: intensities, shading, texture, contrasts."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, laplace

from phycharm.data.scan import Scan
from phycharm.utils.arrays import Image

from ..segmentation import TISSUES
from .tissues import TissuesInMask

FEATURE_KEYS = ("split", "fold", "source", "target", "subject", "harmonizer", "seed")
"""Columns of `features.parquet` that say whose image it is; every other one is a feature."""

_QUANTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
_AXES = "xyz"
FEATURES = (
    "mean", "deviation", *(f"quantile_{q:02d}" for q in _QUANTILES),
    *(f"slope_{axis}" for axis in _AXES),
    *(f"gradient_{axis}" for axis in _AXES), "laplacian", "noise",
    *(f"mean_{tissue}" for tissue in TISSUES), "deviation_GM", "deviation_WM", "contrast_GM_WM",
)  # fmt: skip
"""Names of the features."""

_Floats = npt.NDArray[np.float64]
# The median of absolute values of a standard normal distribution.
_NORMAL_MEDIAN = 0.6745


def image_features(
    image: Image, target: Scan, tissues: TissuesInMask | None = None
) -> dict[str, float]:
    """Compute the features of an image inside the target's mask.

    Parameters
    ----------
    image : ndarray of float32, shape (X, Y, Z)
        The image.
    target : Scan
        Whose mask is looked into.
    tissues : TissuesInMask, optional
        The image's tissues, in that mask; without them the features of tissues are NaN.

    Returns
    -------
    dict of str to float
        By the names of `FEATURES`. `mean`, `deviation` (standard deviation) and quantiles of the
        intensities; `slope_x`, ... : change of intensity across the brain along each axis of the
        grid by least squares, as a fraction of the mean (shading); `gradient_x`, ... : mean squared
        difference of neighbours over the variance (sharpness along each axis); `laplacian`: mean
        square of the discrete Laplacian over the variance; `noise`: median of its absolute value
        over .6745 and the mean; `mean_GM`, ... : mean intensity of a tissue; `deviation_GM`, ... :
        its standard deviation over its mean; `contrast_GM_WM`: mean of GM over that of WM. NaN
        where one is undefined.
    """
    box = find_objects(target.mask.astype(np.uint8))
    found = dict.fromkeys(FEATURES, float("nan"))
    if not box or not np.isfinite(image[target.mask]).all():
        return found
    volume, mask = image[box[0]].astype(np.float64), target.mask[box[0]]
    values = volume[mask]
    mean, variance = float(values.mean()), float(values.var())
    found |= {"mean": mean, "deviation": variance**0.5}
    quantiles = np.percentile(values, _QUANTILES)
    found |= {f"quantile_{q:02d}": float(v) for q, v in zip(_QUANTILES, quantiles, strict=True)}
    if mean > 0 and variance > 0:
        found |= _shading(values, mask, mean) | _texture(volume, mask, mean, variance)
    return found | _contrasts(image[target.mask].astype(np.float64), tissues)


def _shading(values: _Floats, mask: npt.NDArray[np.bool_], mean: float) -> dict[str, float]:
    places = np.argwhere(mask).astype(np.float64)
    extent = np.maximum(np.ptp(places, axis=0), 1)
    places = (places - places.mean(axis=0)) / extent
    slopes = np.linalg.lstsq(places, values - mean, rcond=None)[0] / mean
    return {f"slope_{axis}": float(slope) for axis, slope in zip(_AXES, slopes, strict=True)}


def _texture(
    volume: _Floats, mask: npt.NDArray[np.bool_], mean: float, variance: float
) -> dict[str, float]:
    found = {}
    for number, axis in enumerate(_AXES):
        first = np.moveaxis(mask, number, 0)
        both = first[1:] & first[:-1]
        steps = np.diff(np.moveaxis(volume, number, 0), axis=0)[both]
        found[f"gradient_{axis}"] = _mean(steps**2) / variance
    # Where the brain ends the Laplacian is that of its edge: there it is not looked at.
    inner = mask & (laplace(mask.astype(np.int8), mode="constant") == 0)
    bends = laplace(volume)[inner]
    found["laplacian"] = _mean(bends**2) / variance
    middle = float(np.median(np.abs(bends))) if bends.size else float("nan")
    return found | {"noise": middle / (_NORMAL_MEDIAN * mean)}


def _contrasts(values: _Floats, tissues: TissuesInMask | None) -> dict[str, float]:
    if tissues is None:
        return {}
    found, means = {}, {}
    for label, tissue in enumerate(TISSUES, start=1):
        own = values[tissues.pve_labels == label]
        means[tissue] = found[f"mean_{tissue}"] = _mean(own)
        if tissue != "CSF":
            found[f"deviation_{tissue}"] = _ratio(own.std() if own.size else 0.0, means[tissue])
    return found | {"contrast_GM_WM": _ratio(means["GM"], means["WM"])}


def _mean(values: _Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")
