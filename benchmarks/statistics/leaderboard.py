"""The leaderboard: means, ranks and ties of all methods."""

from collections.abc import Collection
from difflib import get_close_matches

import pandas as pd

from phycharm.errors import InputError

from .contest.common_set import Lack
from .contest.criteria import Criterion
from .contest.field import Field, lay_out
from .contest.judgement import Judgement, judge_methods
from .measure_tables import measure_tables
from .standing import standing
from .subjects import MEASURE, Metrics, known_metrics

MEAN_RANK = "mean-rank"
BORDA = "borda"
ORDERS = (MEAN_RANK, BORDA)

COLUMNS = (
    "place",
    "harmonizer",
    "ranked",
    "tied_for_first",
    "mean_rank",
    "borda",
    *MEASURE,
    "weight",
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
    deterministic: Collection[str] = (),
    counting: Collection[str] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Rank the methods of one split on what all of them have.

    A person's score is its mean over folds, seeds and directions. Methods are compared on the
    common set: every fold and seed of every image (person and direction) that any method has a
    score for. Whoever lacks one is not ranked, in a measure (metric and tissue) or, where what it
    lacks counts in the order, at all: nobody gains by having failed. What orders the methods is one
    of

    - `mean-rank`: the mean of a method's ranks over the metrics that count;
    - `borda`: every image is a ballot in every metric that counts, a method earns a point for each
      method it beats there, half a point for a tie; the points are given as a share of those
      possible, and averaged over metrics;
    - the name of a metric.

    Each metric counts once, on the mean of its merits over tissues; of metrics that order each
    image alike (PSNR and NRMSE) one counts. In a measure a method is tied with the best unless it
    is shown behind it by an exact test over people (see `contest.ahead.behind`), and for the first
    place likewise, over people's mean ranks in what decides.

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
    deterministic : collection of str
        Those that draw nothing: one fit of them stands for those of all seeds.
    counting : collection of str, optional
        Metrics that count in overall ranks; by default those that say so (`Metric.primary`), or
        all where none does.
    alpha : float
        Level of the tests, and one minus the coverage of the intervals.

    Returns
    -------
    DataFrame
        A row per method and measure, by place and then in the order of the metrics:

        - `place` in the chosen order (equal where equal; the one after the last for all that are
          not ranked), `harmonizer`, `ranked`, `tied_for_first` (in the chosen order), `mean_rank`
          and `borda` (NaN for a method that lacks a score)
        - `metric`, `tissue`, `weight` (share in the order, 0 to 1), `n` (people), `images` (scored
          in full), `missing` (images of which it lacks a fold or seed that others have)
        - `mean`, `interval_low`, `interval_high` (of the median person, see
          `inference.intervals.median_intervals`), `subject_spread` (standard deviation over
          people), `seeds`, `seed_spread` (standard deviation over seeds of the mean, NaN with one
          seed)
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
    ...     for name, mean in means.items() for number in range(6)
    ... ])
    >>> leaderboard(scores, METRICS)[["place", "harmonizer", "mean", "tied_for_first"]].round(3)
       place harmonizer   mean  tied_for_first
    0      1       unet  0.925            True
    1      2       none  0.825           False
    """
    _check_order(order, list(known_metrics(metrics)))
    field = lay_out(
        scores,
        metrics,
        split=split,
        methods=methods,
        deterministic=deterministic,
        counting=counting,
    )
    if not field.values:
        return pd.DataFrame(columns=list(COLUMNS))
    deciding = _deciding(field, order)
    weights = {m: 1 / len(deciding) / len(one.tissues) for one in deciding for m in one.measures}
    table = measure_tables(field, alpha=alpha).reset_index()
    measures = zip(table["metric"], table["tissue"], strict=True)
    table["weight"] = [weights.get(measure, 0.0) for measure in measures]
    overall = standing(field, deciding, by_borda=order == BORDA, alpha=alpha)
    board = table.merge(overall, on="harmonizer")
    board = board.sort_values(["place", "harmonizer"], kind="stable", ignore_index=True)
    return board[list(COLUMNS)]


def judge(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    order: str = MEAN_RANK,
    split: str = "external",
    methods: Collection[str] | None = None,
    deterministic: Collection[str] = (),
    counting: Collection[str] | None = None,
    alpha: float = 0.05,
) -> tuple[Judgement, list[Lack]]:
    """Say who leads in what, and whether anybody is a winner.

    Parameters
    ----------
    scores, metrics, order, split, methods, deterministic, counting, alpha
        As for `leaderboard`.

    Returns
    -------
    Judgement
        Of the methods that lack nothing in what decides the order.
    list of Lack
        Who is not among them, and what of the common set it lacks.

    Raises
    ------
    InputError
        As for `leaderboard`.
    """
    _check_order(order, list(known_metrics(metrics)))
    field = lay_out(
        scores,
        metrics,
        split=split,
        methods=methods,
        deterministic=deterministic,
        counting=counting,
    )
    deciding = _deciding(field, order) if field.values else []
    ranked = field.complete(deciding)
    people = {one.metric: field.people(one, ranked) for one in deciding}
    return judge_methods(people, alpha=alpha), field.lacks(deciding)


def _deciding(field: Field, order: str) -> list[Criterion]:
    """Return what decides the order."""
    alone = None if order in ORDERS else field.criterion_of(order)
    deciding = field.criteria if order in ORDERS else [alone] if alone else []
    if not deciding:
        raise InputError(f"no scores of the metric {order!r} that orders the leaderboard")
    return deciding


def _check_order(order: str, metrics: list[str]) -> None:
    choices = [*ORDERS, *metrics]
    if order not in choices:
        near = get_close_matches(order, choices, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(choices)}"
        raise InputError(f"unknown order of the leaderboard {order!r}: {hint}")
