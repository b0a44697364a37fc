"""Who is where: the methods of a run ranked on its subjects."""

from functools import lru_cache

import pandas as pd

from phycharm.benchmarks.statistics import Judgement, Lack, judge, leaderboard

from .run_view import RunView

Direction = tuple[str, str]

COMMON_DOMAIN_METRICS = ("structure", "sharpness_source", "dice_truth")
"""What ranks methods to a common domain: measures that an image without features cannot win."""


def standings(view: RunView, split: str, direction: Direction | None = None) -> pd.DataFrame:
    """Rank the methods of one split, over all directions or in one.

    Methods to a common domain are not among them (see `common_domain_standings`).

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
def _standings(view: RunView, split: str, direction: Direction | None) -> pd.DataFrame:
    scores = _judged(view, view.shared_scores)
    if direction is not None:
        scores = _judged(view, view.scores)
        scores = scores[(scores["source"] == direction[0]) & (scores["target"] == direction[1])]
    return leaderboard(
        scores,
        list(view.content.metrics),
        order=view.order,
        split=split,
        methods=view.contestants,
        deterministic=view.deterministic,
        alpha=view.alpha,
    )


@lru_cache(maxsize=16)
def judgement(view: RunView, split: str) -> tuple[Judgement, list[Lack]]:
    """Say who leads in what, and who lacks scores, over all directions.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Judgement
        As `phycharm.benchmarks.statistics.judge` gives it.
    list of Lack
        Methods that cannot be ranked, and what they lack.

    Raises
    ------
    InputError
        If the view's order names no metric that was measured.
    """
    return judge(
        _judged(view, view.shared_scores),
        list(view.content.metrics),
        order=view.order,
        split=split,
        methods=view.contestants,
        deterministic=view.deterministic,
        alpha=view.alpha,
    )


@lru_cache(maxsize=16)
def common_domain_standings(view: RunView, split: str) -> pd.DataFrame:
    """Rank the methods to a common domain among themselves.

    Returns
    -------
    DataFrame
        As `phycharm.benchmarks.statistics.leaderboard` gives it, by structure and sharpness
        against the source and tissues against the truth, as far as they were measured; empty where
        none of it was.
    """
    return leaderboard(
        _in_common_domain(view),
        list(view.content.metrics),
        split=split,
        methods=view.common_domain,
        deterministic=view.deterministic,
        counting=COMMON_DOMAIN_METRICS,
        alpha=view.alpha,
    )


@lru_cache(maxsize=16)
def common_domain_judgement(view: RunView, split: str) -> tuple[Judgement, list[Lack]]:
    """Say which method to a common domain leads in what; as `judgement` says it of the others."""
    return judge(
        _in_common_domain(view),
        list(view.content.metrics),
        split=split,
        methods=view.common_domain,
        deterministic=view.deterministic,
        counting=COMMON_DOMAIN_METRICS,
        alpha=view.alpha,
    )


def _judged(view: RunView, scores: pd.DataFrame) -> pd.DataFrame:
    judged = {m.metric for m in view.measures if m.judged}
    return scores[scores["metric"].isin(judged)]


def _in_common_domain(view: RunView) -> pd.DataFrame:
    """Return the scores of methods to a common domain; none where nothing that ranks them is."""
    scores = _judged(view, view.shared_scores)
    own = scores[scores["harmonizer"].isin(view.common_domain)]
    known = own.dropna(subset="value")["metric"].isin(COMMON_DOMAIN_METRICS)
    return own if known.any() else own.iloc[:0]
