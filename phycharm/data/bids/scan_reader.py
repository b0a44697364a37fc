"""Reading scans and masks from disk: on one grid, and told apart from what is not there."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...utils.arrays import Image, Mask
from ..brain import read_mask, require_magnitudes
from ..content import require_content
from ..nifti import other_grid, read_volume
from ..scan import Scan
from ..scanner import Scanner
from .bids_files import BidsFiles
from .scan_files import ScanFile


class ScanReader:
    """Reads the volumes of a dataset.

    Parameters
    ----------
    files : BidsFiles
        Of the dataset.
    """

    def __init__(self, files: BidsFiles) -> None:
        self._files = files
        self._root = files.root
        self._told_of_masks = False

    def scan(self, grids: dict[str, tuple[Any, Any]], found: ScanFile, scanner: Scanner) -> Scan:
        """Read a scan with its mask.

        Parameters
        ----------
        grids : dict
            First grid seen of each person; the scan's is added.
        found : ScanFile
            What to read.
        scanner : Scanner
            That made it.

        Raises
        ------
        InputError
            If its content is not there or cannot be used, it has no mask, or it lies on another
            grid.
        """
        path = found.path
        image, affine = read_volume(require_content(path))
        shape, first_affine = grids.setdefault(found.subject, (image.shape, affine))
        if difference := other_grid(image.shape, affine, shape, first_affine):
            raise InputError(
                f"{path}: is on another grid than the subject's other scans, for it {difference}; "
                "register and resample them to one grid, as `phycharm preprocess` does."
            )
        mask = self._read_mask(found, image.shape, affine)
        require_magnitudes(image, mask, path)
        return Scan(
            image=image,
            mask=mask,
            affine=affine,
            scanner=scanner,
            subject=found.subject,
            session=found.session,
        )

    def _read_mask(
        self,
        found: ScanFile,
        shape: tuple[int, ...],
        affine: npt.NDArray[np.float64],
    ) -> Mask:
        masks = self._files.masks
        path = masks.of(found)
        if path is None:
            raise InputError(self._no_mask(found))
        if masks.is_person_s(path, found):
            self._warn_of_person_s_mask()
        return read_mask(require_content(path), shape=shape, affine=affine, of=found.path)

    @staticmethod
    def on_grid(
        path: Path,
        shape: tuple[int, ...],
        affine: npt.NDArray[np.float64],
    ) -> Image:
        """Read a volume that must lie on the grid of the image it belongs to."""
        volume, own = read_volume(require_content(path))
        if difference := other_grid(volume.shape, own, shape, affine):
            raise InputError(
                f"{path}: is on another grid than the image it belongs to, for it {difference}; "
                "resample it to the image."
            )
        return volume

    def _person_s_masks(self) -> list[Path]:
        firsts = [scans[0] for scans in self._files.scans.chosen.values()]
        masks = self._files.masks
        found = {path for s in firsts if (path := masks.of(s)) and masks.is_person_s(path, s)}
        return sorted(found)

    def _warn_of_person_s_mask(self) -> None:
        """Say once that masks at the person's level are used."""
        if self._told_of_masks:
            return
        self._told_of_masks = True
        paths = self._person_s_masks()
        more = f" and {len(paths) - 1} like it have" if len(paths) > 1 else ": has"
        warnings.warn(
            f"{paths[0]}{more} no ses-, so it is taken for every session of the person; "
            "make a mask of each scan if the sessions are not registered.",
            stacklevel=6,
        )

    def _no_mask(self, found: ScanFile) -> str:
        stem = f"sub-{found.image.subject}"
        stem += f"_ses-{found.session}" if found.session else ""
        who = f"sub-{found.subject}" + (f" ses-{found.session}" if found.session else "")
        others = [m.path for m in self._files.masks.others if m.subject == found.image.subject]
        hint = ""
        if others:
            hint = f" ({others[0].relative_to(self._root)} is a mask of something else)"
        lost = [path for path in self._files.tree.lost if "derivatives" in path.parts]
        if lost:
            hint += f" ({lost[0]} is a link to nothing)"
        return (
            f"{self._root}: no brain mask for {who}{hint}; put {stem}_desc-brain_mask.nii.gz into "
            "a folder of derivatives/, or have `phycharm preprocess` make it."
        )
