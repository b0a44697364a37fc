"""The data of one run: a dataset, dealt out and put on one intensity scale.

People need not have been on every scanner. Who was on two of a run's scanners or more takes part,
with what there is of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.cohort import Cohort
from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.data.quantitative import QuantitativeCohort, QuantitativeScan
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.utils.arrays import Image
from phycharm.utils.progress import progress_bar

from .protocol import Protocol
from .sections import Split
from .split import Design, Fold, design


@dataclass(frozen=True)
class RunData:
    """A protocol's view of a dataset.

    Parameters
    ----------
    dataset : BidsDataset
        As it is on disk.
    protocol : Protocol
        Which says who and how.
    mapped : BidsDataset, optional
        Whose people with maps take the place of the dataset's own (see `mapped_people`).
    """

    dataset: BidsDataset
    protocol: Protocol
    mapped: BidsDataset | None = None

    @cached_property
    def cohort(self) -> Cohort:
        """The travelling subjects who were on two scanners or more, standardized.

        Scanners that none of them was on are left out.

        Raises
        ------
        InputError
            If nobody was on two scanners.
        """
        everybody = self._travelling
        able = [s for s in everybody.subjects if len(everybody.scanners_of(s)) > 1]
        if not able:
            names = ", ".join(scanner.name for scanner in everybody.scanners)
            raise InputError(
                f"{self.dataset.root}: nobody was scanned on two of the scanners {names}, so there "
                "is nothing to compare; add scans, or name other scanners in the protocol."
            )
        part = everybody.subset(subjects=able)
        used = [scanner for scanner in part.scanners if part.people(scanner)]
        return part.subset(scanners=used).map(STANDARDIZATIONS[self.protocol.standardization])

    @cached_property
    def _travelling(self) -> Cohort:
        return self.dataset.travelling(self.protocol.scanners)

    @cached_property
    def lacking(self) -> dict[str, list[str]]:
        """Names of the scanners that somebody who takes part was not on, by subject."""
        return {
            subject: [name for name in self.scanner_names if not self.cohort.has(subject, name)]
            for subject in self.cohort.subjects
            if len(self.cohort.scanners_of(subject)) < len(self.cohort.scanners)
        }

    @cached_property
    def bystanders(self) -> list[str]:
        """Who, and which scanner, takes no part, and why; a sentence each."""
        cohort = self._travelling
        idle = [s for s in cohort.subjects if s not in self.cohort.subjects]
        sentences = [
            f"sub-{s} was scanned on {cohort.scanners_of(s)[0].name} alone here and takes no part."
            for s in idle
        ]
        folders = {p.name[4:] for p in self.dataset.root.glob("sub-*") if p.is_dir()}
        mapped = {subject for subject, _ in self.dataset.files("T1map")}
        sentences += [
            f"sub-{s} has no T1w image of a scanner of the run and takes no part."
            for s in sorted(folders - mapped - set(cohort.subjects))
        ]
        unused = [s.name for s in cohort.scanners if s.name not in self.scanner_names]
        return [
            *sentences,
            *(f"Nobody was on {name} and on another scanner: it is left out." for name in unused),
        ]

    @cached_property
    def has_rescans(self) -> bool:
        """Whether anybody who is evaluated was scanned twice on a scanner."""
        people = self.design.evaluated
        sessions = [(person, name) for person in people for name in self.scanner_names]
        return any(self.dataset.has_repeat(*session) for session in sessions)

    def rescan(self, scan: Scan) -> Scan | None:
        """Return the standardized repeat of a scan, or None where the dataset has none."""
        again = self.dataset.rescan(scan)
        standardize = STANDARDIZATIONS[self.protocol.standardization]
        return None if again is None else standardize(again)

    @cached_property
    def quantitative(self) -> QuantitativeCohort | None:
        """All people with maps, their T1w standardized; None where there are none."""
        cohort = (self.mapped or self.dataset).quantitative()
        if cohort is None:
            return None
        return cohort.map(STANDARDIZATIONS[self.protocol.standardization])

    @property
    def quantitative_scanners(self) -> list[Scanner]:
        """Scanners of the T1-weighted images of the people with maps."""
        return (self.mapped or self.dataset).quantitative_scanners

    @property
    def substitutes(self) -> tuple[str, ...]:
        """Whose maps took the place of the dataset's own, in a sentence; none where nobody's."""
        if self.mapped is None:
            return ()
        count = len(self.mapped.quantitative_people)
        people = f"{count} people of {self.mapped.name}"
        if self.mapped.simulated:
            people = f"{count} simulated people: the dataset has nobody with measured maps"
        return (f"T1 and M0 maps were learned from {people}.",)

    @cached_property
    def design(self) -> Design:
        """Folds and external subjects.

        Raises
        ------
        InputError
            If the dataset has not enough subjects, or not those the protocol names.
        """
        cohort = self.cohort
        return design(
            self._split,
            cohort.subjects,
            place=str(self.dataset.root),
            scanners={s: [on.name for on in cohort.scanners_of(s)] for s in cohort.subjects},
        )

    @property
    def _split(self) -> Split:
        """The protocol's split, with the people whom a dataset file names where it only counts."""
        split, named = self.protocol.split, self.dataset.rules.split
        changes: dict[str, tuple[str, ...]] = {}
        if named.training and isinstance(split.training, int):
            changes["training"] = tuple(named.training)
        # Who asks for nobody, as a study of budgets does, gets nobody.
        if named.external and split.external != 0 and not isinstance(split.external, tuple):
            changes["external"] = tuple(named.external)
        return split.model_copy(update=changes)

    @property
    def scanner_names(self) -> list[str]:
        """Names of the scanners, in the protocol's order."""
        return [scanner.name for scanner in self.cohort.scanners]

    def fold_cohorts(
        self, fold: Fold, scanners: Sequence[str], *, whole: bool = False
    ) -> tuple[Cohort, Cohort | None]:
        """Return the training and the validation cohort of a fold, on some scanners.

        Parameters
        ----------
        fold : Fold
            Whose people.
        scanners : sequence of str
            Names of the scanners.
        whole : bool
            Whether whoever was on some of the scanners belongs to it. By default only who was on
            all of them: on both scanners of a pair.

        Returns
        -------
        train : Cohort
            May be empty; where `whole`, without the scanners that nobody of it was on.
        validation : Cohort or None
            None where nobody of it was on two of the scanners.
        """
        named = [self.cohort.scanner(name) for name in scanners]
        if whole:
            learned = self.cohort.subset(subjects=fold.train)
            named = [scanner for scanner in named if learned.people(scanner)]
        part = self.cohort.subset(scanners=named)
        allowed = part.subjects if whole else part.people(*scanners)
        train, validation = (
            [subject for subject in people if subject in allowed]
            for people in (fold.train, fold.validation)
        )
        compared = [s for s in validation if len(part.scanners_of(s)) > 1]
        return part.subset(subjects=train), part.subset(subjects=compared) if compared else None

    def untrained(
        self, fold: Fold, scanners: Sequence[str], *, whole: bool = False
    ) -> dict[tuple[str, str], str]:
        """Say which directions cannot be learned in a fold, and why.

        Parameters
        ----------
        fold : Fold
            Whose training people.
        scanners : sequence of str
            Names of the scanners that a method is fitted to.
        whole : bool
            Whether it learns from everybody who was on some of them, or from whoever was on all.

        Returns
        -------
        dict
            A reason by (source, target); empty where there is somebody to learn from.
        """
        train, _ = self.fold_cohorts(fold, scanners, whole=whole)
        if not whole:
            if train.subjects:
                return {}
            both = len(self.cohort.people(*scanners))
            people = "1 person has" if both == 1 else f"{both} people have"
            reason = f"not trained: {people} both, none to learn from"
            return dict.fromkeys(permutations(scanners, 2), reason)
        unseen = set(scanners) - {scanner.name for scanner in train.scanners}
        return {
            (a, b): f"not trained: nobody to learn from was on {one}"
            for a, b in permutations(scanners, 2)
            if (one := next((name for name in (a, b) if name in unseen), None))
        }

    def quantitative_parts(
        self,
    ) -> tuple[QuantitativeCohort, QuantitativeCohort | None, QuantitativeCohort]:
        """Return the people whose maps are learned from, chosen by, and evaluated on.

        Raises
        ------
        InputError
            If the dataset has too few of them.
        """
        cohort, split = self.quantitative, self.protocol.split
        people = cohort.subjects if cohort else ()
        learned = split.quantitative_training
        chosen = learned + split.quantitative_validation
        if cohort is None or len(people) < chosen:
            raise InputError(
                f"{self.dataset.root}: {len(people)} subjects with T1 maps, and {chosen} are "
                "needed; add some, or lower split.quantitative_training in the protocol."
            )
        validation = cohort.subset(people[learned:chosen]) if chosen > learned else None
        return cohort.subset(people[:learned]), validation, cohort.subset(people[chosen:])

    def true_maps(self) -> Iterator[tuple[QuantitativeScan, dict[str, Image]]]:
        """Read the true maps of the travellers who are evaluated, beside each of their scans.

        Yields
        ------
        one : QuantitativeScan
            A standardized scan, the true T1 in ms, and the true M0 in arbitrary units.
        tissues : dict of ndarray of float32, shape (X, Y, Z)
            True fractions of `CSF`, `GM` and `WM`. Nothing is yielded where the truth is unknown.
        """
        for subject in self.design.evaluated:
            fractions = self.dataset.true_fractions(subject)
            if fractions is None:
                continue
            tissues = dict(zip(("CSF", "GM", "WM"), fractions, strict=True))
            for scanner in self.cohort.scanners_of(subject):
                scan = self.cohort.scan(subject, scanner)
                truth = self.dataset.true_maps(scan)
                if truth is not None:
                    t1, m0 = truth
                    yield QuantitativeScan(scan=scan, t1=t1, m0=m0), tissues

    def read_everything(self, people: Sequence[str] | None = None, *, maps: bool = True) -> None:
        """Read every image once, so that a damaged file is found before hours of training.

        Parameters
        ----------
        people : sequence of str, optional
            Travellers whose scans are used. By default those of the protocol's split, and of who is
            evaluated the repeats and, where it is scored against, the known truth too.
        maps : bool
            Whether a method needs the people with maps; without, they are not even looked for.

        Raises
        ------
        InputError
            At the first image that cannot be used.
        """
        evaluated: Sequence[str] = ()
        if people is None:
            evaluated = self.design.evaluated
            people = [*evaluated, *(one for fold in self.design.folds for one in fold.train)]
        subjects = dict.fromkeys(people)
        quantitative = self.quantitative if maps else None
        measured = quantitative.subjects if quantitative else ()
        total = sum(len(self.cohort.scanners_of(s)) for s in subjects) + len(measured)
        with progress_bar("checking the images", total) as bar:
            for subject in subjects:
                for scanner in self.cohort.scanners_of(subject):
                    scan = self.cohort.scan(subject, scanner)
                    if subject in evaluated:
                        self._read_what_is_scored(scan, maps=maps)
                    bar.advance(detail=f"sub-{subject} {scanner.name}")
            for subject in measured:
                assert quantitative is not None
                quantitative.read(subject)
                bar.advance(detail=f"sub-{subject}")

    def _read_what_is_scored(self, scan: Scan, *, maps: bool) -> None:
        self.rescan(scan)
        if self.protocol.segmenter:
            self.dataset.true_fractions(scan.subject)
        if maps:
            self.dataset.true_maps(scan)
