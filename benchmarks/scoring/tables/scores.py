"""The tidy table of scores: its schema, which old files must satisfy for ever."""

from pathlib import Path

import pandas as pd

from phycharm.errors import InputError
from phycharm.utils.atomic import atomic_file

SCORE_TYPES = {
    "protocol": "string",
    "protocol_version": "int64",
    "split": "string",
    "fold": "int64",
    "source": "string",
    "target": "string",
    "subject": "string",
    "harmonizer": "string",
    "seed": "int64",
    "metric": "string",
    "tissue": "string",
    "value": "float64",
}
"""Columns of `scores.parquet` in their order, with their pandas types."""

SPLITS = ("validation", "external")


def score_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Make a table of scores from rows.

    Parameters
    ----------
    rows : list of dict
        Each with the keys of `SCORE_TYPES`.

    Returns
    -------
    DataFrame
        Columns and types of the schema, also without rows.
    """
    return pd.DataFrame(rows, columns=list(SCORE_TYPES)).astype(SCORE_TYPES)


def write_scores(path: Path, scores: pd.DataFrame) -> None:
    """Write scores atomically as parquet."""
    with atomic_file(path) as temporary:
        scores[list(SCORE_TYPES)].astype(SCORE_TYPES).to_parquet(temporary, index=False)


def read_scores(path: Path) -> pd.DataFrame:
    """Read a table of scores that this or any earlier version wrote.

    Parameters
    ----------
    path : Path
        A `scores.parquet`.

    Returns
    -------
    DataFrame
        Columns and types of the schema.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not a table of scores.
    """
    try:
        scores = pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the benchmark first.") from None
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a readable parquet file ({reason}); remove it and run the benchmark "
            "again."
        ) from error
    missing = [column for column in SCORE_TYPES if column not in scores.columns]
    if missing:
        raise InputError(f"{path}: has no column {missing[0]!r}, so it is no table of scores.")
    try:
        return scores[list(SCORE_TYPES)].astype(SCORE_TYPES)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: values of another kind ({error}); it is no table of scores."
        ) from error
