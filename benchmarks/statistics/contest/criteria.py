"""What counts in the order of methods: each metric once, whatever it was measured on."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

# Of a group, the first that was measured counts for all: on one image, beside one reference, they
# put any methods in the same order (PSNR is -20 log10 of NRMSE and a constant of the reference).
_ALIKE = (
    ("psnr", "nrmse"),
    ("psnr_fov", "nrmse_fov"),
    ("abs_volume_difference_ml", "abs_volume_difference_percent", "volume_difference_ml"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A metric that counts once.

    Parameters
    ----------
    metric : str
        Its name.
    tissues : tuple of str
        Those it was measured on, whose merits are averaged image by image; ("",) for a metric of
        the whole brain.
    """

    metric: str
    tissues: tuple[str, ...]

    @property
    def measures(self) -> list[tuple[str, str]]:
        """Metric and tissue of each."""
        return [(self.metric, tissue) for tissue in self.tissues]


def find_criteria(
    measures: Iterable[tuple[str, str]], wanted: Collection[str] | None = None
) -> list[Criterion]:
    """Choose what counts.

    Parameters
    ----------
    measures : iterable of (str, str)
        Metric and tissue of everything that was measured, in the order to keep.
    wanted : collection of str, optional
        Metrics that may count; all by default.

    Returns
    -------
    list of Criterion
        One per metric; of metrics that order each image alike, the first of them.

    Examples
    --------
    >>> measured = [("nrmse", ""), ("psnr", ""), ("dice", "GM"), ("dice", "WM")]
    >>> [(one.metric, one.tissues) for one in find_criteria(measured)]
    [('psnr', ('',)), ('dice', ('GM', 'WM'))]
    """
    tissues: dict[str, list[str]] = {}
    for metric, tissue in measures:
        if wanted is None or metric in wanted:
            tissues.setdefault(metric, []).append(tissue)
    return [
        Criterion(metric=metric, tissues=tuple(own))
        for metric, own in tissues.items()
        if stands_for(metric, tissues) == metric
    ]


def stands_for(metric: str, measured: Collection[str]) -> str:
    """Return the metric that counts for another which orders each image alike; mostly itself."""
    group = next((names for names in _ALIKE if metric in names), (metric,))
    return next(name for name in group if name in measured)


def criterion_merits(
    criterion: Criterion, tables: dict[tuple[str, str], pd.DataFrame]
) -> pd.DataFrame:
    """Average the merits of a metric over its tissues.

    Parameters
    ----------
    criterion : Criterion
        The metric.
    tables : dict of DataFrame
        Merits by metric and tissue: a row per image, a column per method.

    Returns
    -------
    DataFrame
        Likewise; NaN where a method lacks a tissue that another has in that image.
    """
    parts = [tables[measure] for measure in criterion.measures]
    if len(parts) == 1:
        return parts[0]
    stacked = pd.concat(parts)
    levels = list(range(stacked.index.nlevels))
    lacking = stacked.isna().groupby(level=levels).any()
    return stacked.groupby(level=levels).mean().mask(lacking)
