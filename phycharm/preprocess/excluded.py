"""A scan that did not come through."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """A scan that was left out.

    Parameters
    ----------
    name : str
        Who and where.
    file : str
        Of the raw dataset.
    reason : str
        In one line.
    """

    name: str
    file: str
    reason: str
