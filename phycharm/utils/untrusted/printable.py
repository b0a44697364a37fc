"""Text that a terminal shows and does not obey."""

import unicodedata
from typing import TextIO

# Controls, marks that turn the direction of writing, halves of signs, separators of lines.
_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str, *, kept: str = "\n\t") -> str:
    r"""Write signs that a terminal would obey as the escapes by which Python writes them.

    Names of files, people and scanners come from elsewhere, and may hold a terminal's commands:
    for colours, the title, what is on the clipboard.

    Parameters
    ----------
    text : str
        What is to be printed.
    kept : str
        Signs that stay what they are; none for a text that has to be one line.

    Examples
    --------
    >>> print(printable("GE \x1b[31mred\x1b[0m, file \udcff.nii\nline"))
    GE \x1b[31mred\x1b[0m, file \udcff.nii
    line
    """
    if text.isprintable():
        return text
    return "".join(_shown(sign, kept) for sign in text)


def say(text: object = "", *, file: TextIO | None = None) -> None:
    """Print a text; whatever it holds, a terminal only shows it.

    Parameters
    ----------
    text : object
        What is to be printed.
    file : text stream, optional
        Where to; by default standard output.
    """
    print(printable(str(text)), file=file, flush=file is not None)


def _shown(sign: str, kept: str) -> str:
    if sign in kept or unicodedata.category(sign) not in _OBEYED:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
