"""Who has lost how much grey matter."""

from collections.abc import Collection, Mapping

from ...errors import InputError

_MOST = 0.5


def parse_atrophy(text: str) -> dict[str, float]:
    """Read `05=0.1,07=0.2`, as the command line has it.

    Parameters
    ----------
    text : str
        Labels of people and the part of the grey matter that each has lost, separated by commas.

    Returns
    -------
    dict
        Part of the grey matter by label; empty for an empty text.

    Raises
    ------
    InputError
        If a part is no `LABEL=FRACTION`, or somebody stands there twice.
    """
    asked: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        label, _, number = part.partition("=")
        try:
            fraction = float(number)
        except ValueError:
            raise InputError(f"atrophy {part!r}: write LABEL=FRACTION, such as 05=0.1.") from None
        if label.strip() in asked:
            raise InputError(f"atrophy {part!r}: sub-{label.strip()} stands there twice.")
        asked[label.strip()] = fraction
    return asked


def require_atrophy(asked: Mapping[str, float], people: Collection[str]) -> None:
    """Make sure that everybody who is to have lost grey matter exists and has some left.

    Parameters
    ----------
    asked : mapping of str to float
        Part of the grey matter's volume that is lost, by label without `sub-`.
    people : collection of str
        Labels of all people.

    Raises
    ------
    InputError
        If a label is nobody's, or a part does not lie between 0 and 0.5.
    """
    for label, fraction in asked.items():
        if label not in people:
            known = ", ".join(sorted(people))
            raise InputError(
                f"atrophy {label}={fraction:g}: nobody has this label; there are {known}."
            )
        if not 0 <= fraction <= _MOST:
            raise InputError(
                f"atrophy {label}={fraction:g}: give a fraction between 0 and {_MOST:g}."
            )
