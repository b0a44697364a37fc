"""Volumes and features that a run kept, and what to say where it kept none."""

from pathlib import Path
from typing import Any

import pandas as pd

VOLUME_COLUMNS = (
    "split", "fold", "source", "target", "subject", "harmonizer", "seed", "tissue",
    "volume_ml", "true_ml", "known_loss",
)  # fmt: skip
FEATURE_KEYS = VOLUME_COLUMNS[:7]

_WHOLE = ("fold", "seed")
_VOLUME = "volume_difference_ml"


def read_volumes(path: Path, scores: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Read the volumes of a run.

    Parameters
    ----------
    path : Path
        A `volumes.parquet`.
    scores : DataFrame
        Scores of the run, which tell whether there should be volumes.
    notes : list of str
        Gets a sentence where they are missing or cannot be used.

    Returns
    -------
    DataFrame
        Columns `VOLUME_COLUMNS`; without rows where there are none.
    """
    empty = pd.DataFrame({name: pd.Series(dtype=_kind(name)) for name in VOLUME_COLUMNS})
    if not path.is_file():
        if (scores["metric"] == _VOLUME).any():
            notes.append(
                "volumes.parquet is missing: the version that made this run kept differences of "
                "volumes alone, so the reliability of volumes over scanners is not known."
            )
        return empty
    table = _read(path, VOLUME_COLUMNS, notes)
    return empty if table is None else table.loc[:, list(VOLUME_COLUMNS)]


def read_features(path: Path, scores: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Read the features of a run's images.

    Parameters
    ----------
    path : Path
        A `features.parquet`.
    scores : DataFrame
        Scores of the run; without any, features are not missed.
    notes : list of str
        Gets a sentence where they are missing or cannot be used.

    Returns
    -------
    DataFrame
        Columns `FEATURE_KEYS`, then whatever features there are.
    """
    empty = pd.DataFrame({name: pd.Series(dtype=_kind(name)) for name in FEATURE_KEYS})
    if not path.is_file():
        if len(scores):
            notes.append(
                "features.parquet is missing: the version that made this run kept no features of "
                "images, so whether a classifier still tells the scanners is not known."
            )
        return empty
    table = _read(path, FEATURE_KEYS, notes)
    return empty if table is None else table


def _read(path: Path, columns: tuple[str, ...], notes: list[str]) -> pd.DataFrame | None:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        notes.append(f"{path.name} cannot be read ({str(error).partition(chr(10))[0]}).")
        return None
    absent = [name for name in columns if name not in table]
    if absent:
        notes.append(f"{path.name} lacks the columns {', '.join(absent)} and is left out.")
        return None
    return pd.DataFrame({str(name): _typed(str(name), table[name]) for name in table})


def _typed(name: str, column: pd.Series) -> Any:
    """Text stays text even where it looks like a number; everything else is a number."""
    if name in _WHOLE:
        return pd.to_numeric(column, errors="coerce").fillna(-1).astype("int64")
    if _kind(name) == "str":
        return column.astype("object").where(column.notna(), "").astype("str")
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    return found.where(found.abs() < float("inf"))


def _kind(name: str) -> str:
    if name in _WHOLE:
        return "int64"
    return "str" if name in (*FEATURE_KEYS, "tissue") else "float64"
