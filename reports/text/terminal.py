"""Tables for a terminal."""

import io
import textwrap
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from phycharm.utils.untrusted.printable import printable

from ..run.load import load_runs
from ..run.standings import judgement
from ..tables.apart.common_domain import common_domain_table
from ..tables.convergence_table import convergence_table
from ..tables.leaderboard import NOT_RANKED, leaderboard_table
from ..tables.metric_checks import distrusted
from ..tables.table import Table, TableCell
from .verdict import write_verdict

_WIDTH = 100


def leaderboard_text(run_dir: Path) -> str:
    """Print the verdict and the leaderboard of a run.

    Parameters
    ----------
    run_dir : Path
        Folder of the run.

    Returns
    -------
    str
        Plain text, at most 100 columns wide; ends without a line break.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    (view,) = load_runs([run_dir], reference=None)
    verdict = write_verdict(view)
    table = leaderboard_table(view, view.split)
    lines = [verdict.headline, *verdict.details]
    if view.content.simulated:
        lines.insert(0, "SIMULATED SCANNERS: no person was scanned.")
    if table is None:
        return printable("\n".join(map(_wrapped, lines)))
    judged, _ = judgement(view, view.split)
    star = "not shown behind the best" if judged.can_tell else "the best mean; no test was possible"
    footer = [f"* {star}", *distrusted(view, view.headline, view.split)]
    apart = common_domain_table(view, view.split)
    others = ["", *_lines(apart), *map(_wrapped, apart.notes)] if apart else []
    text = [*map(_wrapped, lines), "", *_lines(table), *map(_wrapped, footer), *others]
    return printable("\n".join(text))


def _lines(table: Table) -> list[str]:
    # As the title of the table it would be broken to the table's width, which may be a word's.
    shown = RichTable(box=None, pad_edge=False)
    for column in table.columns:
        side: Literal["left", "right"] = "right" if column.number else "left"
        shown.add_column(Text(column.text), justify=side, no_wrap=not column.number)
    for row in table.rows:
        shown.add_row(*(Text(_marked(cell)) for cell in row))
    buffer = io.StringIO()
    Console(file=buffer, width=_WIDTH, no_color=True, highlight=False).print(shown)
    printed = [line.rstrip() for line in buffer.getvalue().rstrip().splitlines()]
    return [_wrapped(table.title), *printed]


def convergence_text(run_dir: str | Path) -> str:
    """Print what twice the budget gains the methods of a run.

    Parameters
    ----------
    run_dir : str or Path
        Folder of the run.

    Returns
    -------
    str
        Plain text, at most 100 columns wide; ends without a line break.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    (view,) = load_runs([run_dir], reference=None)
    table = convergence_table(view)
    if table is None:
        return "Nobody doubled a budget."
    return printable("\n".join([*_lines(table), *map(_wrapped, table.notes)]))


def _marked(cell: TableCell) -> str:
    """Print a cell; bold and the smaller line are lost in a log, signs take their place."""
    star = "*" if cell.best else ""
    return f"{cell.text}{star}{' (not ranked)' if NOT_RANKED in cell.detail else ''}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width=_WIDTH)
