"""A folder of harmonized images that some other program made."""

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from phycharm.data.bids.bids_name import BidsName
from phycharm.data.intensity import standardize
from phycharm.data.nifti import other_grid, read_volume
from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.harmonizers.external.digest import files_digest
from phycharm.utils.arrays import Image

Scale = Literal["scan", "p99", "none"]
"""What is done to the units of foreign images: what was done to the scan that each was made from,
always `p99`, or nothing."""

Case = tuple[str, str, str]
"""Subject, source scanner and target scanner; the target is `common` for a common domain."""

COMMON = "common"


class ImageFolder:
    """Harmonized NIfTI files by subject, source and target.

    A file is called `sub-<subject>_from-<source>_to-<target>_T1w.nii.gz` (or `.nii`). It may lie in
    any subfolder; `ses-<source>` stands for a missing `from-<source>`; other entities (`desc-`,
    `space-`, `run-`) do not matter. A file without `to-` is in a common domain, as is one with
    `to-common`.

    Parameters
    ----------
    root : Path
        The folder.

    Raises
    ------
    InputError
        If there is no such folder, or it has no image of such a name.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        if not root.is_dir():
            raise InputError(f"{root}: no such folder; give the one with the harmonized images.")
        if not self._files:
            expected = file_name(("<subject>", "<source>", "<target>"))
            raise InputError(f"{root}: no harmonized images; they must be called {expected}.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    @cached_property
    def _files(self) -> dict[Case, list[Path]]:
        found: dict[Case, list[Path]] = defaultdict(list)
        for path in sorted(self.root.rglob("*.nii*")):
            name = BidsName.parse(path.name)
            source = name.entities.get("from", name.entities.get("ses", ""))
            if name.suffix == "T1w" and "sub" in name.entities and source:
                case = (name.entities["sub"], source, name.entities.get("to", COMMON))
                found[case].append(path)
        return dict(found)

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all images, so that remade images are never taken for the old ones."""
        return files_digest(path for paths in self._files.values() for path in paths)

    def facts(self) -> dict[str, Any]:
        """Read `card.json`, the fields of a method card that the maker of the images left.

        Raises
        ------
        InputError
            If it is there and is no JSON object.
        """
        path = self.root / "card.json"
        if not path.is_file():
            return {}
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path}: not valid JSON ({error}); correct it.") from error
        if not isinstance(facts, dict):
            raise InputError(f"{path}: holds no object; write the card's fields as {{...}}.")
        return facts

    def missing(self, cases: Iterable[Case]) -> list[str]:
        """List the names of the files that are not there."""
        return [file_name(case) for case in cases if case not in self._files]

    def read(self, case: Case, scan: Scan, *, scale: Scale) -> Image:
        """Read one harmonized image.

        Parameters
        ----------
        case : tuple of str
            Whose and which.
        scan : Scan
            What it was made from: its grid is demanded, its mask gives the scale.
        scale : {"scan", "p99", "none"}
            See `Scale`.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            In RAS order.

        Raises
        ------
        InputError
            If the file is missing, there are several, or it is on another grid.
        """
        path = self._path(case)
        image, affine = read_volume(path)
        problem = grid_problem(image, affine, scan)
        if problem:
            raise InputError(f"{path}: {problem}; resample it to the grid of the scan.")
        return rescaled(image, scan, scale)

    def _path(self, case: Case) -> Path:
        paths = self._files.get(case, [])
        if len(paths) == 1:
            return paths[0]
        if paths:
            raise InputError(
                f"{self.root}: {paths[0].name} and {paths[1].name} are both "
                f"{file_name(case)}; keep one of them."
            )
        there = sorted({(source, target) for _, source, target in self._files})
        shown = ", ".join(f"{source} to {target}" for source, target in there[:6])
        raise InputError(
            f"{self.root / file_name(case)}: no such file; harmonize this scan too. The folder has "
            f"{shown}."
        )


def file_name(case: Case) -> str:
    """Return the file name that is expected for a case.

    Examples
    --------
    >>> file_name(("01", "GE", "Siemens"))
    'sub-01_from-GE_to-Siemens_T1w.nii.gz'
    """
    subject, source, target = case
    return f"sub-{subject}_from-{source}_to-{target}_T1w.nii.gz"


def grid_problem(image: Image, affine: Any, scan: Scan) -> str:
    """Say how an image's grid differs from a scan's; empty where it does not."""
    return other_grid(image.shape, affine, scan.image.shape, scan.affine)


def rescaled(image: Image, scan: Scan, scale: Scale) -> Image:
    """Put a foreign image on the common intensity scale, in the brain of its scan."""
    if scale == "none":
        return image
    return standardize(image, scan.mask, scan.standardization if scale == "scan" else scale)


def require_scale(scale: str, *, spec: str) -> None:
    """Check the name of a scale.

    Raises
    ------
    InputError
        If there is no such scale.
    """
    if scale not in get_args(Scale):
        raise InputError(f"{spec}: no scale {scale!r}; it is one of {', '.join(get_args(Scale))}.")
