"""Whether a metric deserves belief here: controls with a known order must come out in it."""

from dataclasses import dataclass
from itertools import compress

import pandas as pd

from ..metrics.metric import Metric
from .subjects import DIRECTION, MEASURE, Metrics, known_metrics, subject_values

COLUMNS = (
    "split",
    *MEASURE,
    "verdict",
    "reason",
    "expected",
    "oracle",
    "none",
    "blurred",
    "constant",
)
CONTROL_METHODS = ("oracle", "none", "blurred", "constant")
_TOLERANCE = 1e-4  # what storing an image and float32 may cost a perfect one


@dataclass(frozen=True, slots=True)
class _Expectation:
    """Which control must beat which, and which one must be perfect."""

    orders: tuple[tuple[str, str], ...]
    perfect: str | None

    def __str__(self) -> str:
        orders = ", ".join(f"{better} > {worse}" for better, worse in self.orders)
        return f"{self.perfect} perfect, {orders}" if self.perfect else orders


_LIKENESS = _Expectation(
    (
        ("oracle", "none"),
        ("oracle", "blurred"),
        ("oracle", "constant"),
        ("none", "constant"),
        ("blurred", "constant"),
    ),
    perfect="oracle",
)
# A noisy source may have far too much gradient energy: nothing is asked of `none`.
_SHARPNESS = _Expectation((("oracle", "blurred"), ("blurred", "constant")), perfect="oracle")
# The untouched source keeps all of its own structure; another scan or its blur keep some.
_STRUCTURE = _Expectation(
    (("none", "oracle"), ("none", "blurred"), ("oracle", "constant"), ("blurred", "constant")),
    perfect="none",
)
# Beside the truth, neither the target scan nor the source is perfect or bound to be better.
_TRUTH = _Expectation((("oracle", "blurred"), ("oracle", "constant"), ("none", "constant")), None)
_SPECIAL = {"sharpness": _SHARPNESS, "structure": _STRUCTURE, "dice_truth": _TRUTH}


def trust(scores: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Check every metric on controls whose order is known beforehand.

    The controls are harmonizers named `oracle` (the target scan itself), `blurred` (the target,
    smoothed), `constant` (one value) and `none` (the untouched source). Better means more merit
    (`Metric.merit`) on the mean over subjects, in every direction:

    - likeness to the target (SSIM, PSNR, NRMSE and their variants, histogram distances, Dice and
      volume differences): the oracle is perfect; oracle > none, blurred, constant; none and
      blurred > constant
    - `sharpness`: the oracle is perfect; oracle > blurred > constant
    - `structure`: none is perfect; none > oracle, blurred; oracle and blurred > constant
    - `dice_truth`: oracle > blurred, constant; none > constant

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    metrics : mapping or iterable of records
        What the metrics mean.

    Returns
    -------
    DataFrame
        A row per split, metric and tissue: `verdict` (`trusted`, `not to be trusted here` or `not
        checked`), `reason` (what went wrong, or which control is missing), `expected` (the order
        asked for), and the mean scores of `oracle`, `none`, `blurred`, `constant`.

    Raises
    ------
    InputError
        The scores lack a column.
    """
    known = known_metrics(metrics)
    values = subject_values(scores, known)
    names = list(known)
    measured = scores[["split", *MEASURE]].drop_duplicates()
    measured = measured.assign(tissue=measured["tissue"].fillna(""))
    measured = measured[measured["metric"].isin(names)]
    wanted = sorted(
        {(str(s), str(m), str(t)) for s, m, t in measured.itertuples(index=False)},
        key=lambda keys: (keys[0], names.index(keys[1]), keys[2]),
    )
    groups = {
        (str(k[0]), str(k[1]), str(k[2])): part for k, part in values.groupby(["split", *MEASURE])
    }
    rows = [_check(k, known[k[1]], groups.get(k, values.iloc[:0])) for k in wanted]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check(keys: tuple[str, str, str], metric: Metric, rows: pd.DataFrame) -> dict[str, object]:
    expectation = _SPECIAL.get(metric.name, _LIKENESS)
    controls = rows[rows["harmonizer"].isin(CONTROL_METHODS)]
    by_direction = controls.pivot_table(index=DIRECTION, columns="harmonizer", values="merit")
    by_direction = by_direction.reindex(columns=list(CONTROL_METHODS))
    faults = _faults(by_direction, metric, expectation)
    wanted = {name for pair in expectation.orders for name in pair}
    absent = [n for n in CONTROL_METHODS if n in wanted and by_direction[n].isna().all()]
    checked = any(not {*pair} & {*absent} for pair in expectation.orders)
    if faults:
        verdict, reason = "not to be trusted here", faults[0]
        if len(faults) > 1:
            reason += f" (and {len(faults) - 1} more)"
    elif not checked or "oracle" in absent:
        verdict, reason = "not checked", f"no score of {', '.join(absent)}"
    else:
        verdict = "trusted"
        reason = f"no score of {', '.join(absent)}: those orders unchecked" if absent else ""
    means = controls.groupby("harmonizer")["value"].mean().reindex(list(CONTROL_METHODS))
    split, name, tissue = keys
    return {
        "split": split,
        "metric": name,
        "tissue": tissue,
        "verdict": verdict,
        "reason": reason,
        "expected": str(expectation),
        **{str(control): mean for control, mean in means.items()},
    }


def _faults(merits: pd.DataFrame, metric: Metric, expectation: _Expectation) -> list[str]:
    """Say where the order is violated, one sentence each; what is missing violates nothing."""
    found = []
    directions = [" to ".join(map(str, direction)) for direction in merits.index.to_list()]
    perfect = expectation.perfect
    if perfect is not None and metric.best is not None:
        best = float(metric.merit(metric.best))
        off = (merits[perfect] - best).abs() > _TOLERANCE * max(1.0, abs(best))
        found += [f"{perfect} is not perfect from {d}" for d in compress(directions, off)]
    for better, worse in expectation.orders:
        wrong = merits[better] <= merits[worse]
        found += [
            f"{better} is not better than {worse} from {d}" for d in compress(directions, wrong)
        ]
    return found
