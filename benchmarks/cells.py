"""Cells: one fit each; the unit of work, of caching and of resuming."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from phycharm.card import MethodCard


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
    """

    spec: str
    harmonizer: str
    scanners: tuple[str, ...]
    whole: bool
    fold: int
    seed: int

    @property
    def name(self) -> str:
        """Name of the cell and of its folder."""
        scanners = "all" if self.whole else "-".join(self.scanners)
        return f"{safe_name(self.harmonizer)}_{scanners}_fold-{self.fold}_seed-{self.seed}"


def plan_cells(
    methods: Mapping[str, MethodCard],
    *,
    scanners: Sequence[str],
    folds: Sequence[int],
    seeds: Sequence[int],
) -> Iterator[Cell]:
    """List the cells of a run.

    Parameters
    ----------
    methods : mapping of str to MethodCard
        By what the user named.
    scanners : sequence of str
        All of the run.
    folds, seeds : sequence of int
        Of the protocol.

    Yields
    ------
    Cell
        Method by method, fold by fold.
    """
    for spec, card in methods.items():
        pairwise = card.scope == "pair"
        groups = list(combinations(scanners, 2)) if pairwise else [tuple(scanners)]
        for seed in seeds:
            for fold in folds:
                for group in groups:
                    yield Cell(
                        spec=spec,
                        harmonizer=card.name,
                        scanners=group,
                        whole=not pairwise,
                        fold=fold,
                        seed=seed,
                    )


def fingerprint(content: Any) -> str:
    """Return the SHA-256 of plain data; equal content gives equal fingerprints."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def safe_name(name: str) -> str:
    """Make a name fit for files: everything but letters, digits, dot and hyphen becomes `-`."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.") or "method"
