"""What moved, as Markdown: for a terminal, and for the summary of a CI job."""

import os
from pathlib import Path

from phycharm.benchmarks.statistics.regression import Delta

from ..tables.table import Table
from .delta_tables import moved_table

_MOST = 25
_SUMMARY = "GITHUB_STEP_SUMMARY"


def delta_markdown(delta: Delta) -> str:
    """Write what moved: the finding, its reasons, the measures that went farthest.

    Parameters
    ----------
    delta : Delta
        From `compare_scores`.

    Returns
    -------
    str
        Markdown; ends with a line break.
    """
    parts = [f"**{_plain(delta.headline)}**"]
    if delta.simulated:
        parts.append("Simulated scanners: no person was scanned.")
    told = [*delta.settings, *delta.definitions, *delta.reasons(), *delta.notes]
    parts += ["\n".join(f"- {_plain(sentence)}" for sentence in told)] if told else []
    table = moved_table(delta)
    if table is not None:
        parts.append(_markdown_table(table))
        if len(table.rows) > _MOST:
            parts.append(f"{_MOST} of {len(table.rows)} measures, farthest beyond first.")
    return "\n\n".join(parts) + "\n"


def add_to_step_summary(text: str) -> bool:
    """Append text to the summary of the GitHub job that this runs in.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    bool
        False where no such job asks for a summary; then nothing is written.
    """
    place = os.environ.get(_SUMMARY)
    if not place:
        return False
    with Path(place).open("a", encoding="utf-8") as stream:
        stream.write(text + "\n")
    return True


def _markdown_table(table: Table) -> str:
    heads = [column.text for column in table.columns]
    rows = [[_plain(cell.text) for cell in row] for row in table.rows[:_MOST]]
    details = [[_plain(cell.detail) for cell in row] for row in table.rows[:_MOST]]
    cells = [
        [f"{text} ({more})" if more else text for text, more in zip(row, own, strict=True)]
        for row, own in zip(rows, details, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    rules = [
        "-" * (width - 1) + ":" if column.number else "-" * width
        for column, width in zip(table.columns, widths, strict=True)
    ]
    lines = [heads, rules, *cells]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


def _plain(text: str) -> str:
    """Let no name become markup: neither Markdown's nor HTML's."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for character in "\\`*[]|":
        text = text.replace(character, f"\\{character}")
    return text
