"""Reading travelling subjects: who was on which scanners, and the scanners' protocols."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ...errors import InputError
from ...utils.suggestions import did_you_mean
from ..brain import require_magnitudes
from ..cohort import Cohort
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles
from .metadata.protocols import ScanProtocol, protocols_of
from .scan_files import ScanFile, sequence_name
from .scan_reader import ScanReader


class TravellingReader:
    """Reads the travelling subjects of a dataset.

    Parameters
    ----------
    files : BidsFiles
        Of the dataset.
    reader : ScanReader
        Of its volumes.
    acquisitions : mapping
        Per scanner, values in ms (degrees, words) that replace what the sidecars and the dataset
        file say.
    """

    def __init__(
        self,
        files: BidsFiles,
        reader: ScanReader,
        acquisitions: Mapping[str, Mapping[str, float | str]],
    ) -> None:
        self._files = files
        self._reader = reader
        self._overrides = acquisitions
        self._root = files.root

    def cohort(self, scanners: Sequence[str] | None = None) -> Cohort:
        """Open the cohort; see `BidsDataset.travelling`."""
        scans = self._travellers()
        known = sorted({scanner for _, scanner in scans})
        names = list(scanners or known)
        self._require_known(names, known)
        subjects = sorted({who for who, scanner in scans if scanner in names})
        if len(names) < 2 or not subjects:
            raise InputError(self._no_pair(names, subjects))
        if not any(sum((who, name) in scans for name in names) > 1 for who in subjects):
            raise InputError(
                f"{self._root}: nobody was on two of the scanners ({', '.join(names)}), so there "
                "is no pair; `phycharm inspect` shows who was where."
            )
        for kind, labels in (("scanners", names), ("people", subjects)):
            if twins := _alike(labels):
                raise InputError(
                    f"{self._root}: {kind} {' and '.join(twins[:2])} differ in capitals alone, "
                    "which not every file system tells apart; rename one of them."
                )
        opened = [self._scanner(name) for name in names]
        return Cohort(
            subjects=subjects,
            scanners=opened,
            load=partial(self._load, {}),
            has=lambda subject, name: (subject, name) in scans,
        )

    @property
    def _quantitative_people(self) -> set[str]:
        return set(self._files.maps.people)

    def _travellers(self) -> dict[tuple[str, str], tuple[ScanFile, ...]]:
        """Return the scans of those who travel; a choice that nobody made is refused."""
        quantitative = self._quantitative_people
        torn = [c for (who, _), c in self._files.scans.conflicts.items() if who not in quantitative]
        if torn:
            raise InputError(torn[0])
        chosen = self._files.scans.chosen
        return {key: s for key, s in chosen.items() if key[0] not in quantitative and key[1]}

    def _require_known(self, names: Sequence[str], known: Sequence[str]) -> None:
        for name in names:
            if known and name not in known:
                raise InputError(
                    f"{self._root}: no traveller was on scanner {name!r}; "
                    f"{did_you_mean(name, known)}"
                )
        held = {scanner for _, scanner in self._files.scans.chosen}
        unknown = [name for name in self._overrides if name not in {*names, *held}]
        if unknown:
            raise InputError(
                f"[acquisitions.{unknown[0]}]: no such scanner; {did_you_mean(unknown[0], names)}"
            )

    def _no_pair(self, names: Sequence[str], subjects: Sequence[str]) -> str:
        """Say why there is no pair of scanners, and what would help."""
        everybody = {who for who, _ in self._files.scans.chosen}
        if everybody and everybody <= self._quantitative_people:
            return (
                f"{self._root}: no scanner pair: all {len(everybody)} people with T1w images have "
                "a T1 map too, so they are the quantitative people and none travels; write "
                "[quantitative] people = [...], with those who do not travel, into a dataset file "
                "and give it with --dataset-file."
            )
        found = self._files.scans
        hints = {"of other kinds": found.passed_over, "of no scanner by the rules": found.unplaced}
        said = [
            f" {len(images)} T1w images are {what}, such as {images[0].path.name}."
            for what, images in hints.items()
            if images
        ]
        return (
            f"{self._root}: no scanner pair (T1w images of scanners {list(names)} in "
            f"{len(subjects)} subjects); at least two sessions ses-SCANNER are needed, or a "
            f"dataset file that says what the sessions are.{''.join(said)}"
        )

    def protocols(self, name: str) -> list[ScanProtocol]:
        """Return the protocols of a scanner; see `BidsDataset.protocols`."""
        chosen = self._files.scans.chosen
        scans = [scan for (_, on), found in chosen.items() if on == name for scan in found]
        travel = [scan for scan in scans if scan.subject not in self._quantitative_people]
        return protocols_of([(scan, self.made_by(scan)) for scan in travel or scans])

    def _scanner(self, name: str) -> Scanner:
        protocols = self.protocols(name)
        if len(protocols) > 1:
            others = [scan.path.name for one in protocols[1:] for scan in one.scans]
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            warnings.warn(
                f"{self._root}: {name} changed its protocol (TI, TR or TE differ by more than 5 "
                f"%): {others[0]}{more} differ from {protocols[0].scans[0].path.name}; [[divide]] "
                "in a dataset file makes two scanners of it (`phycharm inspect` shows the scans).",
                stacklevel=4,
            )
        self._warn_of_sequences(name)
        return protocols[0].scanner

    def _warn_of_sequences(self, name: str) -> None:
        """Say if people were scanned by different sequences on one scanner."""
        entity = self._files.rules.sessions.entity
        scans = [found[0] for (_, on), found in self._travellers().items() if on == name]
        named = {sequence_name(scan.sequence(entity)): scan.path.name for scan in reversed(scans)}
        if len(named) > 1:
            (first, one), (second, other), *_ = sorted(named.items())
            warnings.warn(
                f"{self._root}: people have different sequences on {name}: {first or 'no acq-'} "
                f"({one}) and {second} ({other}); choose by sequence = in a dataset file.",
                stacklevel=5,
            )

    def made_by(self, scan: ScanFile) -> Scanner:
        """Say which scanner made an image, by its sidecars and what replaces them."""
        own = self._files.rules.scanners.get(scan.scanner)
        given = {**(own.given() if own else {}), **self._overrides.get(scan.scanner, {})}
        return self._files.sidecars.scanner(scan.path, name=scan.scanner, override=given)

    def _load(self, grids: dict[str, tuple[Any, Any]], subject: str, scanner: Scanner) -> Scan:
        """Read one scan; `grids` remembers the first grid seen of each subject."""
        found = self._files.scans.chosen[subject, scanner.name][0]
        return self._reader.scan(grids, found, scanner)

    def has_repeat(self, subject: str, scanner: str) -> bool:
        """Whether a person was scanned again on a scanner, by the same sequence."""
        return self._files.repeat(subject, scanner) is not None

    def rescan(self, scan: Scan) -> Scan | None:
        """Read the repeat of a scan; see `BidsDataset.rescan`."""
        again = self._files.repeat(scan.subject, scan.scanner.name)
        if again is None:
            return None
        image = self._reader.on_grid(again.path, scan.image.shape, scan.affine)
        require_magnitudes(image, scan.mask, again.path)
        return replace(scan, image=image, session=again.session, scale=1.0, standardization="")


def _alike(names: Sequence[str]) -> list[str]:
    """Return two names that differ in capitals alone; none where all differ more."""
    folded = [name.casefold() for name in names]
    clash = next((name for name in folded if folded.count(name) > 1), None)
    return [name for name in names if name.casefold() == clash]
