"""Scores with what their folder says about them, read so that a lack becomes a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from phycharm.errors import InputError

from ...scoring.tables.scores import read_scores
from .references import manifest_of, read_about

_SCORES = "scores.parquet"


@dataclass(frozen=True, kw_only=True)
class ScoreSet:
    """The scores of a results folder, of a reference, or of a table alone.

    Parameters
    ----------
    path : Path
        The folder or the table.
    scores : DataFrame
        The columns of `scores.parquet`; tissues that are not named are empty texts.
    metrics : dict of str to dict
        Records of `metrics.json` by name; empty where nobody wrote them.
    manifest : dict
        Content of `run.json`, or what a reference says of its run; empty where nobody wrote it.
    failed : dict of str to str
        Cells that failed, and why.
    notes : list of str
        What is missing or unreadable, one sentence each.
    """

    path: Path
    scores: pd.DataFrame
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the folder, or of the file."""
        return self.path.resolve().name

    @property
    def simulated(self) -> bool:
        """Whether the folder says that the scanners do not exist."""
        return self.section("dataset").get("simulated") is True

    def section(self, key: str) -> Mapping[str, Any]:
        """Return one table of the manifest, empty where it is missing or of another kind."""
        found = self.manifest.get(key)
        return found if isinstance(found, Mapping) else {}


def read_score_set(path: str | Path) -> ScoreSet:
    """Read scores and what stands beside them.

    Parameters
    ----------
    path : str or Path
        A results folder of this or any earlier version, a reference, or a `scores.parquet`.

    Returns
    -------
    ScoreSet
        With a note for everything that is missing.

    Raises
    ------
    InputError
        If there are no scores, or they are damaged.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        raise InputError(f"{path}: no such folder or file; give a results folder.")
    notes = [f"{path.name} is a table alone: what its metrics meant and which cells failed, nobody "
             "says."]  # fmt: skip
    return ScoreSet(path=path, scores=_scores(path), notes=notes)


def _read_folder(folder: Path) -> ScoreSet:
    if not (folder / _SCORES).is_file():
        raise InputError(
            f"{folder}: holds no {_SCORES}; give the folder of a benchmark run that has scores."
        )
    notes: list[str] = []
    about = read_about(folder)
    manifest = manifest_of(about) if about else _read_json(folder / "run.json", dict, notes)
    status = manifest.get("status")
    if status not in (None, "finished"):
        notes.append(f"The run is not finished ({status}).")
    return ScoreSet(
        path=folder,
        scores=_scores(folder / _SCORES),
        metrics=_by_name(_read_json(folder / "metrics.json", list, notes)),
        manifest=manifest,
        failed={} if about else _failed(folder / "cells", notes),
        notes=notes,
    )


def _scores(path: Path) -> pd.DataFrame:
    scores = read_scores(path)
    return scores.assign(tissue=scores["tissue"].fillna(""))


def _by_name(records: list[Any]) -> dict[str, dict[str, Any]]:
    return {
        record["name"]: record
        for record in records
        if isinstance(record, dict) and isinstance(record.get("name"), str)
    }


def _failed(cells: Path, notes: list[str]) -> dict[str, str]:
    if not cells.is_dir():
        notes.append("cells is missing: which fits failed, nobody says.")
        return {}
    failed = {}
    for path in sorted(cells.glob("[!.]*/cell.json")):
        record = _read_json(path, dict, notes)
        if record.get("status") == "failed":
            failed[path.parent.name] = str(record.get("error", "")) or "no reason was kept"
    return failed


def _read_json(path: Path, kind: type, notes: list[str]) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        notes.append(f"{path.name} is missing.")
        return kind()
    except (OSError, ValueError) as error:
        notes.append(f"{path.name} cannot be read ({' '.join(str(error).split())}).")
        return kind()
    if not isinstance(content, kind):
        notes.append(f"{path.name} does not hold a {kind.__name__}.")
        return kind()
    return content
