"""Cells: one fit each; the unit of work, of caching and of resuming."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from phycharm.harmonizers.card import MethodCard


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One harmonizer fitted to some scanners in one fold with one seed.

    Parameters
    ----------
    spec : str
        What the user named: a registered name, `module:Class`, `precomputed:DIR`, ...
    harmonizer : str
        Name in tables and file names.
    scanners : tuple of str
        Fitted to; every ordered pair of them is harmonized.
    whole : bool
        Whether these are all scanners of the protocol, fitted at once.
    fold : int
        From 1.
    seed : int
        Of the protocol.
    case : int, optional
        Loss case of the maps generator, for a method that needs one.
    """

    spec: str
    harmonizer: str
    scanners: tuple[str, ...]
    whole: bool
    fold: int
    seed: int
    case: int | None = None

    @property
    def name(self) -> str:
        """Name of the cell and of its folder."""
        return self._named(self.harmonizer)

    @property
    def lottery(self) -> str:
        """What its random numbers are drawn for: the same for a method on maps of any case."""
        return self._named(self.harmonizer.removesuffix(_suffix(self.case)))

    def _named(self, harmonizer: str) -> str:
        scanners = "all" if self.whole else "-".join(self.scanners)
        return f"{safe_name(harmonizer)}_{scanners}_fold-{self.fold}_seed-{self.seed}"


def plan_cells(
    methods: Mapping[str, MethodCard],
    *,
    scanners: Sequence[str],
    folds: Sequence[int],
    seeds: Sequence[int],
    cases: Callable[[MethodCard], Sequence[int]] = lambda _: (),
) -> Iterator[Cell]:
    """List the cells of a run.

    Parameters
    ----------
    methods : mapping of str to MethodCard
        By what the user named.
    scanners : sequence of str
        All of the run.
    folds, seeds : sequence of int
        Of the protocol; a method that draws nothing is fitted with the first seed alone.
    cases : callable
        `cases(card)` lists the loss cases on whose maps a method runs that needs maps.

    Yields
    ------
    Cell
        Method by method, fold by fold.
    """
    for spec, own in methods.items():
        for card, case in variants(own, cases(own)):
            pairwise = card.scope == "pair"
            groups = list(combinations(scanners, 2)) if pairwise else [tuple(scanners)]
            drawn = seeds[:1] if card.deterministic else seeds
            for seed, fold, group in product(drawn, folds, groups):
                yield Cell(
                    spec=spec,
                    harmonizer=card.name,
                    scanners=group,
                    whole=not pairwise,
                    fold=fold,
                    seed=seed,
                    case=case,
                )


def variants(card: MethodCard, cases: Sequence[int]) -> list[tuple[MethodCard, int | None]]:
    """List what a method runs as: once, or once per loss case of the maps it needs.

    Parameters
    ----------
    card : MethodCard
        The method's own.
    cases : sequence of int
        Loss cases; the first is the method under its own name.

    Returns
    -------
    list of (MethodCard, int or None)
        Cards by the names in tables, and the loss case of the maps.

    Examples
    --------
    >>> card = MethodCard(name="phycharm", summary="Physics.", needs=("maps",))
    >>> [(variant.name, case) for variant, case in variants(card, (4, 1))]
    [('phycharm', 4), ('phycharm-case-1', 1)]
    """
    if "maps" not in card.needs or not cases:
        return [(card, None)]
    first, *others = cases
    named = [
        replace(
            card,
            name=card.name + _suffix(case),
            variant_of=card.name,
            summary=f"{card.summary} Maps of loss case {case} instead of {first}.",
        )
        for case in others
    ]
    return list(zip([card, *named], cases, strict=True))


def _suffix(case: int | None) -> str:
    return f"-case-{case}"


def fingerprint(content: Any) -> str:
    """Return the SHA-256 of plain data; equal content gives equal fingerprints.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    >>> fingerprint({"a": 1})[:12]
    'f9d86028c6e0'
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def safe_name(name: str) -> str:
    """Make a name fit for files: everything but letters, digits, dot and hyphen becomes `-`.

    Examples
    --------
    >>> safe_name("maps case/4")
    'maps-case-4'
    """
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.") or "method"
