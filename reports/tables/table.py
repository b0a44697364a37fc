"""A table once, and ways to write it: rows for the page, CSV, LaTeX."""

import csv
import io
from dataclasses import dataclass, field

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "−": "$-$",
    "–": "--",
    "±": r"$\pm$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """Head of a column.

    Parameters
    ----------
    text : str
        What stands in the head.
    number : bool
        Numbers are set flush right.
    measure : str
        Key of the measure that the column belongs to, by which the page filters; or empty.
    hint : str
        Explanation for who hovers or listens.
    """

    text: str
    number: bool = True
    measure: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """One cell.

    Parameters
    ----------
    text : str
        What is printed.
    sort : float or str or None
        What the column is sorted by; undefined values stand last either way.
    detail : str
        Smaller second line: an interval, a spread.
    best : bool
        Among the best of its column.
    colour : str
        A dot of this colour goes before the text.
    """

    text: str
    sort: float | str | None = None
    detail: str = ""
    best: bool = False
    colour: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with what it needs to stand alone.

    Parameters
    ----------
    name : str
        Letters, digits and dashes; the name of its files.
    title : str
        What it shows.
    columns : list of Column
        The head.
    rows : list of list of TableCell
        The body.
    notes : list of str
        Sentences below it: definitions, what a mark means.
    split, direction, measure : str
        What the page filters it by, empty where nothing.
    """

    name: str
    title: str
    columns: list[Column]
    rows: list[list[TableCell]]
    notes: list[str] = field(default_factory=list)
    split: str = ""
    direction: str = ""
    measure: str = ""


def to_csv(table: Table) -> str:
    """Return a table as CSV; a second line of a cell becomes a column of its own.

    Examples
    --------
    >>> rows = [[TableCell(text="U-Net"), TableCell(text="0.93", best=True)]]
    >>> columns = [Column(text="Method", number=False), Column(text="SSIM")]
    >>> print(to_csv(Table(name="t", title="Scores", columns=columns, rows=rows)), end="")
    Method,SSIM
    U-Net,0.93
    """
    details = [any(row[i].detail for row in table.rows) for i in range(len(table.columns))]
    head = []
    for column, detailed in zip(table.columns, details, strict=True):
        head += [column.text, f"{column.text} (detail)"] if detailed else [column.text]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    for row in table.rows:
        line = []
        for cell, detailed in zip(row, details, strict=True):
            line += [_plain(cell.text), _plain(cell.detail)] if detailed else [_plain(cell.text)]
        writer.writerow(line)
    return buffer.getvalue()


def to_latex(table: Table) -> str:
    """Return a table as LaTeX for the booktabs package, the best values in bold."""
    align = "".join("r" if column.number else "l" for column in table.columns)
    lines = [
        r"\begin{table}",
        rf"\caption{{{escape_latex(' '.join([_sentence(table.title), *table.notes]))}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{align}}}",
        r"\toprule",
        " & ".join(escape_latex(column.text) for column in table.columns) + r" \\",
        r"\midrule",
    ]
    lines += [" & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in table.rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def escape_latex(text: str) -> str:
    """Return text with everything that LaTeX would take for a command made harmless."""
    return "".join(_LATEX.get(character, character) for character in text)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _latex_cell(cell: TableCell) -> str:
    text = escape_latex(cell.text)
    text = rf"\textbf{{{text}}}" if cell.best else text
    return f"{text} {{\\small {escape_latex(cell.detail)}}}" if cell.detail else text


def _plain(text: str) -> str:
    # A spreadsheet must not take a name for a formula, and must read a minus as one.
    plain = text.replace("−", "-")
    risky = plain[:1] in ("=", "+", "@", "\t", "\r") or (plain[:1] == "-" and plain[1:2].isalpha())
    return f"'{plain}" if risky else plain
