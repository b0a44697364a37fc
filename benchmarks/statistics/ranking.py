"""All methods ranked by the subjects, measure by measure."""

from collections.abc import Collection, Mapping

import pandas as pd

from .contest.field import lay_out
from .inference.friedman import friedman
from .subjects import Metrics, complete_methods

COLUMNS = (
    "split",
    "metric",
    "tissue",
    "harmonizer",
    "mean_rank",
    "methods",
    "n",
    "chi_square",
    "p",
    "f",
    "p_f",
    "critical_difference",
)


def cliques(mean_ranks: Mapping[str, float], difference: float) -> list[tuple[str, ...]]:
    """Find the largest groups of methods whose ranks do not differ: the bars of the diagram.

    Parameters
    ----------
    mean_ranks : mapping of str to float
        Mean rank per method.
    difference : float
        Critical difference.

    Returns
    -------
    list of tuple of str
        Groups of at least two methods, best first; no group is part of another.

    Examples
    --------
    >>> cliques({"a": 1.2, "b": 1.8, "c": 2.9, "d": 4.1}, difference=1.2)
    [('a', 'b'), ('b', 'c'), ('c', 'd')]
    """
    order = sorted(mean_ranks, key=lambda name: (mean_ranks[name], name))
    found: list[tuple[str, ...]] = []
    last_end = 0
    for start, name in enumerate(order):
        near = [m for m in order[start:] if mean_ranks[m] - mean_ranks[name] <= difference]
        end = start + len(near)
        if len(near) > 1 and end > last_end:
            found.append(tuple(near))
            last_end = end
    return found


def rank_methods(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    methods: Collection[str] | None = None,
    deterministic: Collection[str] = (),
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Rank all methods on each measure, subjects being the judges.

    A subject ranks the methods by their mean merits over all its directions. Only methods with all
    folds and seeds of every image that any method has a score for are ranked.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    metrics : mapping or iterable of records
        What the metrics mean.
    methods : collection of str, optional
        Which harmonizers; by default all that are no controls.
    deterministic : collection of str
        Those that draw nothing: one fit of them stands for those of all seeds.
    alpha : float
        Level of the critical difference.

    Returns
    -------
    DataFrame
        A row per split, metric, tissue and harmonizer: `mean_rank`, `methods` (k), `n` (subjects),
        `chi_square`, `p` (Friedman), `f`, `p_f` (Iman-Davenport), `critical_difference`
        (Nemenyi). Sorted by mean rank within a measure. Incomplete methods have no row.

    Raises
    ------
    InputError
        The scores lack a column.
    """
    rows: list[pd.DataFrame] = []
    for split in sorted(set(scores["split"])) if "split" in scores else [""]:
        field = lay_out(
            scores, metrics, split=str(split), methods=methods, deterministic=deterministic
        )
        for (metric, tissue), merits in sorted(field.merits.items()):
            wide = field.subject_merits[metric, tissue][complete_methods(merits)]
            if wide.shape[1]:
                rows.append(_ranked((str(split), metric, tissue), wide, alpha))
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)]


def _ranked(keys: tuple[str, str, str], wide: pd.DataFrame, alpha: float) -> pd.DataFrame:
    outcome = friedman(wide.to_numpy(), alpha=alpha)
    table = pd.DataFrame({"harmonizer": wide.columns, "mean_rank": outcome.mean_ranks})
    table["split"], table["metric"], table["tissue"] = keys
    table["methods"], table["n"] = wide.shape[1], wide.shape[0]
    for name in ("chi_square", "p", "f", "p_f", "critical_difference"):
        table[name] = getattr(outcome, name)
    return table.sort_values(["mean_rank", "harmonizer"])
