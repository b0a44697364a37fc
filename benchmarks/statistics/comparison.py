"""One method against every rival: the exact test, its size of effect and its family."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from phycharm.errors import InputError

from .inference.intervals import median_intervals
from .inference.multiplicity import benjamini_hochberg, holm
from .inference.wilcoxon import hodges_lehmann, signed_rank
from .subjects import CONTROLS, DIRECTION, MEASURE, Metrics, over_directions, unit_values

COLUMNS = (
    "scope",
    "split",
    *DIRECTION,
    *MEASURE,
    "reference",
    "rival",
    "n",
    "nonzero",
    "reference_mean",
    "rival_mean",
    "gain",
    "interval_low",
    "interval_high",
    "shift",
    "rank_biserial",
    "p",
    "smallest_p",
    "family_size",
    "p_holm",
    "p_bh",
    "verdict",
)
_FAMILY = (*MEASURE, "split", "scope")
_NUMBERS = ("reference_value", "rival_value", "gain")
_GROUP = ["scope", "split", *DIRECTION, *MEASURE, "rival"]


def compare(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    reference: str = "phycharm",
    rivals: Collection[str] | None = None,
    alpha: float = 0.05,
    family: Sequence[str] = _FAMILY,
    confidence: float = 0.95,
    deterministic: Collection[str] = (),
) -> pd.DataFrame:
    """Compare one method with each rival on subjects, by direction and over all directions.

    Folds and seeds of a subject are averaged first, those alone in which both methods have a score;
    one fit of a method that draws nothing stands beside all seeds of the other. The gain of a
    subject is the merit of the reference method minus that of the rival (`Metric.merit`), so that a
    positive gain means that the reference method is better, whatever the metric. Rows of scope
    `direction` stand for one source and target; those of scope `global` test the subjects' mean
    gains over all directions in which both methods have a score.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    metrics : mapping or iterable of records
        What the metrics mean.
    reference : str
        The method that is compared with all others.
    rivals : collection of str, optional
        The others; by default every harmonizer that is no control.
    alpha : float
        Level of the verdict.
    family : sequence of str
        Columns that tests of one family share: by default all directions and rivals of one
        metric, tissue and split are one family, and the global tests another.
    confidence : float
        Coverage of the interval.
    deterministic : collection of str
        Methods that draw nothing.

    Returns
    -------
    DataFrame
        A row per comparison:

        - `scope` (`direction` or `global`), `split`, `source`, `target` (both `all` where
          global), `metric`, `tissue`, `reference`, `rival`
        - `n`: subjects with both methods; `nonzero`: those whose gain is not 0
        - `reference_mean`, `rival_mean`: mean scores, in the metric's own sense
        - `gain`: mean gain; `interval_low`, `interval_high`: of the median person's gain (see
          `inference.intervals.median_intervals`), NaN with too few subjects
        - `shift`: Hodges-Lehmann estimate of the gain
        - `rank_biserial`: matched-pairs effect size, 1 where every subject gains
        - `p`: exact two-sided Wilcoxon signed-rank (zeros dropped, ties kept)
        - `smallest_p`: the smallest that `nonzero` subjects can give
        - `family_size`, `p_holm`, `p_bh`: tests in the family and adjusted p
        - `verdict`: `better`, `worse` or `not significant` by Holm at alpha; `cannot reach alpha
          with n = 5`; the same `in a family of 42`, where Holm makes it impossible; `identical in
          all n subjects`; `no subject in common`

    Raises
    ------
    InputError
        The scores lack a column, hold no score of the reference, or `family` names a column that
        does not exist.
    """
    unknown = [name for name in family if name not in _GROUP]
    if unknown:
        raise InputError(f"unknown family column {unknown[0]!r}: choose from {', '.join(_GROUP)}")
    gains = _gains(scores, metrics, reference, rivals, deterministic)
    if gains.empty:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
    everywhere = over_directions(gains.dropna(subset=["gain"]), _NUMBERS)
    gains = pd.concat([gains.assign(scope="direction"), everywhere.assign(scope="global")])
    known = gains.dropna(subset=["gain"]).sort_values("subject", kind="stable")
    numbers, where = known[list(_NUMBERS)].to_numpy(), known.groupby(_GROUP).indices
    # Where nobody has both scores, that is said.
    groups = [(k, numbers[where.get(k, [])]) for k in gains.groupby(_GROUP).size().index]
    table = pd.DataFrame([_test(keys, rows) for keys, rows in groups])
    ends = median_intervals([rows[:, -1] for _, rows in groups], confidence=confidence)
    table[["interval_low", "interval_high"]] = ends
    table["reference"] = reference
    table = _adjust(table, list(family))
    table["verdict"] = _verdicts(table, list(family), alpha)
    return table[list(COLUMNS)]


def _gains(
    scores: pd.DataFrame,
    metrics: Metrics,
    reference: str,
    rivals: Collection[str] | None,
    deterministic: Collection[str],
) -> pd.DataFrame:
    """Return a row per subject, direction, measure and rival; NaN where one has no score."""
    names = list(dict.fromkeys(scores["harmonizer"].astype(str))) if "harmonizer" in scores else []
    units = unit_values(scores, metrics)
    if reference not in names:
        raise InputError(
            f"no scores of the reference method {reference!r}: choose one of "
            f"{', '.join(sorted(names)) or 'none at all'}"
        )
    chosen = [name for name in names if name not in CONTROLS] if rivals is None else list(rivals)
    own = units[units["harmonizer"] == reference]
    parts = [
        _paired(
            own,
            units[units["harmonizer"] == rival],
            once=reference in deterministic or rival in deterministic,
        ).assign(rival=rival)
        for rival in chosen
        if rival != reference and rival in names
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _paired(one: pd.DataFrame, other: pd.DataFrame, *, once: bool) -> pd.DataFrame:
    """Pair the scores of two methods fit by fit, then average each subject and direction."""
    images = ["split", *DIRECTION, *MEASURE, "subject"]
    keys = [*images, "fold", *([] if once else ["seed"])]
    sides = {"reference": one, "rival": other}
    means = [
        side.groupby(keys)[["value", "merit"]].mean().add_suffix(f"_{name}")
        for name, side in sides.items()
    ]
    both = pd.concat(means, axis=1)
    found = both["merit_reference"].notna() & both["merit_rival"].notna()
    pairs = pd.DataFrame(
        {
            "reference_value": both["value_reference"].where(found),
            "rival_value": both["value_rival"].where(found),
            "gain": (both["merit_reference"] - both["merit_rival"]).where(found),
        }
    ).reset_index()
    if not once:
        pairs = pairs.groupby([*images, "seed"], as_index=False)[list(_NUMBERS)].mean()
    return pairs.groupby(images, as_index=False)[list(_NUMBERS)].mean()


def _test(keys: Any, rows: npt.NDArray[np.float64]) -> dict[str, Any]:
    gains = rows[:, -1]
    means = [float(column.mean()) if len(rows) else np.nan for column in rows.T]
    outcome = signed_rank(gains)
    return {
        **dict(zip(_GROUP, keys, strict=True)),
        "n": gains.size,
        "nonzero": outcome.nonzero,
        **dict(zip(("reference_mean", "rival_mean", "gain"), means, strict=True)),
        "shift": hodges_lehmann(gains),
        "rank_biserial": outcome.rank_biserial,
        "p": outcome.p,
        "smallest_p": outcome.smallest_p,
    }


def _adjust(table: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    table = table.assign(family_size=0, p_holm=np.nan, p_bh=np.nan)
    for index in _families(table, family):
        p = table.loc[index, "p"].to_numpy()
        table.loc[index, "family_size"] = int((~np.isnan(p)).sum())
        table.loc[index, "p_holm"] = holm(p)
        table.loc[index, "p_bh"] = benjamini_hochberg(p)
    return table


def _families(table: pd.DataFrame, family: list[str]) -> list[pd.Index]:
    return [rows.index for _, rows in table.groupby(family)] if family else [table.index]


def _verdicts(table: pd.DataFrame, family: list[str], alpha: float) -> "pd.Series[str]":
    possible = pd.Series(False, index=table.index)
    for index in _families(table, family):
        # Holm multiplies the smallest p of m by m, and no other adjusted p is below that one.
        best = table.loc[index, "smallest_p"].min() * table.loc[index, "family_size"].max()
        possible.loc[index] = best <= alpha
    rows = zip(table.itertuples(), possible, strict=True)
    return pd.Series(
        [_verdict(row, alpha, possible=bool(can)) for row, can in rows],
        index=table.index,
        dtype="str",
    )


def _verdict(row: Any, alpha: float, *, possible: bool) -> str:
    if row.n == 0:
        return "no subject in common"
    if row.nonzero == 0:
        return f"identical in all {row.n} subjects" if row.n > 1 else "identical in 1 subject"
    if row.smallest_p > alpha:
        return f"cannot reach alpha with n = {row.nonzero}"
    if not possible:
        return f"cannot reach alpha with n = {row.nonzero} in a family of {row.family_size}"
    if row.p_holm > alpha:
        return "not significant"
    return "better" if row.rank_biserial > 0 else "worse"


def _dtype(column: str) -> str:
    if column in ("n", "nonzero", "family_size"):
        return "int64"
    texts = ("scope", "split", *DIRECTION, *MEASURE, "reference", "rival", "verdict")
    return "str" if column in texts else "float64"
