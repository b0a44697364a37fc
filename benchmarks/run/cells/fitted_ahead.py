"""What was fitted before its cell was begun."""

from typing import Any, NamedTuple


class FittedAhead(NamedTuple):
    """What was fitted before its cell was begun.

    Parameters
    ----------
    method : Harmonizer or MapsGenerator
        Fitted.
    seconds : float
        How long it took.
    together : int
        How many were fitted together.
    """

    method: Any
    seconds: float
    together: int
