"""Volumes of a run, found by who is on them and never by a path made from data alone."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from phycharm.data.nifti import read_image, read_volume, read_voxels
from phycharm.errors import InputError
from phycharm.utils.arrays import Image, Labels, Mask

from .cell_records import CellRecord
from .run_content import RunContent

_MOST_BYTES = 400_000_000
_Voxels = TypeVar("_Voxels", Image, Labels)


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageLibrary:
    """Finds and reads the volumes of a run.

    Parameters
    ----------
    content : RunContent
        The run.
    notes : list of str
        Gets one sentence per file that cannot be read.
    """

    content: RunContent
    notes: list[str] = field(default_factory=list)
    _kept: "OrderedDict[Path, npt.NDArray[Any]]" = field(default_factory=OrderedDict)

    def scan(self, subject: str, scanner: str) -> Image | None:
        """Return the standardized scan of a subject, None where there is none."""
        return self._volume(self._scan_path(f"sub-{subject}_ses-{scanner}_T1w"))

    def mask(self, subject: str, scanner: str) -> Mask | None:
        """Return the brain mask of a scan."""
        labels = self._labels(self._scan_path(f"sub-{subject}_ses-{scanner}_mask"))
        return None if labels is None else labels > 0

    def tissues(self, subject: str, scanner: str) -> Labels | None:
        """Return the segmentation of a scan: 1 CSF, 2 GM, 3 WM."""
        return self._labels(self._scan_path(f"sub-{subject}_ses-{scanner}_pveseg"))

    def voxel_size(self, subject: str, scanner: str) -> tuple[float, float, float]:
        """Return the edge lengths of a scan's voxels in mm, 1 mm where unknown."""
        path = self._scan_path(f"sub-{subject}_ses-{scanner}_T1w")
        if path is None:
            return (1.0, 1.0, 1.0)
        x, y, z = np.linalg.norm(read_image(path).affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    def harmonized(self, method: str, subject: str, source: str, target: str) -> Image | None:
        """Return a harmonized image; of several fits, that of the first fold and seed."""
        path = self._cell_path(method, f"images/sub-{subject}_from-{source}_to-{target}_T1w")
        if path is None and method == "none":
            return self.scan(subject, source)
        return self._volume(path)

    def harmonized_tissues(
        self, method: str, subject: str, source: str, target: str
    ) -> Labels | None:
        """Return the segmentation of a harmonized image."""
        stem = f"segmentations/sub-{subject}_from-{source}_to-{target}_pveseg"
        path = self._cell_path(method, stem)
        if path is None and method == "none":
            return self.tissues(subject, source)
        return self._labels(path)

    def map_fits(self) -> list[CellRecord]:
        """Return the fits of the Quantitative Maps Generator that kept images."""
        fits = [c for c in self.content.cells if c.name.startswith("maps_")]
        return [c for c in fits if c.files]

    def true_map(self, subject: str, name: str) -> Image | None:
        """Return a measured map: `T1` in ms or `M0`."""
        return self._volume(self._scan_path(f"sub-{subject}_{name}map"))

    def true_map_mask(self, subject: str) -> Mask | None:
        """Return the brain mask of a subject of the quantitative cohort."""
        labels = self._labels(self._scan_path(f"sub-{subject}_mask"))
        return None if labels is None else labels > 0

    def predicted_map(self, fit: CellRecord, subject: str, name: str) -> Image | None:
        """Return a predicted map of one fit."""
        return self._volume(self._listed(fit, f"images/sub-{subject}_{name}map"))

    @cached_property
    def _scans(self) -> frozenset[str]:
        folder = self.content.path / "scans"
        return frozenset(p.name for p in folder.iterdir()) if folder.is_dir() else frozenset()

    @cached_property
    def _cells(self) -> dict[str, list[CellRecord]]:
        by_method = defaultdict(list)
        for cell in self.content.cells:
            by_method[cell.harmonizer].append(cell)
        return by_method

    def _scan_path(self, stem: str) -> Path | None:
        for name in (f"{stem}.nii.gz", f"{stem}.nii"):
            if name in self._scans:
                return self.content.path / "scans" / name
        return None

    def _cell_path(self, method: str, stem: str) -> Path | None:
        paths = (self._listed(cell, stem) for cell in self._cells.get(method, ()))
        return next((path for path in paths if path is not None), None)

    @staticmethod
    def _listed(cell: CellRecord, stem: str) -> Path | None:
        for name in (f"{stem}.nii.gz", f"{stem}.nii"):
            if name in cell.files:
                return cell.path / name
        return None

    def _volume(self, path: Path | None) -> Image | None:
        return self._read(path, lambda file: read_volume(file)[0])

    def _labels(self, path: Path | None) -> Labels | None:
        return self._read(path, _read_labels)

    def _read(self, path: Path | None, read: Callable[[Path], _Voxels]) -> _Voxels | None:
        if path is None:
            return None
        if path not in self._kept:
            try:
                self._keep(path, read(path))
            except InputError as error:
                self._note(str(error))
                return None
        self._kept.move_to_end(path)
        return cast("_Voxels", self._kept[path])

    def _keep(self, path: Path, voxels: npt.NDArray[Any]) -> None:
        """Keep the volumes read last: figures, thumbnails and viewer ask for the same ones."""
        self._kept[path] = voxels
        while len(self._kept) > 1 and sum(v.nbytes for v in self._kept.values()) > _MOST_BYTES:
            self._kept.popitem(last=False)

    def _note(self, message: str) -> None:
        # The report travels: it names the run and not where it lies on this machine.
        note = message.replace(str(self.content.path), self.content.name)
        if note not in self.notes:
            self.notes.append(note)


def _read_labels(path: Path) -> Labels:
    return read_voxels(path)[0].astype(np.uint8)
