"""Datasets on disk: BIDS in, cohorts out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...utils.arrays import Image
from ...utils.json_file import read_object
from ..cohort import Cohort
from ..content import require_content
from ..data_tables import dataset_html
from ..datasets.dataset_check import unknown_name
from ..datasets.dataset_file import DatasetFile, load_dataset_file
from ..quantitative import QuantitativeCohort
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles, Kind
from .metadata.protocols import ScanProtocol
from .quantitative_reader import QuantitativeReader
from .scan_reader import ScanReader
from .travelling_reader import TravellingReader
from .truth_reader import TruthReader


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
        given = (
            rules if rules is None or isinstance(rules, DatasetFile) else load_dataset_file(rules)
        )
        self.description = self._read_description()
        self._files = BidsFiles(self.root, self.description, given)
        self._reader = ScanReader(self._files)
        self._travellers = TravellingReader(self._files, self._reader, acquisitions or {})
        self._truth = TruthReader(self.root, self._reader)
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
        return self._truth.fingerprint()

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
        return self._travellers.cohort(scanners)

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
        return self._travellers.protocols(name)

    def has_repeat(self, subject: str, scanner: str) -> bool:
        """Whether a person was scanned again on a scanner, by the same sequence."""
        return self._travellers.has_repeat(subject, scanner)

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
        return self._travellers.rescan(scan)

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
        return self._truth.fractions(subject)

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
        return self._truth.maps(scan)

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
        return QuantitativeReader(self._files, self._reader, self._travellers.made_by)
