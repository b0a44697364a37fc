"""Renewing a reference: the scores, what they mean, and why they are other than they were."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from phycharm.errors import InputError
from phycharm.utils.atomic import atomic_folder

from ...scoring.tables.scores import SCORE_TYPES
from .delta import Delta
from .machine_spread import MARGIN, machine_spread, tolerance_text
from .references import ABOUT, TOLERANCE, read_about
from .score_comparison import KEYS, compare_scores
from .score_set import ScoreSet, read_score_set
from .tolerances import tolerances_for
from .toml_text import toml_table

_MOST_NAMED = 12
_OURS = {ABOUT, TOLERANCE, "scores.parquet", "metrics.json", "protocol.toml"}
_NOT_KEPT = ("checksums", "path", "maps_path", "rules")


def bless(
    reference: str | Path,
    run: str | Path,
    *,
    why: str,
    spread: Sequence[str | Path] = (),
    seeds: str | Path | None = None,
) -> Delta | None:
    """Make the scores of a run the reference, and write down why.

    Parameters
    ----------
    reference : str or Path
        Folder of the reference; it is made where there is none. Its history is kept.
    run : str or Path
        Results folder of a finished run in which nothing failed.
    why : str
        Why the scores are other than they were, for those who read the history.
    spread : sequence of str or Path
        Results folders of the same run made elsewhere, from which the tolerances are derived; by
        default those that are there stay.
    seeds : str or Path, optional
        Results folder of the same run with several training seeds, whose spread is written down
        beside the tolerances.

    Returns
    -------
    Delta or None
        What moved since the last reference; None where there was none.

    Raises
    ------
    InputError
        If no reason is given, the run cannot be a reference, or the folder holds something else.
    """
    if not why.strip():
        raise InputError("--why is empty; say why the scores are other than they were.")
    if seeds is not None and not spread:
        raise InputError("--seeds goes with --spread: both are written into the tolerances.")
    folder = Path(reference)
    _require_reference(folder)
    new = read_score_set(run)
    _require_blessable(new)
    delta = None
    if (folder / "scores.parquet").is_file():
        delta = compare_scores(read_score_set(folder), new, tolerances_for(folder))
    others = [read_score_set(path) for path in spread]
    text = _about(new, _history(read_about(folder)), _entry(new, delta, why))
    tolerances = _tolerance_text(new, others, seeds) if others else None
    with atomic_folder(folder) as temporary:
        if folder.is_dir():
            shutil.copytree(folder, temporary, dirs_exist_ok=True)
        scores = new.scores.sort_values([*KEYS])[[*SCORE_TYPES]].astype(SCORE_TYPES)
        scores.to_parquet(temporary / "scores.parquet", index=False, compression="zstd")
        used = [record for name, record in new.metrics.items() if name in set(scores["metric"])]
        (temporary / "metrics.json").write_text(json.dumps(used, indent=1) + "\n", encoding="utf-8")
        (temporary / ABOUT).write_text(text, encoding="utf-8")
        if tolerances is not None:
            (temporary / TOLERANCE).write_text(tolerances, encoding="utf-8")
    return delta


def _require_reference(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; give the folder of a reference.")
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held and ((ABOUT not in held and held != {"protocol.toml"}) or held - _OURS):
        foreign = sorted(held - _OURS) or sorted(held)
        raise InputError(
            f"{folder}: is no reference (it holds {foreign[0]}); give another folder for it."
        )


def _require_blessable(run: ScoreSet) -> None:
    status = run.manifest.get("status")
    if status != "finished":
        what = f"is {status}" if status else "does not say whether it is finished"
        raise InputError(f"{run.path}: the run {what}; only a finished run can be a reference.")
    if not run.metrics:
        raise InputError(f"{run.path}: metrics.json is missing; run the benchmark again.")
    if run.failed:
        cell, error = next(iter(run.failed.items()))
        raise InputError(
            f"{run.path}: {cell} failed ({error}); a reference must not take a failure for the "
            "rule, so mend it or leave the method out."
        )
    if run.scores.empty or run.scores.duplicated([*KEYS]).any():
        what = "holds no scores" if run.scores.empty else "holds scores twice"
        raise InputError(f"{run.path}: {what}; run the benchmark again.")


def _history(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(about.get("history", []))


def _entry(run: ScoreSet, delta: Delta | None, why: str) -> dict[str, Any]:
    environment, hardware = run.section("environment"), run.section("hardware")
    moved = ["the first reference"] if delta is None else what_moved(delta)
    packages = environment.get("packages", {})
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "why": " ".join(why.split()),
        "git_commit": str(environment.get("git_commit", "")),
        "protocol_version": int(run.scores["protocol_version"].max()),
        "phycharm": str(environment.get("phycharm", "")),
        "python": str(environment.get("python", "")),
        "cpu": str(hardware.get("cpu", "")),
        "threads": int(hardware.get("threads", 0)),
        "instructions": str(hardware.get("instructions", "")),
        "device": str(hardware.get("device", "")),
        "packages": {str(k): str(v) for k, v in packages.items()},
        "moved": moved,
    }


def what_moved(delta: Delta) -> list[str]:
    """Say what moved between two sets of scores, farthest beyond its limit first.

    Parameters
    ----------
    delta : Delta
        From `compare_scores`.

    Returns
    -------
    list of str
        A phrase each; the last says how much is not named.
    """
    table = delta.moved_summary()
    phrases = [*delta.settings, *delta.definitions]
    for row in table.head(_MOST_NAMED).to_dict("records"):
        name = " ".join(filter(None, (row["harmonizer"], row["metric"], row["tissue"])))
        phrases.append(f"{name}: {row['mean_reference']:.6g} to {row['mean_run']:.6g}")
    if len(table) > _MOST_NAMED:
        phrases.append(f"and {len(table) - _MOST_NAMED} more of {len(delta.summary())}")
    return phrases or ["nothing"]


def _about(run: ScoreSet, history: list[dict[str, Any]], entry: dict[str, Any]) -> str:
    dataset = {k: v for k, v in run.section("dataset").items() if k not in _NOT_KEPT}
    facts = {"status": "finished", "segmenter": str(run.manifest.get("segmenter", ""))}
    facts["fingerprint"] = str(run.manifest.get("fingerprint", ""))
    parts = [
        "# Scores that a run is held against (`phycharm compare`). Written by `phycharm bless`:\n"
        "# the newest entry of the history stands last.",
        toml_table("run", facts),
        toml_table("run.dataset", dataset),
        *(toml_table("history", one, listed=True) for one in [*history, entry]),
    ]
    return "\n\n".join(parts) + "\n"


def _tolerance_text(run: ScoreSet, others: Sequence[ScoreSet], seeds: str | Path | None) -> str:
    about = [
        f"What the scores of this reference may move: {MARGIN:g} times the largest change of any",
        "single score between the reference and the same run made elsewhere, rounded up to a",
        "digit, and the default at least. Written by `phycharm bless --spread`. Measured on:",
        f"- {_where(run)} (the reference)",
        *(f"- {_where(other)}" for other in others),
    ]
    of_seeds = None if seeds is None else read_score_set(seeds)
    if of_seeds is not None:
        found = ", ".join(map(str, sorted(set(of_seeds.scores["seed"]))))
        about += ["Spread over seeds: standard deviation of one image's score over the training",
                  f"seeds {found}."]  # fmt: skip
    base = tolerances_for(Path("of no reference"))
    return tolerance_text(machine_spread(run, others), base, about, of_seeds)


def _where(run: ScoreSet) -> str:
    environment, hardware = run.section("environment"), run.section("hardware")
    packages = environment.get("packages", {})
    return (
        f"{hardware.get('cpu') or 'unknown processor'}, {hardware.get('threads', '?')} threads, "
        f"torch {packages.get('torch', '?')}, NumPy {packages.get('numpy', '?')}, "
        f"{hardware.get('device', '?')}{_instructions(hardware)}"
    )


def _instructions(hardware: Mapping[str, Any]) -> str:
    found = hardware.get("instructions")
    return f", {found}" if found else ""
