"""BIDS file names: entities, suffix, extension."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...utils.untrusted.printable import printable

_IMAGE_NAME = re.compile(r"sub-[^_.-][^_.]*(?:_[A-Za-z0-9]+-[^_.]+)*_[A-Za-z0-9]+\.nii(?:\.gz)?")


@dataclass(frozen=True)
class BidsName:
    """A BIDS file name taken apart, such as `sub-01_ses-GE_T1w.nii.gz`.

    Parameters
    ----------
    entities : dict
        For instance `{"sub": "01", "ses": "GE"}`.
    suffix : str
        For instance `T1w`.
    extension : str
        For instance `.nii.gz`.
    """

    entities: dict[str, str]
    suffix: str
    extension: str

    @classmethod
    def parse(cls, name: str) -> "BidsName":
        """Take a file name apart.

        Examples
        --------
        >>> BidsName.parse("sub-01_ses-GE_T1w.nii.gz")
        BidsName(entities={'sub': '01', 'ses': 'GE'}, suffix='T1w', extension='.nii.gz')
        """
        stem, dot, extension = name.partition(".")
        *pairs, suffix = stem.split("_")
        entities = dict(pair.split("-", 1) for pair in pairs if "-" in pair)
        return cls(entities, suffix, dot + extension)

    def applies_to(self, other: "BidsName") -> bool:
        """Whether a sidecar of this name holds for the other file (BIDS inheritance principle).

        Examples
        --------
        >>> BidsName.parse("T1w.json").applies_to(BidsName.parse("sub-01_ses-GE_T1w.nii.gz"))
        True
        """
        return self.suffix == other.suffix and self.entities.items() <= other.entities.items()

    def without(self, *entities: str) -> dict[str, str]:
        """Return the entities but some."""
        return {key: value for key, value in self.entities.items() if key not in entities}


def is_image_name(name: str) -> bool:
    """Whether a file name is that of a person's image in BIDS.

    What programs put beside images under names of their own is none: SPM's `msub-01...`, copies
    such as `sub-01_T1w.nii.gz.bak`, `sub-01_T1w_brain.nii.gz`. Nor is a name with signs that a
    terminal would obey, or bytes that are no text.

    Examples
    --------
    >>> is_image_name("sub-01_ses-GE_run-1_T1w.nii.gz")
    True
    >>> is_image_name("msub-01_ses-GE_T1w.nii"), is_image_name("sub-01_T1w_old.nii")
    (False, False)
    """
    return _IMAGE_NAME.fullmatch(name) is not None and printable(name, kept="") == name


def _jsons(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.json"), key=lambda path: len(path.name))


def inherited_sidecars(
    image: Path, root: Path, *, listing: Callable[[Path], Iterable[Path]] = _jsons
) -> list[Path]:
    """List the JSON sidecars that hold for an image, from the most general to the closest.

    A sidecar of the image's very name holds for it whatever the name is.

    Parameters
    ----------
    image : Path
        A file inside `root`.
    root : Path
        The BIDS dataset.
    listing : callable
        `listing(folder)` lists its JSON files, the shortest name first.
    """
    name = BidsName.parse(image.name)
    folders = [image.parent, *image.parent.parents]
    chain = folders[: folders.index(root) + 1]
    own = image.parent / f"{image.name.removesuffix('.gz').removesuffix('.nii')}.json"
    return [
        path
        for folder in reversed(chain)
        for path in listing(folder)
        if path == own or BidsName.parse(path.name).applies_to(name)
    ]
