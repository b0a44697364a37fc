"""Whether a metric deserves belief here: controls with a known order must come out in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..metrics.metric import Metric
from .subjects import DIRECTION, MEASURE, Metrics, known_metrics, subject_values

COLUMNS = (
    "split",
    *MEASURE,
    "verdict",
    "directions",
    "failing",
    "reason",
    "expected",
    "oracle",
    "none",
    "blurred",
    "constant",
)
CONTROL_METHODS = ("oracle", "none", "blurred", "constant")
_TOLERANCE = 1e-4  # what storing an image and float32 may cost a perfect one
_WORDS = {
    "oracle": "the target itself",
    "none": "doing nothing",
    "blurred": "the blurred target",
    "constant": "a featureless image",
}

Direction = tuple[str, str]
_Table = tuple[pd.DataFrame, "pd.Series[float]"]
# Merits and means of a measure without scores.
_NOBODY: _Table = (
    pd.DataFrame(
        columns=list(CONTROL_METHODS),
        index=pd.MultiIndex.from_arrays([[], []], names=DIRECTION),
        dtype="float64",
    ),
    pd.Series(float("nan"), index=list(CONTROL_METHODS)),
)
_Fault = tuple[Direction, str]


@dataclass(frozen=True, slots=True)
class _Expectation:
    """Which control must beat which, and which one must be perfect."""

    orders: tuple[tuple[str, str], ...]
    perfect: str | None

    def __str__(self) -> str:
        below: dict[str, list[str]] = {}
        for better, worse in self.orders:
            below.setdefault(better, []).append(worse)
        orders = "; ".join(f"{better} > {', '.join(worse)}" for better, worse in below.items())
        return f"{self.perfect} perfect; {orders}" if self.perfect else orders


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
# Only methods to a common domain have it, and no control is one.
_WITHOUT_CONTROLS = ("sharpness_source",)
_SPECIAL = {"sharpness": _SHARPNESS, "structure": _STRUCTURE, "dice_truth": _TRUTH}


def trust(scores: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Check every metric on controls whose order is known beforehand.

    The controls are harmonizers named `oracle` (the target scan itself), `blurred` (the target,
    smoothed), `constant` (one value) and `none` (the untouched source). Better means more merit
    (`Metric.merit`) on the mean over subjects. Every direction is judged on its own: where two
    scanners' grey levels lie far apart an image without features may be closer to the target than
    the untouched source is, while the same metric deserves belief elsewhere.

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
        A row per split, metric and tissue that controls can have: `verdict` (`trusted`, `not to be
        trusted in some directions`, `not to be trusted here` where all fail, or `not checked`),
        `directions` (how many were checked: those in which the oracle and another control have
        scores), `failing` (tuple of the (source, target) that failed), `reason` (what went wrong
        where, and which control has no score where, in words), `expected` (the order asked for),
        and the mean scores of `oracle`, `none`, `blurred`, `constant`.

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
    checked = [name for name in names if name not in _WITHOUT_CONTROLS]
    measured = measured[measured["metric"].isin(checked)]
    wanted = sorted(
        {(str(s), str(m), str(t)) for s, m, t in measured.itertuples(index=False)},
        key=lambda keys: (keys[0], names.index(keys[1]), keys[2]),
    )
    tables = _control_tables(values)
    rows = [_check(keys, known[keys[1]], tables.get(keys, _NOBODY)) for keys in wanted]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _control_tables(values: pd.DataFrame) -> dict[tuple[str, str, str], _Table]:
    """Lay out merits by direction, and mean scores, of the controls; all measures at once."""
    controls = values[values["harmonizer"].isin(CONTROL_METHODS)]
    keys, names = ["split", *MEASURE], list(CONTROL_METHODS)
    merits = controls.pivot_table(index=[*keys, *DIRECTION], columns="harmonizer", values="merit")
    # A direction that only methods have scores in was measured too, and not checked.
    measured = values.groupby([*keys, *DIRECTION]).size().index
    merits = merits.reindex(index=measured, columns=names)
    means = controls.pivot_table(index=keys, columns="harmonizer", values="value")
    rows = {_key(key): row for key, row in means.reindex(columns=names).iterrows()}
    return {
        _key(key): (part.droplevel([0, 1, 2]), rows.get(_key(key), _NOBODY[1]))
        for key, part in merits.groupby(level=keys)
    }


def _key(found: Any) -> tuple[str, str, str]:
    split, metric, tissue = found
    return str(split), str(metric), str(tissue)


def _check(keys: tuple[str, str, str], metric: Metric, found: _Table) -> dict[str, object]:
    expectation = _SPECIAL.get(metric.name, _LIKENESS)
    merits, means = found
    faults = _faults(merits, metric, expectation)
    failing = tuple(dict.fromkeys(direction for direction, _ in faults))
    checked = {*_checked(merits, expectation), *failing}
    gaps = _gaps(merits, expectation)
    if faults:
        everywhere = len(failing) == len(merits)
        verdict = f"not to be trusted {'here' if everywhere else 'in some directions'}"
        reason = "; ".join([_reason(faults, everywhere=everywhere), *gaps])
    else:
        verdict = "trusted" if checked else "not checked"
        unchecked = ": not all orders are checked" if checked and gaps else ""
        reason = "; ".join(gaps) + unchecked
    split, name, tissue = keys
    return {
        "split": split,
        "metric": name,
        "tissue": tissue,
        "verdict": verdict,
        "directions": len(checked),
        "failing": failing,
        "reason": reason,
        "expected": str(expectation),
        **{str(control): mean for control, mean in means.items()},
    }


def _checked(merits: pd.DataFrame, expectation: _Expectation) -> list[Direction]:
    """List the directions that have scores of the oracle and of a pair whose order is known."""
    known = merits.notna()
    pairs = [known[better] & known[worse] for better, worse in expectation.orders]
    return _directions(merits[pd.concat(pairs, axis=1).any(axis=1) & known["oracle"]])


def _gaps(merits: pd.DataFrame, expectation: _Expectation) -> list[str]:
    """Write which controls have no score, and where; those missing in the same places together."""
    wanted = {name for pair in expectation.orders for name in pair}
    missing: dict[tuple[Direction, ...], list[str]] = {}
    for name in (n for n in CONTROL_METHODS if n in wanted):
        where = tuple(_directions(merits[merits[name].isna()]))
        if where or merits.empty:
            missing.setdefault(where, []).append(_WORDS[name])
    return [
        f"no score of {', '.join(names)}{_where(where, len(merits))}"
        for where, names in missing.items()
    ]


def _where(where: Sequence[Direction], of: int) -> str:
    """Name directions, or count them where naming would be long; nothing where it is all."""
    if len(where) == of:
        return ""
    return (
        f" {_place(where, all_=False)}"
        if len(where) < 3
        else f" in {len(where)} of {of} directions"
    )


def _faults(merits: pd.DataFrame, metric: Metric, expectation: _Expectation) -> list[_Fault]:
    """List what is violated where; what is missing violates nothing."""
    found: list[_Fault] = []
    perfect = expectation.perfect
    if perfect is not None and metric.best is not None:
        best = float(metric.merit(metric.best))
        off = (merits[perfect] - best).abs() > _TOLERANCE * max(1.0, abs(best))
        words = f"{_WORDS[perfect]} does not reach the ideal value"
        found += [(direction, words) for direction in _directions(merits[off])]
    for better, worse in expectation.orders:
        wrong = merits[better] <= merits[worse]
        words = f"{_WORDS[worse]} scores at least as well as {_WORDS[better]}"
        found += [(direction, words) for direction in _directions(merits[wrong])]
    return found


def _directions(merits: pd.DataFrame) -> list[Direction]:
    return [(str(source), str(target)) for source, target in merits.index.to_list()]


def _reason(faults: Sequence[_Fault], *, everywhere: bool) -> str:
    """Write what went wrong and where; what fails in the same directions shares one clause."""
    places: dict[str, list[Direction]] = {}
    for direction, words in faults:
        places.setdefault(words, []).append(direction)
    clauses: dict[tuple[Direction, ...], list[str]] = {}
    for words, where in places.items():
        clauses.setdefault(tuple(where), []).append(words)
    count = len({direction for direction, _ in faults})
    return "; ".join(
        f"{_place(where, all_=everywhere and len(where) == count)} {' and '.join(found)}"
        for where, found in clauses.items()
    )


def _place(where: Sequence[Direction], *, all_: bool) -> str:
    if all_:
        return "in every direction"
    return " and ".join(f"from {source} to {target}" for source, target in where)
