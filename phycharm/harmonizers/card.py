"""What a method says of itself, as data."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Supervision = Literal["paired", "unpaired", "none"]
Scope = Literal["pair", "all", "common-domain"]


@dataclass(frozen=True, kw_only=True)
class MethodCard:
    """Facts on a harmonization method that a reader of a result needs.

    Parameters
    ----------
    name : str
        Under which the method is registered and reported.
    summary : str
        One sentence.
    revision : str
        Changes whenever the same settings would give other images; part of what identifies a fit.
    citation : str
        Paper or program that the method follows; empty where there is none.
    license : str
        Licence of this implementation.
    supervision : {"paired", "unpaired", "none"}
        Whether training needs the same people on both scanners.
    scope : {"pair", "all", "common-domain"}
        Whether one fit serves a pair of scanners, all of them, or maps every scanner to a common
        domain that is none of them.
    needs : tuple of str
        What `fit` wants besides the cohorts, such as `quantitative`.
    maps_preset : str
        Preset of the maps generator that it works with (`corrected`, `paper`), if it needs maps;
        empty for the one that a protocol names.
    trained_on : tuple of str
        Names of datasets it has seen before `fit`; a reader looks for leakage here.
    deviations : tuple of str
        Where the implementation departs from the paper, one sentence each.
    deterministic : bool
        True where the seed changes nothing, so that one fit stands for those of all seeds.
    control : bool
        True for what is no method but a check of the metrics (the target itself, ...).
    variant_of : str
        Name of the method that this one is under other conditions, which is no rival of it; empty
        for a method in its own right.

    Examples
    --------
    >>> card = MethodCard(name="mine", summary="Does it better.", scope="all")
    >>> card.revision, card.supervision
    ('1', 'paired')
    """

    name: str
    summary: str
    revision: str = "1"
    citation: str = ""
    license: str = "MIT"
    supervision: Supervision = "paired"
    scope: Scope = "pair"
    needs: tuple[str, ...] = ()
    maps_preset: str = ""
    trained_on: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    deterministic: bool = False
    control: bool = False
    variant_of: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the card as plain data for JSON."""
        return asdict(self)


def untold_name(method: str) -> str:
    """Name of doing nothing in the domain of a method that maps to a common one."""
    return f"none-in-{method}"
