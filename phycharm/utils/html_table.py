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
    >>> html_table(["who"], [["<b>"]])
    '<table><tr><th>who</th></tr><tr><td>&lt;b&gt;</td></tr></table>'
    """
    lines = [_row(head, "th")] if head else []
    return f"<table>{''.join([*lines, *(_row(row, 'td') for row in rows)])}</table>"


def _row(cells: Sequence[str], element: str) -> str:
    return f"<tr>{''.join(f'<{element}>{escape(text)}</{element}>' for text in cells)}</tr>"
