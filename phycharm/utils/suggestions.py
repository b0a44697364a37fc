"""A name that was mistyped, and what is near it."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a phrase with the nearest known name, and all of them.

    Examples
    --------
    >>> did_you_mean("nuyl", ["nyul", "unet"])
    "did you mean 'nyul'? There are: nyul, unet."
    >>> did_you_mean("x", ["nyul", "unet"])
    'there are: nyul, unet.'
    """
    known = sorted(known)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    start = f"did you mean {near[0]!r}? There" if near else "there"
    return f"{start} are: {', '.join(known)}."
