"""The tables of one cell, written person by person so that memory holds one at a time."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..features import FEATURE_KEYS, FEATURES
from ..volumes import VOLUME_TYPES
from .scores import SCORE_TYPES

_PLACE = {key: VOLUME_TYPES[key] for key in FEATURE_KEYS}
HISTOGRAM_TYPES = _PLACE | {"bin_left": "float64", "bin_right": "float64", "count": "int64"}
"""Columns of `histograms.parquet` in their order, with their pandas types."""
_FEATURE_TYPES = _PLACE | dict.fromkeys(FEATURES, "float64")

Row = Mapping[str, Any]


class CellTables:
    """What is measured of the images of one cell, on its way to the disk; a context manager.

    Parameters
    ----------
    folder : Path
        Of the cell.
    tissues : bool
        Whether tissues are measured, so that there is a table of volumes.
    """

    def __init__(self, folder: Path, *, tissues: bool) -> None:
        types = {"scores": SCORE_TYPES, "histograms": HISTOGRAM_TYPES, "features": _FEATURE_TYPES}
        self._types = types | ({"volumes": VOLUME_TYPES} if tissues else {})
        self._folder = folder
        self._rows: dict[str, list[Row]] = {n: [] for n in self._types if n != "histograms"}
        self._counts: list[pd.DataFrame] = []
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, types in self._types.items():
            path = self._folder / f"{name}.parquet"
            writer = pq.ParquetWriter(path, _table([], types).schema)
            self._writers[name] = self._stack.enter_context(writer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """Keep rows of a table for the person at hand.

        Parameters
        ----------
        name : {"scores", "volumes", "features"}
            Which table; rows of one that is not written are dropped.
        rows : sequence of mapping
            Each with the columns of the table.
        """
        if name in self._rows:
            self._rows[name] += rows

    def count(
        self, place: Row, edges: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]
    ) -> None:
        """Keep the histogram of one image.

        Parameters
        ----------
        place : mapping
            Whose image it is: the columns but those of the bins.
        edges : ndarray of float, shape (N + 1,)
            Of the bins.
        counts : ndarray of int, shape (N,)
            Voxels in each.
        """
        bins = {"bin_left": edges[:-1], "bin_right": edges[1:], "count": counts}
        self._counts.append(pd.DataFrame({**place, **bins}))

    def flush(self) -> None:
        """Write what was kept: the person is over."""
        for name, rows in self._rows.items():
            if rows:
                self._writers[name].write_table(_table(rows, self._types[name]))
                rows.clear()
        if self._counts:
            counted = pd.concat(self._counts, ignore_index=True)
            self._writers["histograms"].write_table(_arrow(counted, HISTOGRAM_TYPES))
            self._counts.clear()


def _table(rows: Sequence[Row], types: Mapping[str, str]) -> pa.Table:
    return _arrow(pd.DataFrame(rows, columns=list(types)), types)


def _arrow(frame: pd.DataFrame, types: Mapping[str, str]) -> pa.Table:
    return pa.Table.from_pandas(frame[list(types)].astype(dict(types)), preserve_index=False)
