"""Every metric of the harness as data; imports neither torch nor anything that does."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from phycharm.errors import InputError

from .constants import (
    BINS_PER_RANGE,
    HISTOGRAM_SPAN,
    PSNR_CAP,
    RANGE_PERCENTILES,
    SSIM_K1,
    SSIM_K2,
    SSIM_RADIUS,
    SSIM_SIGMA,
)
from .metric import Metric

_RANGE = (
    f"data range L = P{RANGE_PERCENTILES[1]:g} - min(0, P{RANGE_PERCENTILES[0]:g}) of the "
    "reference in its mask"
)
_SSIM = (
    f"Gaussian window (sigma {SSIM_SIGMA:g} voxels, radius {SSIM_RADIUS}), K1 {SSIM_K1:g}, "
    f"K2 {SSIM_K2:g}, population covariance, {_RANGE}"
)
_PSNR = f"capped at {PSNR_CAP:g} dB (identical images); {_RANGE}"
_BINS = (
    f"histograms in the mask, {round(BINS_PER_RANGE * HISTOGRAM_SPAN)} common bins of L / "
    f"{BINS_PER_RANGE} from min(0, P{RANGE_PERCENTILES[0]:g}) of the reference upwards, values "
    f"beyond them in the outermost bins; {_RANGE}"
)
_TRUTH = "of the harmonized image against the tissue that was simulated"
_BOTH = "the harmonized image and the target scan"

_SIMILARITY = (
    Metric(
        name="ssim",
        definition=f"Structural similarity in 3D, its map averaged in the mask: {_SSIM}.",
        higher_is_better=True,
        bounds=(-1.0, 1.0),
        best=1.0,
        primary=True,
    ),
    Metric(
        name="psnr",
        definition=f"Peak signal-to-noise ratio 20 log10(L / RMSE) in the mask, {_PSNR}.",
        higher_is_better=True,
        bounds=(None, PSNR_CAP),
        best=PSNR_CAP,
        unit="dB",
        primary=True,
    ),
    Metric(
        name="nrmse",
        definition="Root mean square error in the mask over the root mean square of the "
        "reference in the mask.",
        higher_is_better=False,
        bounds=(0.0, None),
        best=0.0,
        primary=True,
    ),
    Metric(
        name="ssim_fov",
        definition="Structural similarity in 3D averaged over the whole field of view (background "
        f"0, a border of {SSIM_RADIUS} voxels left out): {_SSIM}.",
        higher_is_better=True,
        bounds=(-1.0, 1.0),
        best=1.0,
    ),
    Metric(
        name="ssim_slices",
        definition="Structural similarity in 2D of whole axial slices (background 0, a border of "
        f"{SSIM_RADIUS} pixels left out), averaged over the slices that the mask meets: {_SSIM}.",
        higher_is_better=True,
        bounds=(-1.0, 1.0),
        best=1.0,
    ),
    Metric(
        name="psnr_fov",
        definition="Peak signal-to-noise ratio 20 log10(L / RMSE) over the whole field of view "
        f"(background 0), {_PSNR}.",
        higher_is_better=True,
        bounds=(None, PSNR_CAP),
        best=PSNR_CAP,
        unit="dB",
    ),
    Metric(
        name="psnr_slices",
        definition="Peak signal-to-noise ratio 20 log10(L / RMSE) of whole axial slices "
        f"(background 0), averaged over the slices that the mask meets, {_PSNR}.",
        higher_is_better=True,
        bounds=(None, PSNR_CAP),
        best=PSNR_CAP,
        unit="dB",
    ),
)

_HISTOGRAM = (
    Metric(
        name="wasserstein",
        definition="Wasserstein-1 distance of the intensity histograms as a fraction of the data "
        f"range: {_BINS}.",
        higher_is_better=False,
        bounds=(0.0, HISTOGRAM_SPAN),
        best=0.0,
        group="histogram",
    ),
    Metric(
        name="jensen_shannon",
        definition="Jensen-Shannon distance (square root of the divergence, base 2) of the "
        f"intensity histograms: {_BINS}.",
        higher_is_better=False,
        bounds=(0.0, 1.0),
        best=0.0,
        group="histogram",
    ),
)

_TEXTURE = (
    Metric(
        name="sharpness",
        definition="Gradient energy of the image over that of the reference (squared central "
        "differences, voxels whose six neighbours lie in the mask); 1 is best, less is blur, "
        "more is noise or invented detail.",
        higher_is_better=None,
        bounds=(0.0, None),
        best=1.0,
        group="texture",
    ),
    Metric(
        name="structure",
        definition="Local correlation of the image with its source (Gaussian window, sigma "
        f"{SSIM_SIGMA:g} voxels, mask voxels only), averaged in the mask with the local variance "
        "of the source as weight; 1 where all structure of the source is kept.",
        higher_is_better=True,
        bounds=(-1.0, 1.0),
        best=1.0,
        group="texture",
    ),
    Metric(
        name="sharpness_source",
        definition="Gradient energy of the image over that of its source, each over its own "
        "variance in the mask; 1 where the source's sharpness is kept, less is blur, more noise. "
        "Scored of methods that map to a common domain.",
        higher_is_better=None,
        bounds=(0.0, None),
        best=1.0,
        group="texture",
    ),
)


def _tissue(
    name: str,
    definition: str,
    *,
    higher: bool | None,
    bounds: tuple[float | None, float | None],
    unit: str = "",
    primary: bool = False,
) -> Metric:
    return Metric(
        name=name,
        definition=definition,
        higher_is_better=higher,
        bounds=bounds,
        best=1.0 if higher else 0.0,
        group="tissue",
        unit=unit,
        primary=primary,
    )


_TISSUE = (
    _tissue(
        "dice",
        f"Dice overlap of a tissue in {_BOTH}, labels by largest partial volume (`_pveseg`).",
        higher=True,
        bounds=(0.0, 1.0),
        primary=True,
    ),
    _tissue(
        "dice_hard",
        f"Dice overlap of a tissue in {_BOTH}, hard labels of the random field (`_seg`).",
        higher=True,
        bounds=(0.0, 1.0),
    ),
    _tissue(
        "dice_pve",
        f"Soft Dice overlap 2 sum(min(p, q)) / sum(p + q) of the partial volumes of a tissue in "
        f"{_BOTH}.",
        higher=True,
        bounds=(0.0, 1.0),
    ),
    _tissue(
        "dice_truth",
        f"Soft Dice overlap 2 sum(min(p, q)) / sum(p + q) of the partial volumes {_TRUTH}.",
        higher=True,
        bounds=(0.0, 1.0),
    ),
    _tissue(
        "volume_difference_ml",
        "Tissue volume (sum of partial volumes) of the harmonized image minus that of the target "
        "scan.",
        higher=None,
        bounds=(None, None),
        unit="ml",
    ),
    _tissue(
        "abs_volume_difference_ml",
        f"Absolute difference of the tissue volumes (sums of partial volumes) of {_BOTH}.",
        higher=False,
        bounds=(0.0, None),
        unit="ml",
        primary=True,
    ),
    _tissue(
        "abs_volume_difference_percent",
        f"Absolute difference of the tissue volumes (sums of partial volumes) of {_BOTH}, in "
        "percent of the target scan's.",
        higher=False,
        bounds=(0.0, None),
        unit="%",
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for metric in (*_SIMILARITY, *_HISTOGRAM, *_TEXTURE, *_TISSUE)}
)
"""Every metric by name."""


def as_records(names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return metrics as plain data, to be written beside the scores.

    Parameters
    ----------
    names : iterable of str, optional
        Which metrics; all by default.

    Returns
    -------
    list of dict
        One record per metric: `name`, `definition`, `higher_is_better`, `bounds`, `best`,
        `group`, `tissue` (true where there is a value per tissue), `unit`, `primary`.

    Raises
    ------
    InputError
        A name is not in the catalogue.
    """
    chosen = list(METRICS if names is None else names)
    for name in chosen:
        if name not in METRICS:
            raise InputError(f"unknown metric {name!r}: choose from {', '.join(METRICS)}")
    return [METRICS[name].as_record() for name in chosen]


def from_records(records: Iterable[Mapping[str, Any]]) -> dict[str, Metric]:
    """Read back what `as_records` gave.

    Parameters
    ----------
    records : iterable of mapping
        Records of metrics; keys that this version does not know are ignored.

    Returns
    -------
    dict of str to Metric
        The metrics by name, in the order of the records.

    Raises
    ------
    InputError
        A record lacks a name, a definition or a direction.

    Examples
    --------
    >>> from_records(as_records()) == dict(METRICS)
    True
    """
    metrics = {}
    for record in records:
        try:
            low, high = record.get("bounds", (None, None))
            metric = Metric(
                name=record["name"],
                definition=record["definition"],
                higher_is_better=record["higher_is_better"],
                bounds=(low, high),
                best=record.get("best"),
                group=record.get("group", "tissue" if record.get("tissue") else "similarity"),
                unit=record.get("unit", ""),
                primary=record.get("primary", False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"metric record {dict(record)!r} is unusable: {error}") from error
        metrics[metric.name] = metric
    return metrics
