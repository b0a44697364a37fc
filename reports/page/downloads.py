"""Files that the page carries within itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..run.run_view import RunView
from ..tables.table import Table, to_csv, to_latex
from .viewer import pack


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file inside the page: gzip in base64, unpacked when it is asked for."""

    name: str
    title: str
    data: str


def downloads(view: RunView) -> list[Download]:
    """Gather the tables of a run that someone may want to compute with.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Download
        The scores as CSV, to seven significant digits, and those of the maps where there are any.
    """
    tables = {
        "scores": ("Every score, tidy (CSV)", view.content.scores),
        "maps": ("Scores of the T1 and M0 maps (CSV)", view.content.maps),
    }
    return [
        Download(
            name=f"{name}.csv",
            title=title,
            data=pack(table.to_csv(index=False, float_format="%.7g").encode("utf-8")),
        )
        for name, (title, table) in tables.items()
        if len(table)
    ]


def pack_tables(tables: Sequence[Table]) -> str:
    """Pack tables as CSV and LaTeX: JSON by name of table, gzip in base64."""
    texts = {table.name: {"csv": to_csv(table), "tex": to_latex(table)} for table in tables}
    return pack(json.dumps(texts).encode("utf-8"))
