"""Training seeds: how many there are, and how far another one moves a mean."""

from functools import lru_cache
from typing import Any

import pandas as pd

from phycharm.benchmarks.statistics import seed_means

from .measures import Measure
from .names import join
from .run_view import RunView


@lru_cache(maxsize=16)
def training_seeds(view: RunView) -> list[int]:
    """Return the seeds with which methods were fitted, sorted.

    Parameters
    ----------
    view : RunView
        The run.
    """
    scores = view.content.scores
    own = scores["harmonizer"].isin(view.methods)
    return sorted(map(int, scores.loc[own, "seed"].unique()))


def seed_spread(
    view: RunView, measure: Measure, split: str, direction: tuple[str, str] | None = None
) -> "pd.Series[float]":
    """Return the spread over training seeds of every method's mean.

    Parameters
    ----------
    view : RunView
        The run.
    measure : Measure
        What was measured.
    split : str
        `external` or `validation`.
    direction : (str, str), optional
        Source and target; without it, of the mean over all directions.

    Returns
    -------
    Series
        Standard deviation over seeds, by method; NaN for a method that was fitted with one.
    """
    if len(training_seeds(view)) < 2:
        return pd.Series(float("nan"), index=view.methods)
    spreads = _seed_spreads(view, direction is not None)
    key = (measure.metric, measure.tissue, split, *(direction or ()))
    if key not in spreads:
        return pd.Series(float("nan"), index=view.methods)
    return spreads[key].reindex(view.methods).astype(float)


@lru_cache(maxsize=8)
def _seed_spreads(view: RunView, single: bool) -> dict[tuple[str, ...], "pd.Series[float]"]:
    """Compute all spreads at once, of single directions or of means over the shared ones."""
    scores = view.fits if single else view.in_shared_directions(view.fits)
    scores = scores[scores["harmonizer"].isin(view.methods)].dropna(subset="value")
    by = ["metric", "tissue", "split", *(("source", "target") if single else ())]
    spreads = seed_means(scores, by=by).std(axis=1)
    groups: Any = spreads.groupby(level=by)
    return {tuple(map(str, key)): own.droplevel(by) for key, own in groups}


def compared_seeds(view: RunView) -> list[int]:
    """Return the training seeds on which methods are compared: those that all were asked for."""
    own = view.scores["harmonizer"].isin(view.trained)
    return sorted(map(int, view.scores.loc[own, "seed"].unique()))


def unequal_seed_sentences(view: RunView) -> list[str]:
    """Say which training seeds count for nobody, since not every method was asked for them.

    Returns
    -------
    list of str
        Empty where all were asked for the same.
    """
    fits = view.fits
    every = set(map(int, fits.loc[fits["harmonizer"].isin(view.trained), "seed"]))
    left_out = sorted(every - set(compared_seeds(view)))
    if not left_out:
        return []
    names, verb = ("Seed", "counts") if len(left_out) == 1 else ("Seeds", "count")
    return [
        f"{names} {join([*map(str, left_out)])} of training {verb} in no mean and no rank: not "
        "every method was fitted with them."
    ]
