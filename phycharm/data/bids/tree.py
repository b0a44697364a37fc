"""The walk through a dataset's folders: which images there are, whatever links lead to them."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ...errors import InputError
from .bids_name import BidsName, is_image_name

_RAW_FOLDERS = re.compile(r"(?:ses-.+|anat)")
_NIFTI = (".nii", ".nii.gz")


@dataclass(frozen=True)
class ImageFile:
    """An image of a person, by what its place and name say.

    Parameters
    ----------
    path : Path
        Where it lies.
    name : BidsName
        Its name taken apart.
    pipeline : str
        Folder of `derivatives/` that it lies in; empty for a raw image.
    """

    path: Path
    name: BidsName = field(compare=False)
    pipeline: str = ""

    @property
    def subject(self) -> str:
        """Label of the person."""
        return self.name.entities["sub"]

    @property
    def session(self) -> str:
        """Label of the session; empty where there is none."""
        return self.name.entities.get("ses", "")


class Tree:
    """The images of a dataset, raw and derived.

    Linked folders are followed, and a link that leads back to a folder above it is not. Raw images
    lie in `sub-X`, `sub-X/ses-Y` or the `anat` folder of either, under names that begin with
    `sub-`; what lies elsewhere, or says another person or session than its folder, is none.

    Parameters
    ----------
    root : Path
        The dataset.

    Attributes
    ----------
    strays : list of Path
        Volumes among the raw data that are no image of a person by name and place.
    lost : list of Path
        Links that should lead to a folder and lead nowhere.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.strays: list[Path] = []
        self.lost: list[Path] = []

    @cached_property
    def raw(self) -> list[ImageFile]:
        """Raw images, sorted by path.

        Raises
        ------
        InputError
            If a folder may not be read.
        """
        found = []
        for person in self._folders(self.root, re.compile(r"sub-.+")):
            for path in sorted(_files(person, _RAW_FOLDERS, (person,))):
                if path.name.endswith(_NIFTI):
                    found += self._raw_image(path, person.name)
                elif _RAW_FOLDERS.fullmatch(path.name) and path.is_symlink():
                    self.lost.append(path)
        return found

    @cached_property
    def derived(self) -> list[ImageFile]:
        """Images in `derivatives/`, sorted by path.

        Raises
        ------
        InputError
            If a folder may not be read.
        """
        top = self.root / "derivatives"
        if top.is_symlink() and not top.exists():
            self.lost.append(top)
        paths = sorted(_files(top, re.compile(r"[^.].*"), (top,))) if _is_folder(top) else []
        found = []
        for path in paths:
            if is_image_name(path.name):
                pipeline = path.relative_to(top).parts[0]
                own = pipeline if not pipeline.startswith("sub-") else "."
                found.append(ImageFile(path, BidsName.parse(path.name), own))
        return found

    @cached_property
    def all_files(self) -> list[str]:
        """Every file of the tree by its path in it; hidden folders are left out."""
        paths = _files(self.root, re.compile(r"[^.].*"), (self.root,))
        return sorted(path.relative_to(self.root).as_posix() for path in paths)

    def _raw_image(self, path: Path, person: str) -> list[ImageFile]:
        if not is_image_name(path.name):
            self.strays.append(path)
            return []
        image = ImageFile(path, BidsName.parse(path.name))
        places = path.relative_to(self.root).parts
        session = next((part for part in places if part.startswith("ses-")), None)
        said = f"ses-{image.session}" if image.session else None
        if person != f"sub-{image.subject}" or session != said:
            self.strays.append(path)
            return []
        return [image]

    def _folders(self, folder: Path, wanted: "re.Pattern[str]") -> list[Path]:
        paths = [Path(entry.path) for entry in _entries(folder) if wanted.fullmatch(entry.name)]
        self.lost += [path for path in paths if path.is_symlink() and not path.exists()]
        return sorted(path for path in paths if _is_folder(path))


def _files(folder: Path, wanted: "re.Pattern[str]", above: tuple[Path, ...]) -> Iterator[Path]:
    """Walk down through the folders of wanted names; yield everything that is no folder."""
    for entry in _entries(folder):
        path = Path(entry.path)
        if not _is_folder(path):
            yield path
        elif wanted.fullmatch(entry.name) and not (path.is_symlink() and _leads_up(path, above)):
            yield from _files(path, wanted, (*above, path))


def _leads_up(link: Path, above: tuple[Path, ...]) -> bool:
    """Whether a linked folder is one of those above it, so that following it would never end."""
    return any(link.samefile(folder) for folder in above)


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError as error:
        raise InputError(
            f"{folder}: permission denied, so what lies in this folder cannot be read; give "
            "yourself the right to read and enter it (chmod u+rx)."
        ) from error


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError as error:
        raise InputError(
            f"{path.parent}: permission denied, so what lies in this folder cannot be read; give "
            "yourself the right to read and enter it (chmod u+rx)."
        ) from error
