"""Which files of a BIDS dataset a benchmark reads."""

import hashlib
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Literal

from .bids_name import BidsName, inherited_sidecars

Kind = Literal["T1w", "mask", "T1map", "inv-2"]


class BidsFiles:
    """Images of a dataset, by what a benchmark reads them as.

    Parameters
    ----------
    root : Path
        The dataset.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, kind: Kind) -> dict[tuple[str, str], Path]:
        """Return the paths of one kind of image by (subject, session)."""
        return self._found[kind]

    def repeat(self, subject: str, session: str) -> Path | None:
        """Return the second run of a T1w image, if the session has one."""
        runs = [
            path
            for path in self._images
            if (name := BidsName.parse(path.name)).suffix == "T1w"
            and (name.entities.get("sub"), name.entities.get("ses")) == (subject, session)
            and path.relative_to(self.root).parts[0] != "derivatives"
        ]
        return runs[1] if len(runs) > 1 else None

    @cached_property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of every image read, repeats too, and of its sidecars, by path in the dataset."""
        paths = {path for found in self._found.values() for path in found.values()}
        paths |= {path for key in self._found["T1w"] if (path := self.repeat(*key))}
        paths |= {sidecar for image in paths for sidecar in inherited_sidecars(image, self.root)}
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(_content(path)).hexdigest()
            for path in sorted(paths)
        }

    @cached_property
    def _found(self) -> dict[Kind, dict[tuple[str, str], Path]]:
        found: dict[Kind, dict[tuple[str, str], Path]] = defaultdict(dict)
        for path in self._images:
            name = BidsName.parse(path.name)
            kind = _kind_of(name, derived=path.relative_to(self.root).parts[0] == "derivatives")
            if kind:
                key = (name.entities.get("sub", ""), name.entities.get("ses", ""))
                # The first of several runs is the one that is used.
                found[kind].setdefault(key, path)
        return found

    @cached_property
    def _images(self) -> list[Path]:
        """List the images of the raw dataset and of derivatives, earlier runs first."""
        found = [*self.root.glob("sub-*/**/*.nii*"), *self.root.glob("derivatives/**/*.nii*")]
        return sorted(found, key=lambda path: (path.parent, _run(path), path.name))


def _content(path: Path) -> bytes:
    """Return a file's bytes, of a link to content that is not there the link's: they name it."""
    missing = path.is_symlink() and not path.exists()
    return str(path.readlink()).encode() if missing else path.read_bytes()


def _run(path: Path) -> int:
    run = BidsName.parse(path.name).entities.get("run", "0")
    return int(run) if run.isdecimal() else 0


def _kind_of(name: BidsName, *, derived: bool) -> Kind | None:
    """Name what a benchmark reads an image as, if it reads it at all."""
    if derived:
        is_mask = name.suffix == "mask" and name.entities.get("desc") == "brain"
        return "mask" if is_mask else None
    if name.suffix == "MP2RAGE" and name.entities.get("inv") == "2":
        return "inv-2"
    if name.suffix == "T1w":
        return "T1w"
    return "T1map" if name.suffix == "T1map" else None
