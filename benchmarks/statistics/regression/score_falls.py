"""Whether a method scores worse than it must: what the tests of others' methods ask."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean

from ...metrics.catalogue import from_records
from ...metrics.metric import Metric
from ..subjects import CONTROLS
from .delta import MISSING, TO_NAN
from .references import reference_path
from .score_comparison import compare_scores
from .score_set import ScoreSet, read_score_set
from .tolerances import tolerances_for

_IMAGE = ["split", "source", "target", "fold", "seed", "subject"]


def fallen_scores(
    run: str | Path,
    floor: str | Path | Mapping[str, float],
    *,
    harmonizer: str | Sequence[str] | None = None,
    split: str | None = None,
    tolerance: str | Path | None = None,
) -> list[str]:
    """Find scores that are worse than they must be.

    Parameters
    ----------
    run : str or Path
        Results folder.
    floor : str, Path or mapping
        A reference (a folder, a table of scores, or a name of the package's), below whose means no
        mean of the run may lie by more than the tolerance; or the worst mean that is allowed, by
        metric or `metric/tissue`, such as `{"ssim": 0.9, "nrmse": 0.2, "dice/GM": 0.8}`.
    harmonizer : str or sequence of str, optional
        Methods to look at; by default those of the reference, or all of the run but the controls.
    split : str, optional
        `external` or `validation`; by default `external` where it is there.
    tolerance : str or Path, optional
        TOML file of tolerances; by default that of the reference. Worst means are taken as given.

    Returns
    -------
    list of str
        A sentence for each score that is too bad, missing, or undefined; empty where all is well.

    Raises
    ------
    InputError
        If something that is named is not there.
    """
    found = read_score_set(run)
    if isinstance(floor, Mapping):
        methods = _methods(found, harmonizer)
        return [*_below_limits(found, floor, methods, split or _judged(found))]
    path = reference_path(floor)
    reference = read_score_set(path)
    split = split or _judged(reference)
    methods = _methods(reference if harmonizer is None else found, harmonizer)
    parts = [_part(one, methods, split) for one in (reference, found)]
    if parts[0].scores.empty:
        raise InputError(f"{path}: has no {split} scores of {', '.join(methods)}; bless others.")
    return [*_below_reference(*parts, tolerances_path=tolerance, folder=path)]


def _judged(scores: ScoreSet) -> str:
    """Return the split on which methods are judged: people by whom nothing was chosen."""
    return "external" if "external" in set(scores.scores["split"]) else "validation"


def _methods(scores: ScoreSet, chosen: str | Sequence[str] | None) -> list[str]:
    known = [str(name) for name in scores.scores["harmonizer"].unique()]
    if chosen is None:
        return [name for name in known if name not in CONTROLS]
    wanted = [chosen] if isinstance(chosen, str) else list(chosen)
    for name in wanted:
        if name not in known and not _has_failed(scores, name):
            raise InputError(f"{scores.path}: no method {name!r}; {did_you_mean(name, known)}")
    return wanted


def _has_failed(scores: ScoreSet, method: str) -> bool:
    return any(cell.startswith(f"{method}_") for cell in scores.failed)


def _part(scores: ScoreSet, methods: Sequence[str], split: str) -> ScoreSet:
    table = scores.scores
    own = table[table["harmonizer"].isin(methods) & (table["split"] == split)]
    return ScoreSet(
        path=scores.path, scores=own, metrics=scores.metrics, manifest=scores.manifest,
        failed=scores.failed,
    )  # fmt: skip


def _below_reference(
    reference: ScoreSet, run: ScoreSet, *, tolerances_path: str | Path | None, folder: Path
) -> Iterator[str]:
    delta = compare_scores(reference, run, tolerances_for(folder, tolerances_path))
    yield from delta.definitions
    metrics = _metrics(reference) or _metrics(run)
    for row in delta.summary().to_dict("records"):
        name = _name(row["harmonizer"], row["metric"], row["tissue"])
        lost = [f"{row[state]} {state}" for state in (MISSING, TO_NAN) if row[state]]
        if lost:
            yield f"{name}: of {row['rows']} scores {', '.join(lost)}."
    both = delta.rows.dropna(subset=["change"])
    for (method, metric, tissue), own in both.groupby(["harmonizer", "metric", "tissue"]):
        judged = metrics.get(str(metric))
        if judged is None:
            continue
        was, now = (judged.merit(own[f"value_{side}"]).mean() for side in ("reference", "run"))
        limit = float(own["limit"].max())
        if now < was - limit:
            means = own["value_run"].mean(), own["value_reference"].mean()
            yield (
                f"{_name(method, metric, tissue)}: {means[0]:.6g}, and the reference has "
                f"{means[1]:.6g} (tolerance {limit:.2g})."
            )
    yield from _why_missing(run, set(reference.scores["harmonizer"]))


def _below_limits(
    run: ScoreSet, limits: Mapping[str, float], methods: Sequence[str], split: str
) -> Iterator[str]:
    scores = run.scores[run.scores["split"] == split]
    metrics = _metrics(run)
    measured = scores[["metric", "tissue"]].drop_duplicates().itertuples(index=False, name=None)
    keys = {f"{m}/{t}" if t else str(m): (str(m), str(t)) for m, t in measured}
    for key, worst in limits.items():
        if key not in keys:
            raise InputError(f"{run.path}: {key!r} was not measured; {did_you_mean(key, keys)}")
        metric, tissue = keys[key]
        if metric not in metrics:
            raise InputError(f"{run.path}: does not say which way {metric} is better.")
        rows = scores[(scores["metric"] == metric) & (scores["tissue"] == tissue)]
        images = rows[_IMAGE].drop_duplicates()
        for method in methods:
            own = rows[rows["harmonizer"] == method]
            yield from _below_limit(key, metrics[metric], method, own, len(images), float(worst))
    yield from _why_missing(run, set(methods))


def _below_limit(
    key: str, metric: Metric, method: str, own: pd.DataFrame, images: int, worst: float
) -> Iterator[str]:
    values = own["value"].dropna()
    if len(values) < images:
        yield f"{method} {key}: {images - len(values)} of {images} scores are missing or NaN."
    if len(values) and metric.merit(values).mean() < float(metric.merit([worst])[0]):
        yield f"{method} {key}: {np.mean(values):.6g}, and it must {_duty(metric, worst)}."


def _duty(metric: Metric, worst: float) -> str:
    if metric.higher_is_better is None:
        return f"be as near to {metric.best:g} as {worst:g} is"
    return f"be {'at least' if metric.higher_is_better else 'at most'} {worst:g}"


def _why_missing(run: ScoreSet, methods: set[str]) -> Iterator[str]:
    for cell, error in run.failed.items():
        if any(cell.startswith(f"{method}_") for method in methods):
            yield f"{cell} failed: {error}"


def _metrics(scores: ScoreSet) -> dict[str, Metric]:
    return from_records(
        record
        for record in scores.metrics.values()
        if record.get("higher_is_better") is not None or record.get("best") is not None
    )


def _name(method: object, metric: object, tissue: object) -> str:
    return " ".join(str(part) for part in (method, metric, tissue) if part)
