"""Tables of many cells as one, without holding them all."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from phycharm.utils.atomic import atomic_file

ReadTable = Callable[[Path], pd.DataFrame | None]


def join_tables(parts: Iterable[Path], out: Path, *, read: ReadTable) -> None:
    """Write the rows of several parquet files into one, file by file.

    Parameters
    ----------
    parts : iterable of Path
        The files, in the order in which their rows are to stand.
    out : Path
        Where they go, atomically; it has every column of any of them. Nothing is written where
        there are no files.
    read : callable
        `read(path)` returns the rows of a file, or None to leave it out.
    """
    schemas = {}
    for part in parts:
        found = _schema(part)
        if found is not None:
            schemas[part] = found
        else:
            read(part)  # which says what is wrong with it
    if not schemas:
        return
    schema = pa.unify_schemas(list(schemas.values()), promote_options="default")
    with atomic_file(out) as path, pq.ParquetWriter(path, schema) as writer:
        for part in schemas:
            table = read(part)
            if table is not None:
                whole = table.reindex(columns=schema.names)
                writer.write_table(pa.Table.from_pandas(whole, schema, preserve_index=False))


def _schema(path: Path) -> pa.Schema | None:
    """Return the columns and types of a file, or None where it is damaged."""
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException):
        return None
