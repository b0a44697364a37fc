"""Datasets on disk: BIDS in, cohorts out."""

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...utils.arrays import Image
from ...utils.json_file import read_object
from ...utils.suggestions import did_you_mean
from ..brain import require_magnitudes
from ..cohort import Cohort
from ..content import require_content
from ..data_tables import dataset_html
from ..datasets.dataset_check import unknown_name
from ..datasets.dataset_file import DatasetFile, load_dataset_file
from ..nifti import read_volume
from ..quantitative import QuantitativeCohort
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles, Kind
from .protocols import ScanProtocol, protocols_of
from .quantitative_reader import QuantitativeReader
from .scan_files import ScanFile, sequence_name
from .scan_reader import ScanReader


class BidsDataset:
    """Travelling subjects, and people with quantitative maps, in one folder.

    Which scanner made an image, and which repeat it is, a dataset file says, or the labels of the
    sessions and the sidecars do (`rules_source` tells what was taken); the plainest case is a
    session for each scanner: `sub-X/ses-SCANNER/anat/sub-X_ses-SCANNER_T1w.nii.gz` with JSON
    sidecars (inheritance principle) and brain masks `*_desc-brain_mask.nii.gz` in any folder of
    `derivatives/`. Subjects with a T1 map are the quantitative cohort, all others travel; who lacks
    some of the scanners stays.

    Parameters
    ----------
    root : str or Path
        Folder that holds `dataset_description.json`, or whatever a dataset file describes.
    acquisitions : dict, optional
        Per scanner, values in ms (degrees, words) that replace what the sidecars and the dataset
        file say.
    rules : DatasetFile, str or Path, optional
        Dataset file; by default the shipped one by which the dataset is recognised, or rules.

    Attributes
    ----------
    given_rules : DatasetFile or None
        The dataset file, where one was given.

    Raises
    ------
    InputError
        If the folder is no dataset, or a folder in it may not be read.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        acquisitions: Mapping[str, Mapping[str, float | str]] | None = None,
        rules: DatasetFile | str | Path | None = None,
    ) -> None:
        self.root = Path(root)
        self._overrides = acquisitions or {}
        given = (
            rules if rules is None or isinstance(rules, DatasetFile) else load_dataset_file(rules)
        )
        self.description = self._read_description()
        self._files = BidsFiles(self.root, self.description, given)
        self._reader = ScanReader(self._files)
        self.given_rules = given
        if not self.description:
            self._require_tree()
        if given is not None and (problem := unknown_name(given, self._files.names)):
            place = rules if isinstance(rules, str | Path) else self.root
            raise InputError(f"{place}: {problem}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    def _repr_html_(self) -> str:
        return dataset_html(self)

    def _read_description(self) -> dict[str, Any]:
        path = self.root / "dataset_description.json"
        if path.is_symlink() or path.is_file():
            return read_object(require_content(path), remedy="correct it")
        if not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder; check the path.")
        return {}

    def _require_tree(self) -> None:
        """Make sure that a folder without description is one that is understood all the same."""
        if not self._files.tree.raw:
            raise InputError(
                f"{self.root}: no dataset_description.json and no images of people, so this is no "
                "BIDS dataset; give the folder that holds them, describe it by a dataset file "
                "([layout]), or make one with `phycharm simulate`."
            )

    @property
    def name(self) -> str:
        """Name of the dataset as it gives it."""
        return str(self.description.get("Name") or self.root.name)

    @property
    def simulated(self) -> bool:
        """Whether `phycharm simulate` made the dataset."""
        told = self.description.get("GeneratedBy", [])
        makers = told if isinstance(told, list) else [told]
        names = [str(one.get("Name", "")).lower() for one in makers if isinstance(one, dict)]
        return any("phycharm" in name and "simul" in name for name in names)

    @property
    def contents(self) -> BidsFiles:
        """The files of the dataset, sorted out; for whoever has to look closer."""
        return self._files

    @property
    def rules(self) -> DatasetFile:
        """What the dataset's names mean: a dataset file, given, recognised or derived."""
        return self._files.rules

    @property
    def rules_source(self) -> str:
        """Where the rules are from, in words."""
        return self._files.rules_source

    def files(self, kind: Kind) -> dict[tuple[str, str], Path]:
        """Return the paths of one kind of image by (subject, scanner), maps by (subject, session).

        Parameters
        ----------
        kind : {"T1w", "mask", "T1map", "inv-2"}
            What to look for.

        Raises
        ------
        InputError
            If several images claim one place, and nothing tells which is meant.
        """
        return dict(self._files.of(kind))

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of every image and sidecar that a benchmark reads, by path in the dataset."""
        return self._files.checksums

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the checksums, and over a dataset file that was given."""
        record: dict[str, Any] = dict(self.checksums)
        if self.given_rules is not None:
            record["dataset file"] = self.given_rules.record()
        return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()

    @cached_property
    def truth_fingerprint(self) -> str:
        """SHA-256 over the truth that simulated people were made of; empty where none is known."""
        files = sorted((self.root / "derivatives" / "truth").rglob("*.nii.gz"))
        if not files:
            return ""
        content = hashlib.sha256()
        for path in files:
            content.update(path.relative_to(self.root).as_posix().encode())
            content.update(hashlib.sha256(path.read_bytes()).digest())
        return content.hexdigest()

    @property
    def quantitative_people(self) -> set[str]:
        """Labels of the people with T1 maps, who do not travel."""
        return set(self._files.maps.people)

    def travelling(self, scanners: Sequence[str] | None = None) -> Cohort:
        """Open the cohort of travelling subjects.

        Parameters
        ----------
        scanners : sequence of str, optional
            Scanners to use; by default all that the travelling subjects were on.

        Returns
        -------
        Cohort
            Everybody who was on one of the scanners; images, masks and sidecars are read when
            asked for.

        Raises
        ------
        InputError
            If fewer than two scanners are there, nobody was on two of them, one that was asked for
            is not there, or a sidecar's value cannot be right.

        Warns
        -----
        UserWarning
            If a scanner has scans by several protocols.
        """
        scans = self._travellers()
        known = sorted({scanner for _, scanner in scans})
        names = list(scanners or known)
        self._require_known(names, known)
        subjects = sorted({who for who, scanner in scans if scanner in names})
        if len(names) < 2 or not subjects:
            raise InputError(self._no_pair(names, subjects))
        if not any(sum((who, name) in scans for name in names) > 1 for who in subjects):
            raise InputError(
                f"{self.root}: nobody was on two of the scanners ({', '.join(names)}), so there is "
                "no pair; `phycharm inspect` shows who was where."
            )
        for kind, labels in (("scanners", names), ("people", subjects)):
            if twins := _alike(labels):
                raise InputError(
                    f"{self.root}: {kind} {' and '.join(twins[:2])} differ in capitals alone, "
                    "which not every file system tells apart; rename one of them."
                )
        opened = [self._scanner(name) for name in names]
        return Cohort(
            subjects=subjects,
            scanners=opened,
            load=partial(self._load, {}),
            has=lambda subject, name: (subject, name) in scans,
        )

    def _travellers(self) -> dict[tuple[str, str], tuple[ScanFile, ...]]:
        """Return the scans of those who travel; a choice that nobody made is refused."""
        quantitative = self.quantitative_people
        torn = [c for (who, _), c in self._files.scans.conflicts.items() if who not in quantitative]
        if torn:
            raise InputError(torn[0])
        chosen = self._files.scans.chosen
        return {key: s for key, s in chosen.items() if key[0] not in quantitative and key[1]}

    def _require_known(self, names: Sequence[str], known: Sequence[str]) -> None:
        for name in names:
            if known and name not in known:
                raise InputError(
                    f"{self.root}: no traveller was on scanner {name!r}; "
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
        if everybody and everybody <= self.quantitative_people:
            return (
                f"{self.root}: no scanner pair: all {len(everybody)} people with T1w images have "
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
            f"{self.root}: no scanner pair (T1w images of scanners {list(names)} in "
            f"{len(subjects)} subjects); at least two sessions ses-SCANNER are needed, or a "
            f"dataset file that says what the sessions are.{''.join(said)}"
        )

    def protocols(self, name: str) -> list[ScanProtocol]:
        """Return the protocols of a scanner, that of most scans first.

        Parameters
        ----------
        name : str
            Of the scanner.

        Raises
        ------
        InputError
            If a sidecar's value cannot be right.
        """
        chosen = self._files.scans.chosen
        scans = [scan for (_, on), found in chosen.items() if on == name for scan in found]
        travel = [scan for scan in scans if scan.subject not in self.quantitative_people]
        return protocols_of([(scan, self._made_by(scan)) for scan in travel or scans])

    def _scanner(self, name: str) -> Scanner:
        protocols = self.protocols(name)
        if len(protocols) > 1:
            others = [scan.path.name for one in protocols[1:] for scan in one.scans]
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            warnings.warn(
                f"{self.root}: {name} changed its protocol (TI, TR or TE differ by more than 5 %): "
                f"{others[0]}{more} differ from {protocols[0].scans[0].path.name}; [[divide]] in a "
                "dataset file makes two scanners of it (`phycharm inspect` shows the scans).",
                stacklevel=3,
            )
        self._warn_of_sequences(name)
        return protocols[0].scanner

    def _warn_of_sequences(self, name: str) -> None:
        """Say if people were scanned by different sequences on one scanner."""
        entity = self.rules.sessions.entity
        scans = [found[0] for (_, on), found in self._travellers().items() if on == name]
        named = {sequence_name(scan.sequence(entity)): scan.path.name for scan in reversed(scans)}
        if len(named) > 1:
            (first, one), (second, other), *_ = sorted(named.items())
            warnings.warn(
                f"{self.root}: people have different sequences on {name}: {first or 'no acq-'} "
                f"({one}) and {second} ({other}); choose by sequence = in a dataset file.",
                stacklevel=4,
            )

    def _made_by(self, scan: ScanFile) -> Scanner:
        own = self.rules.scanners.get(scan.scanner)
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
        """Read the repeat of a travelling subject's scan: the next run, or the next visit.

        Parameters
        ----------
        scan : Scan
            Of this dataset.

        Returns
        -------
        Scan or None
            The same person on the same scanner again, with the scan's mask; None without repeat.

        Raises
        ------
        InputError
            If the repeat does not lie on the scan's grid.
        """
        again = self._files.repeat(scan.subject, scan.scanner.name)
        if again is None:
            return None
        image = self._reader.on_grid(again.path, scan.image.shape, scan.affine)
        require_magnitudes(image, scan.mask, again.path)
        return replace(scan, image=image, session=again.session, scale=1.0, standardization="")

    def true_fractions(self, subject: str) -> npt.NDArray[np.float32] | None:
        """Read the tissue fractions that a simulated subject was made of.

        Parameters
        ----------
        subject : str
            Label, without `sub-`.

        Returns
        -------
        ndarray of float32, shape (3, X, Y, Z), or None
            CSF, GM and WM; None where the truth is not known.
        """
        folder = self._truth(subject)
        paths = [folder / f"sub-{subject}_label-{t}_probseg.nii.gz" for t in ("CSF", "GM", "WM")]
        if not all(path.is_file() for path in paths):
            return None
        return np.stack([read_volume(path)[0] for path in paths])

    def true_maps(self, scan: Scan) -> tuple[Image, Image] | None:
        """Read the maps that a simulated subject was made of.

        Parameters
        ----------
        scan : Scan
            Of this dataset, of the subject in question.

        Returns
        -------
        t1 : ndarray of float32, shape (X, Y, Z)
            True T1 in ms.
        m0 : ndarray of float32, shape (X, Y, Z)
            True M0, arbitrary units. Instead of both None where the truth is not known.

        Raises
        ------
        InputError
            If a map does not lie on the scan's grid.
        """
        folder = self._truth(scan.subject)
        paths = [folder / f"sub-{scan.subject}_{name}map.nii.gz" for name in ("T1", "M0")]
        if not all(path.is_file() for path in paths):
            return None
        t1, m0 = (self._reader.on_grid(path, scan.image.shape, scan.affine) for path in paths)
        return t1 * np.float32(1000), m0

    def _truth(self, subject: str) -> Path:
        return self.root / "derivatives" / "truth" / f"sub-{subject}" / "anat"

    def quantitative(self) -> QuantitativeCohort | None:
        """Open the cohort with T1 maps, or return None where the dataset has none.

        Raises
        ------
        InputError
            If a subject has a T1 map without the MPRAGE and the second MP2RAGE inversion, or
            several that nothing tells apart.
        """
        return self._maps.cohort()

    @property
    def quantitative_scanners(self) -> list[Scanner]:
        """Scanners of the T1-weighted images of the people with maps."""
        return self._maps.scanners

    @property
    def _maps(self) -> QuantitativeReader:
        return QuantitativeReader(self._files, self._reader, self._made_by)


def _alike(names: Sequence[str]) -> list[str]:
    """Return two names that differ in capitals alone; none where all differ more."""
    folded = [name.casefold() for name in names]
    clash = next((name for name in folded if folded.count(name) > 1), None)
    return [name for name in names if name.casefold() == clash]
