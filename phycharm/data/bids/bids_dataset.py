"""Datasets on disk: BIDS in, cohorts out."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ...errors import InputError
from ...physics.acquisition import Acquisition
from ...physics.inversion_recovery import m0_from_inversion
from ...utils.arrays import Image, Mask
from ...utils.json_file import read_object
from ...utils.suggestions import did_you_mean
from ..brain import read_mask, require_magnitudes
from ..cohort import Cohort
from ..data_tables import dataset_html
from ..nifti import other_grid, read_volume
from ..quantitative import QuantitativeCohort, QuantitativeScan
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles, Kind
from .sidecar import read_scanner

_TIMING_TOLERANCE = 0.05
_LONGEST_T1_S = 50.0


class BidsDataset:
    """Travelling subjects, and people with quantitative maps, in one BIDS folder.

    Sessions are scanners: `sub-X/ses-SCANNER/anat/sub-X_ses-SCANNER_T1w.nii.gz` with JSON sidecars
    (inheritance principle) and brain masks `*_desc-brain_mask.nii.gz` in any folder of
    `derivatives/`. Subjects with a T1 map are the quantitative cohort, all others travel.

    Parameters
    ----------
    root : str or Path
        Folder that holds `dataset_description.json`.
    acquisitions : dict, optional
        Per scanner, values in ms (degrees, words) that replace what the sidecars say.

    Raises
    ------
    InputError
        If the folder is no BIDS dataset.
    """

    def __init__(
        self, root: str | Path, *, acquisitions: dict[str, dict[str, float | str]] | None = None
    ) -> None:
        self.root = Path(root)
        self._overrides = acquisitions or {}
        self.description = self._read_description()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    def _repr_html_(self) -> str:
        return dataset_html(self)

    def _read_description(self) -> dict[str, Any]:
        path = self.root / "dataset_description.json"
        if not path.is_file():
            raise InputError(
                f"{self.root}: no dataset_description.json, so this is no BIDS dataset; give the "
                "folder that holds it, or make one with `phycharm simulate`."
            )
        return read_object(path, remedy="correct it")

    @property
    def name(self) -> str:
        """Name of the dataset as it gives it."""
        return str(self.description.get("Name", self.root.name))

    @property
    def simulated(self) -> bool:
        """Whether `phycharm simulate` made the dataset."""
        makers = self.description.get("GeneratedBy", [])
        found = [one for one in makers if isinstance(one, dict)] if isinstance(makers, list) else []
        names = [str(maker.get("Name", "")).lower() for maker in found]
        return any("phycharm" in name and "simul" in name for name in names)

    @cached_property
    def _files(self) -> BidsFiles:
        return BidsFiles(self.root)

    def files(self, kind: Kind) -> dict[tuple[str, str], Path]:
        """Return the paths of one kind of image by (subject, session).

        Parameters
        ----------
        kind : {"T1w", "mask", "T1map", "inv-2"}
            What to look for.
        """
        return dict(self._files.of(kind))

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of every image and sidecar that a benchmark reads, by path in the dataset."""
        return self._files.checksums

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the checksums."""
        return hashlib.sha256(json.dumps(self.checksums, sort_keys=True).encode()).hexdigest()

    def travelling(self, scanners: Sequence[str] | None = None) -> Cohort:
        """Open the cohort of travelling subjects.

        Parameters
        ----------
        scanners : sequence of str, optional
            Sessions to use as scanners; by default all that the travelling subjects have.

        Returns
        -------
        Cohort
            Every subject has every scanner; images, masks and sidecars are read when asked for.

        Raises
        ------
        InputError
            If fewer than two scanners are there, a subject lacks one, or an acquisition is
            incomplete.
        """
        quantitative = {subject for subject, _ in self._files.of("T1map")}
        images = {key: p for key, p in self._files.of("T1w").items() if key[0] not in quantitative}
        subjects = sorted({subject for subject, _ in images})
        names = list(scanners or sorted({session for _, session in images if session}))
        if len(names) < 2 or not subjects:
            raise InputError(
                f"{self.root}: no scanner pair (T1w images of sessions {names} in "
                f"{len(subjects)} subjects); at least two sessions ses-SCANNER are needed."
            )
        self._require_complete(subjects, names, images)
        unknown = [name for name in self._overrides if name not in names]
        if unknown:
            raise InputError(
                f"[acquisitions.{unknown[0]}]: no such scanner; {did_you_mean(unknown[0], names)}"
            )
        opened = [self._scanner(name, [images[s, name] for s in subjects]) for name in names]
        return Cohort(subjects=subjects, scanners=opened, load=partial(self._load, {}))

    def _require_complete(
        self, subjects: list[str], names: list[str], images: dict[tuple[str, str], Path]
    ) -> None:
        for name in names:
            missing = [subject for subject in subjects if (subject, name) not in images]
            if missing:
                raise InputError(
                    f"{self.root}: sub-{missing[0]} has no T1w image of ses-{name}; add it, "
                    "remove the subject, or leave the scanner out of the protocol."
                )

    def _scanner(self, name: str, images: list[Path]) -> Scanner:
        override = self._overrides.get(name)
        scanners = [read_scanner(path, self.root, override=override) for path in images]
        first = scanners[0]
        for path, other in zip(images, scanners, strict=True):
            if not _same_timing(first.acquisition, other.acquisition):
                raise InputError(
                    f"{path}: TI, TR or TE differ by more than 5 % from {images[0].name}; give "
                    "scans of another protocol a session (ses-) of their own."
                )
        return first

    def _load(self, grids: dict[str, tuple[Any, Any]], subject: str, scanner: Scanner) -> Scan:
        """Read one scan; `grids` remembers the first grid seen of each subject."""
        path = self._files.of("T1w")[subject, scanner.name]
        image, affine = read_volume(path)
        shape, first_affine = grids.setdefault(subject, (image.shape, affine))
        if difference := other_grid(image.shape, affine, shape, first_affine):
            raise InputError(
                f"{path}: is on another grid than the subject's other scans, for it {difference}; "
                "register and resample them to one grid."
            )
        mask = self._read_mask(subject, scanner.name, image.shape, affine, of=path)
        require_magnitudes(image, mask, path)
        return Scan(
            image=image,
            mask=mask,
            affine=affine,
            scanner=scanner,
            subject=subject,
            session=scanner.name,
        )

    def _read_mask(
        self,
        subject: str,
        session: str,
        shape: tuple[int, ...],
        affine: npt.NDArray[np.float64],
        *,
        of: Path,
    ) -> Mask:
        path = self._files.of("mask").get((subject, session))
        if path is None:
            raise InputError(
                f"{self.root}: no brain mask for sub-{subject} ses-{session}; put "
                f"sub-{subject}_ses-{session}_desc-brain_mask.nii.gz into a folder of derivatives/."
            )
        return read_mask(path, shape=shape, affine=affine, of=of)

    @staticmethod
    def _read_on_grid(path: Path, shape: tuple[int, ...], affine: npt.NDArray[np.float64]) -> Image:
        """Read a volume that must lie on the grid of the image it belongs to."""
        volume, own = read_volume(path)
        if difference := other_grid(volume.shape, own, shape, affine):
            raise InputError(
                f"{path}: is on another grid than the image it belongs to, for it {difference}; "
                "resample it to the image."
            )
        return volume

    def has_repeat(self, subject: str, session: str) -> bool:
        """Whether a session holds a second run of its T1w image."""
        return self._files.repeat(subject, session) is not None

    def rescan(self, scan: Scan) -> Scan | None:
        """Read the repeat (the next run) of a travelling subject's scan.

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
        path = self._files.repeat(scan.subject, scan.session)
        if path is None:
            return None
        image = self._read_on_grid(path, scan.image.shape, scan.affine)
        require_magnitudes(image, scan.mask, path)
        return replace(scan, image=image, scale=1.0, standardization="")

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
        t1, m0 = (self._read_on_grid(path, scan.image.shape, scan.affine) for path in paths)
        return t1 * np.float32(1000), m0

    def _truth(self, subject: str) -> Path:
        return self.root / "derivatives" / "truth" / f"sub-{subject}" / "anat"

    def quantitative(self) -> QuantitativeCohort | None:
        """Open the cohort with T1 maps, or return None where the dataset has none.

        Raises
        ------
        InputError
            If a subject has a T1 map without the MPRAGE and the second MP2RAGE inversion.
        """
        subjects = sorted({subject for subject, _ in self._files.of("T1map")})
        for subject in subjects:
            for kind in ("T1w", "inv-2"):
                self._quantitative_file(kind, subject)
        if not subjects:
            return None
        return QuantitativeCohort(subjects=subjects, load=self._load_quantitative)

    def _quantitative_file(self, kind: Kind, subject: str) -> Path:
        for (owner, _), path in self._files.of(kind).items():
            if owner == subject:
                return path
        raise InputError(
            f"{self.root}: sub-{subject} has a T1map but no {kind} image; add it or remove the map."
        )

    def _load_quantitative(self, subject: str) -> QuantitativeScan:
        t1w_path = self._quantitative_file("T1w", subject)
        scanner = read_scanner(t1w_path, self.root)
        scan = self._load({}, subject, scanner)
        grid = scan.image.shape, scan.affine
        t1_path = self._quantitative_file("T1map", subject)
        t1_seconds = self._read_on_grid(t1_path, *grid)
        if np.median(t1_seconds[scan.mask]) > _LONGEST_T1_S:
            raise InputError(
                f"{t1_path}: T1 seems to be in ms; BIDS wants seconds, so divide by 1000."
            )
        inv2_path = self._quantitative_file("inv-2", subject)
        inv2 = self._read_on_grid(inv2_path, *grid)
        times = read_scanner(inv2_path, self.root).acquisition
        t1 = np.where(scan.mask, t1_seconds * np.float32(1000), np.float32(0))
        m0 = m0_from_inversion(
            torch.from_numpy(inv2),
            torch.from_numpy(t1),
            inversion_time=times.inversion_time,
            repetition_time=times.repetition_time,
        ).numpy()
        m0_scale = float(np.percentile(m0[scan.mask], 99))
        m0 = np.where(scan.mask, m0 / m0_scale, 0).astype(np.float32)
        return QuantitativeScan(scan=scan, t1=t1, m0=m0, m0_scale=m0_scale)


def _same_timing(a: Acquisition, b: Acquisition) -> bool:
    return all(
        abs(getattr(a, key) - getattr(b, key)) <= _TIMING_TOLERANCE * abs(getattr(a, key))
        for key in ("inversion_time", "repetition_time", "echo_time")
    )
