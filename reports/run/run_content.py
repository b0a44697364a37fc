"""A results folder, read so that whatever is missing becomes a sentence and not an error."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from phycharm.benchmarks.statistics import SCORE_COLUMNS
from phycharm.errors import InputError

from .cell_records import CellRecord, read_cells, read_history
from .reliability.kept_tables import FEATURE_KEYS, VOLUME_COLUMNS, read_features, read_volumes

HISTOGRAM_COLUMNS = (*SCORE_COLUMNS[2:9], "bin_left", "bin_right", "count")
MAP_COLUMNS = (
    "case", "preset", "cohort", "subject", "map", "source", "seed", "metric", "tissue", "value",
)  # fmt: skip
_LATER_MAP_COLUMNS = {"cohort": "quantitative"}
CONVERGENCE_COLUMNS = (
    "harmonizer", "fold", "seed", "metric", "source", "target", "subject",
    "steps", "value", "value_doubled",
)  # fmt: skip
_NUMBERS = ("value", "value_doubled", "steps", "count", "bin_left", "bin_right")
_SIGNS = ("run.json", "methods.json", "scores.parquet", "cells")
_WHOLE = ("fold", "seed", "protocol_version", "case")


@dataclass(frozen=True, kw_only=True)
class RunContent:
    """Everything a run folder holds, images excepted: those are read when they are drawn.

    Parameters
    ----------
    path : Path
        The run folder.
    manifest, methods : dict
        Content of run.json and methods.json; empty where the file is missing.
    metrics : list of dict
        Content of metrics.json.
    scores, histograms, maps : DataFrame
        The tables of the same names, with all their columns even when empty.
    convergence : DataFrame
        The table of the same name; without rows where nobody doubled a budget.
    cells : tuple of CellRecord
        Fits, done and failed.
    history : DataFrame
        Training curves of all cells: the columns of history.csv after `cell`, `harmonizer`, `case`.
    notes : list of str
        What is missing or unreadable, one sentence each.
    volumes, features : DataFrame
        The tables of the same names; without rows where a run of before kept none.
    """

    path: Path
    manifest: Mapping[str, Any]
    methods: Mapping[str, Mapping[str, Any]]
    metrics: Sequence[Mapping[str, Any]]
    scores: pd.DataFrame
    histograms: pd.DataFrame
    maps: pd.DataFrame
    convergence: pd.DataFrame
    cells: tuple[CellRecord, ...]
    history: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    volumes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*VOLUME_COLUMNS]))
    features: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*FEATURE_KEYS]))

    @property
    def name(self) -> str:
        """Name of the run: that of its folder."""
        return self.path.resolve().name

    def section(self, key: str) -> Mapping[str, Any]:
        """Return one table of the manifest, empty where it is missing or of another kind."""
        found = self.manifest.get(key)
        return found if isinstance(found, Mapping) else {}

    @property
    def reference(self) -> str:
        """Method that the protocol compares with every other; PhyCHarm where it names none."""
        settings = self.section("protocol").get("statistics")
        named = settings.get("reference") if isinstance(settings, Mapping) else None
        return named if isinstance(named, str) and named else "phycharm"

    @property
    def simulated(self) -> bool:
        """Whether the scanners of this run do not exist."""
        return self.section("dataset").get("simulated") is True


def read_run(path: Path) -> RunContent:
    """Read a results folder.

    Parameters
    ----------
    path : Path
        The run folder, as written in the documentation of the results folder.

    Returns
    -------
    RunContent
        With empty tables and a note for everything that is missing.

    Raises
    ------
    InputError
        If there is no such folder, or it is one of something else.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such results folder; give the folder of a benchmark run.")
    _require_no_other(path)
    notes: list[str] = []
    cells = read_cells(path / "cells", notes)
    methods = _read_json(path / "methods.json", dict, notes)
    scores = _read_scores(path / "scores.parquet", notes)
    return RunContent(
        path=path,
        manifest=_read_json(path / "run.json", dict, notes),
        methods={str(k): v for k, v in methods.items() if isinstance(v, dict)},
        metrics=_records(_read_json(path / "metrics.json", list, notes)),
        scores=scores,
        histograms=_read_table(path / "histograms.parquet", HISTOGRAM_COLUMNS, notes),
        maps=_read_table(path / "maps.parquet", MAP_COLUMNS, [], later=_LATER_MAP_COLUMNS),
        convergence=_read_convergence(path / "convergence.parquet", notes),
        cells=cells,
        history=read_history(cells, notes),
        volumes=read_volumes(path / "volumes.parquet", scores, notes),
        features=read_features(path / "features.parquet", scores, notes),
        notes=notes,
    )


