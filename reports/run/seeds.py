"""Training seeds: how many there are, and how far another one moves a mean."""

import pandas as pd

from phycharm.benchmarks.statistics import seed_means

from .measures import Measure
from .run_view import RunView


def training_seeds(view: RunView) -> list[int]:
    """Return the seeds with which methods were fitted, sorted.

    Parameters
    ----------
    view : RunView
        The run.
    """
    scores = view.content.scores
    return sorted(map(int, scores.loc[scores["harmonizer"].isin(view.methods), "seed"].unique()))


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
    scores = (view.shared_scores if direction is None else view.scores).dropna(subset="value")
    wanted = (scores["metric"] == measure.metric) & (scores["tissue"] == measure.tissue)
    wanted &= (scores["split"] == split) & scores["harmonizer"].isin(view.methods)
    if direction is not None:
        wanted &= (scores["source"] == direction[0]) & (scores["target"] == direction[1])
    return seed_means(scores[wanted]).std(axis=1).reindex(view.methods).astype(float)
