"""Who is where: the methods of a run ranked on its subjects."""

from functools import lru_cache

import pandas as pd

from phycharm.benchmarks.statistics import leaderboard

from .run_view import RunView


def standings(view: RunView, split: str, direction: tuple[str, str] | None = None) -> pd.DataFrame:
    """Rank the methods of one split, over all directions or in one.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.
    direction : (str, str), optional
        Source and target; without it, subjects' means over the directions that every method could
        be trained in.

    Returns
    -------
    DataFrame
        As `phycharm.benchmarks.statistics.leaderboard` gives it; empty where nothing can be
        judged.

    Raises
    ------
    InputError
        If the view's order names no metric that was measured.
    """
    return _standings(view, split, direction)


@lru_cache(maxsize=128)
def _standings(view: RunView, split: str, direction: tuple[str, str] | None) -> pd.DataFrame:
    scores = view.shared_scores
    if direction is not None:
        scores = view.scores
        scores = scores[(scores["source"] == direction[0]) & (scores["target"] == direction[1])]
    judged = {m.metric for m in view.measures if m.judged}
    scores = scores[scores["metric"].isin(judged)]
    return leaderboard(
        scores,
        list(view.content.metrics),
        order=view.order,
        split=split,
        methods=view.methods,
        alpha=view.alpha,
    )
