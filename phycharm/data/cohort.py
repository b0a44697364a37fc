"""People scanned on scanners: the data that harmonizers are fitted to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import permutations
from typing import Self

from ..utils.suggestions import did_you_mean
from .data_tables import cohort_html
from .scan import Scan
from .scanner import Scanner


class Cohort:
    """Subjects who were scanned on several scanners; scans are read when asked for.

    Not everybody need have been on every scanner: `has` says who was, `scans` leaves out who was
    not, and `people` lists who was on all of some scanners.

    Parameters
    ----------
    subjects : sequence of str
        Labels, without `sub-`.
    scanners : sequence of Scanner
        On which they were scanned.
    load : callable
        `load(subject, scanner)` reads one scan.
    has : callable, optional
        `has(subject, scanner_name)` says whether a subject was scanned on a scanner; by default
        everybody was on all of them.

    Examples
    --------
    >>> import numpy as np
    >>> from phycharm import Acquisition
    >>> timing = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
    >>> ge, siemens = (Scanner(name=name, acquisition=timing) for name in ("GE", "Siemens"))
    >>> def load(subject, scanner):
    ...     image = np.full((2, 2, 2), 100.0, np.float32)
    ...     return Scan(
    ...         image=image, mask=image > 0, affine=np.eye(4), scanner=scanner, subject=subject
    ...     )
    ...
    >>> people = Cohort(subjects=["01", "02"], scanners=[ge, siemens], load=load)
    >>> people
    Cohort(subjects=['01', '02'], scanners=['GE', 'Siemens'])
    >>> [f"{source.name} to {target.name}" for source, target in people.directions()]
    ['GE to Siemens', 'Siemens to GE']
    >>> float(people.scan("02", ge).image.mean())
    100.0
    >>> people.subset(subjects=["02"])
    Cohort(subjects=['02'], scanners=['GE', 'Siemens'])

    Somebody may lack a scanner:

    >>> def has(subject, scanner_name):
    ...     return (subject, scanner_name) != ("01", "Siemens")
    ...
    >>> partial = Cohort(subjects=["01", "02"], scanners=[ge, siemens], load=load, has=has)
    >>> [scan.subject for scan in partial.scans(siemens)]
    ['02']
    >>> partial.people(ge, siemens)
    ('02',)
    """

    def __init__(
        self,
        *,
        subjects: Sequence[str],
        scanners: Sequence[Scanner],
        load: Callable[[str, Scanner], Scan],
        has: Callable[[str, str], bool] | None = None,
    ) -> None:
        self.subjects = tuple(subjects)
        self.scanners = tuple(scanners)
        self._load = load
        self._has = has

    def __repr__(self) -> str:
        names = [scanner.name for scanner in self.scanners]
        return f"{type(self).__name__}(subjects={list(self.subjects)}, scanners={names})"

    def _repr_html_(self) -> str:
        return cohort_html(self)

    def scan(self, subject: str, scanner: Scanner | str) -> Scan:
        """Read the scan of one subject on one scanner, which may be given by its name.

        Raises
        ------
        KeyError
            If the subject or the scanner is not of this cohort, or the subject was not scanned on
            that scanner.
        """
        if isinstance(scanner, str):
            scanner = self.scanner(scanner)
        if subject not in self.subjects:
            raise KeyError(f"No subject {subject!r}; {did_you_mean(subject, self.subjects)}")
        if scanner not in self.scanners:
            raise KeyError(f"The cohort has no scanner {scanner.name!r} of this acquisition.")
        if not self.has(subject, scanner):
            raise KeyError(
                f"sub-{subject} was not scanned on {scanner.name}; `has` and `people` of the "
                "cohort say who was."
            )
        return self._load(subject, scanner)

    def has(self, subject: str, scanner: Scanner | str) -> bool:
        """Whether a subject of the cohort was scanned on one of its scanners."""
        name = scanner if isinstance(scanner, str) else scanner.name
        return self._has is None or self._has(subject, name)

    def scans(self, scanner: Scanner) -> Iterator[Scan]:
        """Read the scans of everybody who was on one scanner, in the order of the subjects."""
        return (self.scan(subject, scanner) for subject in self.people(scanner))

    def people(self, *scanners: Scanner | str) -> tuple[str, ...]:
        """List who was scanned on all of these scanners, in the order of the subjects."""
        return tuple(s for s in self.subjects if all(self.has(s, one) for one in scanners))

    def scanners_of(self, subject: str) -> tuple[Scanner, ...]:
        """List the scanners that a subject was on, in the order of the scanners."""
        return tuple(scanner for scanner in self.scanners if self.has(subject, scanner))

    def directions(self) -> list[tuple[Scanner, Scanner]]:
        """List every ordered pair (source, target) of the cohort's scanners."""
        return list(permutations(self.scanners, 2))

    def scanner(self, name: str) -> Scanner:
        """Find a scanner by its name.

        Raises
        ------
        KeyError
            If no scanner has that name.
        """
        for scanner in self.scanners:
            if scanner.name == name:
                return scanner
        known = [scanner.name for scanner in self.scanners]
        raise KeyError(f"No scanner {name!r}; {did_you_mean(name, known)}")

    def subset(
        self,
        *,
        subjects: Iterable[str] | None = None,
        scanners: Iterable[Scanner] | None = None,
    ) -> Self:
        """Return the part of the cohort with these subjects and scanners (default: all).

        Who was on none of the scanners that are named is left out.
        """
        kept = self.subjects if subjects is None else tuple(subjects)
        if scanners is None:
            return self._part(kept, self.scanners)
        named = tuple(scanners)
        if self._has is not None:
            kept = tuple(s for s in kept if any(self.has(s, scanner) for scanner in named))
        return self._part(kept, named)

    def _part(self, subjects: tuple[str, ...], scanners: tuple[Scanner, ...]) -> Self:
        return type(self)(subjects=subjects, scanners=scanners, load=self._load, has=self._has)

    def map(self, function: Callable[[Scan], Scan]) -> Self:
        """Return a cohort whose scans pass through `function` as they are read."""
        load = self._load
        return type(self)(
            subjects=self.subjects,
            scanners=self.scanners,
            load=lambda subject, scanner: function(load(subject, scanner)),
            has=self._has,
        )
