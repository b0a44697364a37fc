"""What the statistics of reliability find in a run, of its methods alone."""

from functools import lru_cache

import pandas as pd

from phycharm.benchmarks.statistics.reliability.atrophy_recovery import (
    atrophy_recovery,
    loss_estimates,
)
from phycharm.benchmarks.statistics.reliability.scanner_accuracy import scanner_accuracy
from phycharm.benchmarks.statistics.reliability.travellers import travellers_needed
from phycharm.benchmarks.statistics.reliability.volume_agreement import (
    volume_limits,
    volume_reliability,
)

from ..measures import Measure
from ..run_view import RunView

POWER = 0.8
"""Chance to find an effect that the number of travellers is asked for."""

ALL_TARGETS = "all"
"""Stands for the target where all targets count together."""

# What a study would call small, middling and large; volumes in percent of the target's.
_EFFECTS = {
    "ssim": (0.005, 0.01, 0.02),
    "psnr": (0.25, 0.5, 1.0),
    "nrmse": (0.005, 0.01, 0.02),
    "dice": (0.005, 0.01, 0.02),
    "abs_volume_difference_percent": (1.0, 2.0, 5.0),
}
_IN_PERCENT = {"abs_volume_difference_ml": "abs_volume_difference_percent"}


@lru_cache(maxsize=16)
def reliability(view: RunView) -> pd.DataFrame:
    """Return the reliability of volumes; see `volume_reliability`."""
    return volume_reliability(_of_methods(view, view.content.volumes), confidence=1 - view.alpha)


@lru_cache(maxsize=16)
def limits(view: RunView) -> pd.DataFrame:
    """Return bias and limits of agreement of volumes; see `volume_limits`."""
    return volume_limits(_of_methods(view, view.content.volumes), confidence=1 - view.alpha)


@lru_cache(maxsize=16)
def accuracies(view: RunView) -> pd.DataFrame:
    """Return how well scanners are told; see `scanner_accuracy`."""
    return scanner_accuracy(_of_methods(view, view.content.features))


@lru_cache(maxsize=16)
def losses(view: RunView) -> pd.DataFrame:
    """Return the estimated losses of grey matter; see `loss_estimates`."""
    return loss_estimates(_of_methods(view, view.content.volumes))


@lru_cache(maxsize=16)
def recovery(view: RunView) -> pd.DataFrame:
    """Return how much of known losses is found again; see `atrophy_recovery`."""
    return atrophy_recovery(_of_methods(view, view.content.volumes))


@lru_cache(maxsize=16)
def travellers(view: RunView) -> pd.DataFrame:
    """Return how many travellers it takes to tell the reference from each rival.

    Returns
    -------
    DataFrame
        Columns `metric` and `tissue`, then those of `travellers_needed`; of the measures of the
        first screen (volumes in percent), on the people that the verdict rests on.
    """
    tables = []
    for measure in power_measures(view):
        values = view.measured(measure, view.split)[view.methods]
        found = travellers_needed(
            values, view.reference, _EFFECTS[measure.metric], alpha=view.alpha, power=POWER
        )
        tables.append(found.assign(metric=measure.metric, tissue=measure.tissue))
    tables = [table for table in tables if len(table)]
    if not tables or len(view.methods) < 2:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    return table[["metric", "tissue", *(n for n in table if n not in ("metric", "tissue"))]]


def power_measures(view: RunView) -> list[Measure]:
    """List the measures of the first screen with an effect to ask for; volumes in percent."""
    named = [(_IN_PERCENT.get(m.metric, m.metric), m.tissue) for m in view.headline]
    found = [view.find(metric, tissue) for metric, tissue in named if metric in _EFFECTS]
    return [measure for measure in found if measure is not None]


def without(view: RunView, table: pd.DataFrame) -> list[str]:
    """List the methods with scores of which a table has nothing, though it has of others."""
    there = set(table["harmonizer"])
    return [method for method in view.methods if method not in there] if there else []


def _of_methods(view: RunView, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["harmonizer"].isin(view.methods)]
