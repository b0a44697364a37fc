"""Reading people with T1 maps: the MPRAGE, the map, and M0 from the second inversion."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ...errors import InputError
from ...physics.acquisition import Timing, remedy_for
from ...physics.inversion_recovery import m0_from_inversion
from ...utils.arrays import Image
from ..quantitative import QuantitativeCohort, QuantitativeScan
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles
from .scan_files import ScanFile
from .scan_reader import ScanReader

_LONGEST_T1_S = 50.0
_MS = np.float32(1000)


class QuantitativeReader:
    """Reads the people with T1 maps of a dataset.

    Parameters
    ----------
    files : BidsFiles
        Of the dataset.
    reader : ScanReader
        Of its volumes.
    made_by : callable
        `made_by(scan)` says which scanner made a T1-weighted image.
    """

    def __init__(
        self, files: BidsFiles, reader: ScanReader, made_by: Callable[[ScanFile], Scanner]
    ) -> None:
        self._files = files
        self._reader = reader
        self._made_by = made_by

    @property
    def scanners(self) -> list[Scanner]:
        """Scanners of the T1-weighted images."""
        scans = (self._files.quantitative_scan(who) for who in self._files.maps.people)
        return list(dict.fromkeys(self._made_by(scan) for scan in scans if scan is not None))

    def cohort(self) -> QuantitativeCohort | None:
        """Open the cohort, or return None where nobody has a map.

        Raises
        ------
        InputError
            If somebody lacks the MPRAGE or the second inversion, or has several of one kind that
            nothing tells apart.
        """
        subjects = self._files.maps.people
        for subject in subjects:
            self._t1w(subject)
            self._files.maps.one("T1map", subject)
            self._files.maps.one("inv-2", subject)
        return QuantitativeCohort(subjects=subjects, load=self._load) if subjects else None

    def _t1w(self, subject: str) -> ScanFile:
        scan = self._files.quantitative_scan(subject)
        if scan is None:
            raise InputError(
                f"{self._files.root}: sub-{subject} has a T1map but no T1w image; add it or remove "
                "the map."
            )
        return scan

    def _load(self, subject: str) -> QuantitativeScan:
        found = self._t1w(subject)
        scan = self._reader.scan({}, found, self._made_by(found))
        t1 = self._t1_map(subject, scan)
        m0 = self._m0_map(subject, scan, t1)
        scale = float(np.percentile(m0[scan.mask], 99))
        m0 = np.where(scan.mask, m0 / scale, 0).astype(np.float32)
        return QuantitativeScan(scan=scan, t1=t1, m0=m0, m0_scale=scale)

    def _t1_map(self, subject: str, scan: Scan) -> Image:
        """Read T1 in ms. BIDS wants seconds, and many write ms: the values tell."""
        path = self._files.maps.one("T1map", subject).path
        t1 = self._reader.on_grid(path, scan.image.shape, scan.affine)
        if np.median(t1[scan.mask]) <= _LONGEST_T1_S:
            t1 = t1 * _MS
        return np.where(scan.mask, t1, np.float32(0))

    def _m0_map(self, subject: str, scan: Scan, t1: Image) -> Image:
        path = self._files.maps.one("inv-2", subject).path
        inversion = self._reader.on_grid(path, scan.image.shape, scan.affine)
        times = self._times(path)
        m0: Image = m0_from_inversion(
            torch.from_numpy(inversion),
            torch.from_numpy(t1),
            inversion_time=times.inversion_time,
            repetition_time=times.repetition_time,
        ).numpy()
        return m0

    def _times(self, path: Path) -> Timing:
        given = self._files.rules.quantitative.given()
        told = self._files.sidecars.scanner(path, override=given).acquisition
        for name in ("inversion_time", "repetition_time"):
            if name in told.missing:
                raise InputError(f"{path}: {name} is not known; {remedy_for(name)}.")
        return told.timing
