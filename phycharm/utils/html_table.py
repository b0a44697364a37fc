"""A table as HTML, in which no name can become code."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as HTML.

    Parameters
    ----------
    head : sequence of str
        Heads of the columns; none for a table without.
    rows : iterable of sequence of str
        Everything is escaped.

    Examples
    --------
    >>> "&lt;b&gt;</td>" in html_table(["who"], [["<b>"]])
    True
    """
    lines = [_row(head, "th")] if head else []
    # Notebooks set tables flush right, as fits numbers alone.
    return f"<table>{''.join([*lines, *(_row(row, 'td') for row in rows)])}</table>"


def _row(cells: Sequence[str], element: str) -> str:
    shown = [f'<{element} style="text-align:left">{escape(text)}</{element}>' for text in cells]
    return f"<tr>{''.join(shown)}</tr>"