def _require_no_other(path: Path) -> None:
    """Refuse a folder that is full of something else; an empty one may be a run to come."""
    held = {child.name for child in path.iterdir()} - {"report.html"}
    if held and not held & {*_SIGNS}:
        raise InputError(
            f"{path}: is no results folder, for it holds none of {', '.join(_SIGNS)}; give the "
            "folder of a benchmark run."
        )


def _records(content: list[Any]) -> list[dict[str, Any]]:
    return [r for r in content if isinstance(r, dict) and isinstance(r.get("name"), str)]


def _read_json(path: Path, kind: type, notes: list[str]) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        notes.append(f"{path.name} is missing.")
        return kind()
    except (OSError, ValueError, RecursionError) as error:
        notes.append(f"{path.name} cannot be read ({error}).")
        return kind()
    if not isinstance(content, kind):
        notes.append(f"{path.name} does not hold a {kind.__name__}.")
        return kind()
    return content


def _read_table(
    path: Path,
    columns: Sequence[str],
    notes: list[str],
    *,
    later: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read a table; columns that earlier versions did not write (`later`) get what they meant."""
    empty = pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in columns})
    if not path.is_file():
        notes.append(f"{path.name} is missing.")
        return empty
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        notes.append(f"{path.name} cannot be read ({reason}).")
        return empty
    table = table.assign(**{n: v for n, v in (later or {}).items() if n not in table})
    absent = [name for name in columns if name not in table]
    if absent:
        notes.append(f"{path.name} lacks the columns {', '.join(absent)} and is left out.")
        return empty
    return _typed(table.loc[:, list(columns)])


def _read_convergence(path: Path, notes: list[str]) -> pd.DataFrame:
    # Most runs have none, which is no lack; a damaged one is.
    return _read_table(path, CONVERGENCE_COLUMNS, notes if path.is_file() else [])


def _dtype(column: str) -> str:
    return "float64" if column in _NUMBERS else "int64" if column in _WHOLE else "str"


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Bring every column to its own type: text stays text even where it looks like a number."""
    typed: dict[str, Any] = {}
    for name in map(str, table):
        column = table[name]
        if name in _NUMBERS:
            typed[name] = pd.to_numeric(column, errors="coerce").astype("float64")
        elif name in _WHOLE:
            typed[name] = pd.to_numeric(column, errors="coerce").fillna(-1).astype("int64")
        else:
            typed[name] = column.astype("object").where(column.notna(), "").astype("str")
    return pd.DataFrame(typed)


def _read_scores(path: Path, notes: list[str]) -> pd.DataFrame:
    scores = _read_table(path, SCORE_COLUMNS, notes)
    infinite = np.isinf(scores["value"])
    if infinite.any():
        names = ", ".join(sorted(set(scores.loc[infinite, "metric"])))
        notes.append(f"{int(infinite.sum())} infinite values of {names} are left out.")
        scores["value"] = scores["value"].mask(infinite)
    if path.is_file() and scores.empty:
        notes.append("scores.parquet holds no scores yet.")
    for (metric, tissue), values in scores.groupby(["metric", "tissue"])["value"]:
        if values.isna().all():
            label = f"{metric} ({tissue})" if tissue else str(metric)
            notes.append(f"Every value of {label} is undefined (NaN).")
    return scores
