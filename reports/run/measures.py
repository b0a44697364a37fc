"""What is measured: a metric, for a tissue or for the whole brain, and how to print it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

_Values = TypeVar("_Values", float, "pd.Series[float]", pd.DataFrame)

_LABELS = {
    "ssim": "SSIM",
    "psnr": "PSNR",
    "nrmse": "NRMSE",
    "ssim_fov": "SSIM, field of view",
    "ssim_slices": "SSIM, mean of slices",
    "psnr_fov": "PSNR, field of view",
    "nrmse_fov": "NRMSE, field of view",
    "wasserstein": "Wasserstein-1",
    "jensen_shannon": "Jensen–Shannon",
    "sharpness": "Sharpness",
    "structure": "Structure",
    "sharpness_source": "Sharpness against the source",
    "dice": "Dice",
    "dice_pve": "Soft Dice",
    "dice_hard": "Dice of hard labels",
    "psnr_slices": "PSNR, mean of slices",
    "dice_truth": "Dice against truth",
    "volume_difference_ml": "Volume difference",
    "abs_volume_difference_ml": "Volume error",
    "abs_volume_difference_percent": "Volume error in %",
    "median_relative_error": "Median relative error",
}
_NOUGHT = 1e-12
_DIGITS = {"dB": 2, "ml": 1, "%": 1}
# What the first screen shows, in this order, as far as it was measured.
_HEADLINE = (
    ("ssim", ""),
    ("psnr", ""),
    ("nrmse", ""),
    ("dice", "GM"),
    ("dice", "WM"),
    ("abs_volume_difference_ml", "GM"),
    ("abs_volume_difference_ml", "WM"),
)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One metric of one tissue.

    Parameters
    ----------
    metric : str
        Name of the metric.
    tissue : str
        `CSF`, `GM`, `WM`, or empty for the whole brain.
    definition : str
        How it is computed, in one sentence.
    higher_is_better : bool or None
        None where neither is: closer to `best` is.
    best : float or None
        The ideal value.
    unit : str
        Empty where there is none.

    Examples
    --------
    >>> psnr = Measure(metric="psnr", unit="dB", higher_is_better=True)
    >>> psnr.title, psnr.arrow, psnr.text(23.4567), psnr.text(float("nan"))
    ('PSNR (dB)', '↑', '23.46', '–')
    """

    metric: str
    tissue: str = ""
    definition: str = ""
    higher_is_better: bool | None = None
    best: float | None = None
    unit: str = ""

    @property
    def key(self) -> str:
        """Identifier within a page."""
        return f"{self.metric}/{self.tissue}" if self.tissue else self.metric

    @property
    def label(self) -> str:
        """Name for people, without the unit."""
        name = _LABELS.get(self.metric, self.metric)
        return f"{name} {self.tissue}" if self.tissue else name

    @property
    def title(self) -> str:
        """Name for people, with the unit."""
        return f"{self.label} ({self.unit})" if self.unit and self.unit != "%" else self.label

    @property
    def digits(self) -> int:
        """Decimals that are printed."""
        return _DIGITS.get(self.unit, 3)

    @property
    def arrow(self) -> str:
        """Which way is better: an arrow, or the ideal value."""
        if self.higher_is_better is not None:
            return "↑" if self.higher_is_better else "↓"
        return "" if self.best is None else f"→ {self.best:g}"

    @property
    def judged(self) -> bool:
        """Whether one value can be called better than another."""
        return self.higher_is_better is not None or self.best is not None

    def badness(self, values: _Values) -> _Values:
        """Return numbers that are lower where `values`, one or a table of them, are better."""
        if self.higher_is_better is not None:
            return -values if self.higher_is_better else values
        return abs(values - (self.best or 0.0))

    def text(self, value: float) -> str:
        """Print a value of this measure; an en dash where it is undefined."""
        if np.isnan(value):
            return "–"
        known = 0.0 if abs(value) < _NOUGHT else value
        text = f"{known:.{self.digits}f}"
        # What is not nought must not be printed as if it were.
        text = f"{known:.1g}" if known and float(text) == 0 else text
        return text.replace("-", "−")

    def spread(self, value: float) -> str:
        """Print a standard deviation, to as many decimals as a value has."""
        smallest = 10.0**-self.digits
        if 0 < value < smallest / 2:
            return f"< {smallest:.{self.digits}f}"
        return f"{value:.{self.digits}f}"


def find_measures(scores: pd.DataFrame, metrics: Iterable[Mapping[str, Any]]) -> list[Measure]:
    """List what was measured, in the order of the metric records.

    Parameters
    ----------
    scores : DataFrame
        Columns `metric` and `tissue`, among others.
    metrics : iterable of dict
        Records of metrics.json; a metric without one is listed last and not judged.

    Returns
    -------
    list of Measure
        One per metric and tissue that occur in `scores`.
    """
    records = {str(record["name"]): record for record in metrics}
    order = {name: index for index, name in enumerate(records)}
    pairs = {(str(m), str(t)) for m, t in zip(scores["metric"], scores["tissue"], strict=True)}
    ranked = sorted(pairs, key=lambda p: (order.get(p[0], len(order)), p))
    return [_measure(metric, tissue, records.get(metric, {})) for metric, tissue in ranked]


def _measure(metric: str, tissue: str, record: Mapping[str, Any]) -> Measure:
    higher, best = record.get("higher_is_better"), record.get("best")
    return Measure(
        metric=metric,
        tissue=tissue,
        definition=str(record.get("definition") or "Not defined in metrics.json.").replace("`", ""),
        higher_is_better=higher if isinstance(higher, bool) else None,
        best=float(best) if isinstance(best, int | float) else None,
        unit=str(record.get("unit") or ""),
    )


def headline(measures: Sequence[Measure]) -> list[Measure]:
    """Choose what the first screen shows: similarity, Dice and volumes of GM and WM.

    Where none of these was measured, the first six measures that can be judged.
    """
    by_pair = {(m.metric, m.tissue): m for m in measures}
    chosen = [by_pair[pair] for pair in _HEADLINE if pair in by_pair]
    return chosen or [m for m in measures if m.judged][:6]


def grouped_labels(measures: Iterable[Measure]) -> list[str]:
    """Name measures, those of one metric together: `SSIM`, `Dice (GM, WM)`.

    Examples
    --------
    >>> wanted = [("ssim", ""), ("dice", "GM"), ("dice", "WM")]
    >>> grouped_labels(Measure(metric=metric, tissue=tissue) for metric, tissue in wanted)
    ['SSIM', 'Dice (GM, WM)']
    """
    tissues: dict[str, list[str]] = {}
    for measure in measures:
        own = tissues.setdefault(measure.metric, [])
        own += [measure.tissue] if measure.tissue else []
    names = {metric: Measure(metric=metric).label for metric in tissues}
    return [
        f"{names[metric]} ({', '.join(own)})" if own else names[metric]
        for metric, own in tissues.items()
    ]
