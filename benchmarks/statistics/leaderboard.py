"""The leaderboard: means, ranks and ties of all methods."""

from collections.abc import Collection
from difflib import get_close_matches

import pandas as pd

from phycharm.errors import InputError

from .measure_table import measure_table
from .standing import standing
from .subjects import (
    MEASURE,
    Metrics,
    chosen_methods,
    known_metrics,
    mean_over_seeds,
    merit_table,
    subject_values,
)

MEAN_RANK = "mean-rank"
BORDA = "borda"
ORDERS = (MEAN_RANK, BORDA)

COLUMNS = (
    "place",
    "harmonizer",
    "tied_for_first",
    "mean_rank",
    "borda",
    *MEASURE,
    "n",
    "images",
    "missing",
    "mean",
    "interval_low",
    "interval_high",
    "subject_spread",
    "seeds",
    "seed_spread",
    "rank",
    "tied_with_best",
)


def leaderboard(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    order: str = MEAN_RANK,
    split: str = "external",
    methods: Collection[str] | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank the methods of one split.

    A subject's score is its mean over folds, seeds and directions. In each measure (metric and
    tissue) the methods are ranked by their mean merit, provided that they have a score for every
    image that any method has one for. What orders the methods is one of

    - `mean-rank`: the mean of a method's ranks over the primary measures;
    - `borda`: every image (subject and direction) is a ballot in every primary measure, a method
      earns a point for each method it beats there, half a point for a tie, and a method without
      a score is beaten by all that have one; the points are given as a share of those possible;
    - the name of a metric: the mean rank over its tissues.

    Primary are the metrics that say so (`Metric.primary`), or all where none does. In a measure a
    method is tied with the best unless the paired t interval over subjects of its distance to the
    best excludes 0, simultaneously for all pairs of methods (Bonferroni). It is tied for the first
    place if the first method does not beat it so in any deciding measure, now simultaneously for
    these too.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    metrics : mapping or iterable of records
        What the metrics mean.
    order : str
        `mean-rank`, `borda` or the name of a metric.
    split : str
        `external` or `validation`.
    methods : collection of str, optional
        Which harmonizers; by default all that are no controls.
    alpha : float
        One minus the coverage of the intervals, and level of the ties.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        A row per method and measure, by place and then in the order of the metrics:

        - `place` in the chosen order (equal where equal), `harmonizer`, `tied_for_first` (in the
          chosen order), `mean_rank` (NaN for a method that misses an image), `borda`
        - `metric`, `tissue`, `n` (subjects), `images` (scored), `missing` (images others have)
        - `mean`, `interval_low`, `interval_high` (BCa over subjects), `subject_spread` (standard
          deviation over subjects), `seeds`, `seed_spread` (standard deviation over seeds of the
          mean, NaN with one seed)
        - `rank` in this measure (NaN if images are missing), `tied_with_best`

    Raises
    ------
    InputError
        The scores lack a column, or `order` is unknown or was not measured.

    Examples
    --------
    >>> from phycharm.benchmarks.metrics import METRICS
    >>> keys = {"protocol": "p", "protocol_version": 1, "split": "external", "fold": 1, "seed": 0,
    ...         "source": "GE", "target": "Siemens", "metric": "ssim", "tissue": ""}
    >>> means = {"none": 0.80, "unet": 0.90}
    >>> scores = pd.DataFrame([
    ...     {**keys, "harmonizer": name, "subject": f"{number:02}", "value": mean + 0.01 * number}
    ...     for name, mean in means.items() for number in range(5)
    ... ])
    >>> leaderboard(scores, METRICS)[["place", "harmonizer", "mean", "tied_for_first"]].round(3)
       place harmonizer  mean  tied_for_first
    0      1       unet  0.92            True
    1      2       none  0.82           False
    """
    known = known_metrics(metrics)
    _check_order(order, list(known))
    by_seed = subject_values(scores, known, by_seed=True)
    by_seed = chosen_methods(by_seed[by_seed["split"] == split], methods)
    if by_seed.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    parts = _by_measure(mean_over_seeds(by_seed), list(known))
    seeds = _by_measure(by_seed, list(known))
    tables = [
        measure_table(parts[m], seeds[m], alpha=alpha, seed=seed)
        .assign(metric=m[0], tissue=m[1])
        .reset_index()
        for m in parts
    ]
    primary = [m for m in parts if known[m[0]].primary] or list(parts)
    deciding = primary if order in ORDERS else [m for m in parts if m[0] == order]
    if not deciding:
        raise InputError(f"no scores of the metric {order!r} that orders the leaderboard")
    overall = standing(
        list(by_seed["harmonizer"].unique()),
        [merit_table(parts[m]) for m in primary],
        [merit_table(parts[m]) for m in deciding],
        by_borda=order == BORDA,
        alpha=alpha,
    )
    board = pd.concat(tables, ignore_index=True).merge(overall, on="harmonizer")
    board = board.sort_values(["place", "harmonizer"], kind="stable", ignore_index=True)
    return board[list(COLUMNS)]


def _by_measure(values: pd.DataFrame, names: list[str]) -> dict[tuple[str, str], pd.DataFrame]:
    """Split values by metric and tissue, in the order of the metrics."""
    parts = {(str(k[0]), str(k[1])): part for k, part in values.groupby(MEASURE)}
    return dict(sorted(parts.items(), key=lambda item: (names.index(item[0][0]), item[0][1])))


def _check_order(order: str, metrics: list[str]) -> None:
    choices = [*ORDERS, *metrics]
    if order not in choices:
        near = get_close_matches(order, choices, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(choices)}"
        raise InputError(f"unknown order of the leaderboard {order!r}: {hint}")
