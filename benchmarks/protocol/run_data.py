"""The data of one run: a dataset, dealt out and put on one intensity scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.cohort import Cohort
from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.data.quantitative import QuantitativeCohort, QuantitativeScan
from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.utils.arrays import Image
from phycharm.utils.progress import progress_bar

from .protocol import Protocol
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
    """

    dataset: BidsDataset
    protocol: Protocol

    @cached_property
    def cohort(self) -> Cohort:
        """All travelling subjects, standardized."""
        standardize = STANDARDIZATIONS[self.protocol.standardization]
        return self.dataset.travelling(self.protocol.scanners).map(standardize)

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
        cohort = self.dataset.quantitative()
        if cohort is None:
            return None
        return cohort.map(STANDARDIZATIONS[self.protocol.standardization])

    @cached_property
    def design(self) -> Design:
        """Folds and external subjects."""
        return design(self.protocol.split, self.cohort.subjects, place=str(self.dataset.root))

    @property
    def scanner_names(self) -> list[str]:
        """Names of the scanners, in the protocol's order."""
        return [scanner.name for scanner in self.cohort.scanners]

    def fold_cohorts(self, fold: Fold, scanners: tuple[str, ...]) -> tuple[Cohort, Cohort]:
        """Return the training and the validation cohort of a fold, on some scanners."""
        chosen = [self.cohort.scanner(name) for name in scanners]
        return (
            self.cohort.subset(subjects=fold.train, scanners=chosen),
            self.cohort.subset(subjects=fold.validation, scanners=chosen),
        )

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
            for scanner in self.cohort.scanners:
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
        total = len(subjects) * len(self.cohort.scanners) + len(measured)
        with progress_bar("checking the images", total) as bar:
            for subject in subjects:
                for scanner in self.cohort.scanners:
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
