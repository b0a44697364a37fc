"""The quantitative cohort: people with T1 maps, from which the maps generator learns."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from ..utils.arrays import Image
from .scan import Scan


@dataclass(frozen=True, kw_only=True)
class QuantitativeScan:
    """A T1-weighted scan with the maps measured in the same session.

    Parameters
    ----------
    scan : Scan
        The MPRAGE.
    t1 : ndarray of float32, shape (X, Y, Z)
        T1 in ms; 0 outside the brain.
    m0 : ndarray of float32, shape (X, Y, Z)
        Equilibrium magnetization divided by its 99th percentile in the brain; 0 outside.
    m0_scale : float
        That percentile: how many of the file's own units an M0 of 1 stands for.
    """

    scan: Scan
    t1: Image
    m0: Image
    m0_scale: float = 1.0


class QuantitativeCohort:
    """People with maps; read when asked for.

    Parameters
    ----------
    subjects : sequence of str
        Labels, without `sub-`.
    load : callable
        `load(subject)` reads one of them.
    """

    def __init__(self, *, subjects: Sequence[str], load: Callable[[str], QuantitativeScan]) -> None:
        self.subjects = tuple(subjects)
        self._load = load

    def __repr__(self) -> str:
        return f"{type(self).__name__}(subjects={list(self.subjects)})"

    def read(self, subject: str) -> QuantitativeScan:
        """Read one subject.

        Raises
        ------
        KeyError
            If the subject is not of this cohort.
        """
        if subject not in self.subjects:
            raise KeyError(f"{self!r} has no subject {subject}")
        return self._load(subject)

    def subset(self, subjects: Iterable[str]) -> Self:
        """Return the part of the cohort with these subjects."""
        return type(self)(subjects=tuple(subjects), load=self._load)

    def map(self, function: Callable[[Scan], Scan]) -> Self:
        """Return a cohort whose T1-weighted scans pass through `function` as they are read."""
        load = self._load

        def load_mapped(subject: str) -> QuantitativeScan:
            one = load(subject)
            return replace(one, scan=function(one.scan))

        return type(self)(subjects=self.subjects, load=load_mapped)
