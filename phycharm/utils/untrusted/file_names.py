"""Names that come from files, and become parts of file names."""

from .printable import printable

_LONGEST = 100
_SEPARATORS = ("/", "\\")


def name_problem(name: str) -> str:
    r"""Say why a name cannot be part of a file name: a phrase, empty if it can.

    Letters of any language, signs and spaces are welcome; what leads to another folder, what a
    terminal would obey and what no text is, are not.

    Parameters
    ----------
    name : str
        Of a person, a scanner, a protocol.

    Examples
    --------
    >>> name_problem("GE"), name_problem("Zürich 2 <b>")
    ('', '')
    >>> name_problem("../../GE")
    'holds / or \\, which would lead to another folder'
    >>> name_problem("GE\n")
    'holds signs that cannot be printed'
    """
    if any(sign in name for sign in _SEPARATORS):
        return "holds / or \\, which would lead to another folder"
    if printable(name, kept="") != name:
        return "holds signs that cannot be printed"
    if len(name) > _LONGEST:
        return f"is longer than {_LONGEST} letters"
    if name.strip(". ") == "":
        return "is empty, or of dots alone"
    return ""
