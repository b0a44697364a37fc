"""A run held against a reference: what is missing, what is new, and what moved by how much."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...metrics.catalogue import METRICS
from ...protocol.differences import differences
from .definitions import changed_definitions, undefined_metrics
from .delta import EXTRA, FROM_NAN, MISSING, MOVED, SAME, TO_NAN, WITHIN, Delta
from .score_set import ScoreSet
from .tolerances import Tolerances

KEYS = (
    "protocol", "split", "fold", "source", "target", "subject",
    "harmonizer", "seed", "metric", "tissue",
)  # fmt: skip
"""What tells rows apart. The version of the protocol does not, for one asks what moved by it."""
_MOST_FILES = 3


def compare_scores(reference: ScoreSet, run: ScoreSet, tolerances: Tolerances) -> Delta:
    """Hold the scores of a run against those of a reference.

    Parameters
    ----------
    reference, run : ScoreSet
        As `read_score_set` gives them.
    tolerances : Tolerances
        What may move by how much.

    Returns
    -------
    Delta
        Every row of both, joined on all keys, with its state.
    """
    sides = {"reference": reference.scores, "run": run.scores}
    doubled = {side: scores.duplicated([*KEYS]) for side, scores in sides.items()}
    duplicates = pd.concat(
        [scores.loc[doubled[side], [*KEYS, "value"]].assign(side=side)
         for side, scores in sides.items()],
        ignore_index=True,
    )  # fmt: skip
    single = {side: scores.loc[~doubled[side], [*KEYS, "value"]] for side, scores in sides.items()}
    rows = single["reference"].merge(
        single["run"], how="outer", on=[*KEYS], suffixes=("_reference", "_run"), indicator="side"
    )
    rows = _with_limits(rows, seed_spreads(reference.scores), tolerances)
    return Delta(
        reference=reference,
        run=run,
        rows=rows.drop(columns="side"),
        duplicates=duplicates,
        definitions=changed_definitions(reference.metrics, run.metrics),
        settings=_versions(reference.scores, run.scores),
        notes=_notes(reference, run, tolerances),
    )


def seed_spreads(scores: pd.DataFrame) -> pd.DataFrame:
    """Return how much single scores differ between training seeds.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.

    Returns
    -------
    DataFrame
        Columns `harmonizer`, `metric`, `tissue`, `seed_sd`: the standard deviation over seeds of
        one image's score (`ddof` 1), pooled over images as the root of the mean variance; NaN where
        there was one seed.
    """
    images = [key for key in KEYS if key != "seed"]
    measured = ["harmonizer", "metric", "tissue"]
    variances = scores.groupby(images)[["value"]].var()
    pooled = variances.groupby(measured).mean().pow(0.5)
    return pooled.rename(columns={"value": "seed_sd"}).reset_index()


def _with_limits(rows: pd.DataFrame, spreads: pd.DataFrame, tolerances: Tolerances) -> pd.DataFrame:
    measured = rows[["harmonizer", "metric", "tissue"]].drop_duplicates()
    known = measured.merge(spreads, how="left", on=["harmonizer", "metric", "tissue"])
    elsewhere = [
        tolerances.spread(method, metric)
        for method, metric in zip(known["harmonizer"], known["metric"], strict=True)
    ]
    known["seed_sd"] = known["seed_sd"].fillna(pd.Series(elsewhere, index=known.index, dtype=float))
    known["limit"] = [
        tolerances.limit(method, metric, seed_sd=seed_sd)
        for method, metric, seed_sd in known[["harmonizer", "metric", "seed_sd"]].itertuples(
            index=False
        )
    ]
    rows = rows.merge(known, how="left", on=["harmonizer", "metric", "tissue"])
    was, now = rows["value_reference"], rows["value_run"]
    # Infinite values are the same as themselves, and infinitely far from all others.
    rows["change"] = (now - was).mask(was == now, 0.0)
    there, lost, new = (rows["side"] == side for side in ("both", "left_only", "right_only"))
    conditions = [
        lost,
        new,
        there & was.notna() & now.isna(),
        there & was.isna() & now.notna(),
        rows["change"].abs() > rows["limit"],
        rows["change"].abs() > 0,
    ]
    rows["state"] = np.select(
        conditions, [MISSING, EXTRA, TO_NAN, FROM_NAN, MOVED, WITHIN], default=SAME
    )
    return rows


def _versions(reference: pd.DataFrame, run: pd.DataFrame) -> list[str]:
    columns = ["protocol", "protocol_version"]
    was, now = (
        sorted(f"{name} {version}" for name, version in scores[columns].drop_duplicates().values)
        for scores in (reference, run)
    )
    if was == now or not was or not now:
        return []
    return [f"The protocol is {', '.join(now)}, and the reference is of {', '.join(was)}."]


def _notes(reference: ScoreSet, run: ScoreSet, tolerances: Tolerances) -> list[str]:
    notes = [f"{side}: {note}" for side, one in _sides(reference, run) for note in one.notes]
    tables = (reference.scores, run.scores)
    methods, measured = (
        {str(name) for table in tables for name in table[key]} for key in ("harmonizer", "metric")
    )
    notes += [
        f"The tolerances name {name!r}, of which there is no score."
        for name in tolerances.unknown(methods, measured | {*METRICS})
    ]
    for side, one in _sides(reference, run):
        # Where there are no definitions at all, that is told already.
        notes += [f"{side}: {note}" for note in (undefined_metrics(one) if one.metrics else [])]
    return notes + _other_data(reference, run) + _other_settings(reference, run)


def _sides(reference: ScoreSet, run: ScoreSet) -> list[tuple[str, ScoreSet]]:
    return [("Reference", reference), ("Run", run)]


def _other_data(reference: ScoreSet, run: ScoreSet) -> list[str]:
    was, now = reference.section("dataset"), run.section("dataset")
    if not was.get("fingerprint") or not now.get("fingerprint"):
        return []
    if was["fingerprint"] == now["fingerprint"]:
        return []
    before, after = was.get("checksums"), now.get("checksums")
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return ["The data are not those of the reference, file for file."]
    files = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
    return [f"The data are not those of the reference: {', '.join(files[:_MOST_FILES])}{more}."]


def _other_settings(reference: ScoreSet, run: ScoreSet) -> list[str]:
    was, now = reference.section("protocol"), run.section("protocol")
    if not was or not now:
        return []
    known = {key: value for key, value in now.items() if key in was and key != "version"}
    return [f"Setting: {phrase}." for phrase in differences(known, was)]
