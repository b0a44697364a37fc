"""Which files of a dataset are read, and as what: names, rules and choices brought together."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from ...errors import InputError
from ..content import absence, is_fetched
from ..datasets.dataset_check import Names
from ..datasets.dataset_file import DatasetFile
from ..datasets.guessing import Clue, guess_sessions
from ..datasets.shipped import recognised
from .layout_tree import LayoutTree
from .map_files import MapFiles, MapKind
from .mask_files import MaskFiles
from .metadata.sidecar import Sidecars
from .scan_files import ScanFile, ScanFiles, place, sequence_name, sort_out
from .tree import Tree

Kind = Literal["T1w", "mask", "T1map", "inv-2"]

_NOT_FETCHED = "not fetched"


class BidsFiles:
    """Images of a dataset, by what they are read as.

    Parameters
    ----------
    root : Path
        The dataset.
    description : dict
        Content of its `dataset_description.json`.
    rules : DatasetFile, optional
        What its names mean; by default the shipped file of the dataset, or what its labels and
        sidecars say.
    """

    def __init__(
        self, root: Path, description: dict[str, Any], rules: DatasetFile | None = None
    ) -> None:
        self.root = root
        self._description = description
        self._given = rules
        self.sidecars = Sidecars(root)

    @cached_property
    def tree(self) -> Tree:
        """The images that there are."""
        layout = self._told[0].layout
        return self._plain_tree if layout is None else LayoutTree(self.root, layout)

    @cached_property
    def _plain_tree(self) -> Tree:
        return Tree(self.root)

    @cached_property
    def _told(self) -> tuple[DatasetFile, str]:
        """Return the dataset file that is given or recognised, and where it is from."""
        if self._given is not None:
            return self._given, "the dataset file that was given"
        images = [i.path.relative_to(self.root).as_posix() for i in self._plain_tree.raw]
        found = recognised(
            self._description,
            folder=self.root.resolve().name,
            images=images,
            paths=() if images else self._plain_tree.all_files,
        )
        if found is None:
            return DatasetFile(), ""
        known, sign = found
        return known, f"the shipped dataset file of {known.name}, recognised by {sign}"

    @cached_property
    def _ruled(self) -> tuple[DatasetFile, str]:
        known, source = self._told
        if source and (self._given is not None or self._places_any(known)):
            return known, source
        clues = [
            Clue(image.name.entities, self.sidecars.hardware(image.path))
            for image in self.tree.raw
            if image.name.suffix == "T1w"
        ]
        guess = guess_sessions(clues)
        return known.model_copy(update={"sessions": guess.sessions}), f"the rule: {guess.reason}"

    def _places_any(self, rules: DatasetFile) -> bool:
        return bool(sort_out(self.tree.raw, rules, self.sidecars, root=self.root).chosen)

    @property
    def rules(self) -> DatasetFile:
        """What names mean."""
        return self._ruled[0]

    @property
    def rules_source(self) -> str:
        """Where the rules are from, in words."""
        return self._ruled[1]

    @cached_property
    def scans(self) -> ScanFiles:
        """The T1-weighted images, sorted out."""
        return sort_out(self.tree.raw, self.rules, self.sidecars, root=self.root)

    @property
    def names(self) -> Names:
        """What there is, by name, for who checks a dataset file."""
        scans, entity = self.scans, self.rules.sessions.entity
        images = [image for image in self.tree.raw if image.name.suffix == "T1w"]
        found = [scan for image in images if (scan := place(image, self.rules, self.sidecars))]
        placed = {*scans.chosen, *scans.conflicts}
        return Names(
            people=frozenset({i.subject for i in self.tree.raw} | {who for who, _ in placed}),
            sessions=frozenset(image.session for image in images),
            scanners=frozenset({scan.scanner for scan in found}),
            sequences=frozenset(sequence_name(scan.sequence(entity)) for scan in found),
            pipelines=frozenset(image.pipeline for image in self.tree.derived),
        )

    @cached_property
    def masks(self) -> MaskFiles:
        """The brain masks."""
        derived_root = str(self._description.get("DatasetType", "")).casefold() == "derivative"
        beside = self.tree.raw if derived_root else []
        return MaskFiles([*self.tree.derived, *beside], self.rules.masks, self.root)

    @cached_property
    def maps(self) -> MapFiles:
        """T1 maps and second inversion images."""
        images = [*self.tree.raw, *self.tree.derived]
        return MapFiles(images, self.rules.quantitative, self.root)

    def of(self, kind: Kind) -> dict[tuple[str, str], Path]:
        """Return the paths of one kind of image, by (subject, scanner); maps by session.

        Raises
        ------
        InputError
            If several images claim one place, and nothing tells which is meant.
        """
        if kind in get_args(MapKind):
            return self.maps.paths("T1map" if kind == "T1map" else "inv-2")
        for conflict in self.scans.conflicts.values():
            raise InputError(conflict)
        first = {key: scans[0] for key, scans in self.scans.chosen.items()}
        if kind == "T1w":
            return {key: scan.path for key, scan in first.items()}
        found = {key: self.masks.of(scan) for key, scan in first.items()}
        return {key: path for key, path in found.items() if path is not None}

    def repeat(self, subject: str, scanner: str) -> ScanFile | None:
        """Return the next scan of a person on a scanner, by the same sequence; None without."""
        scans = self.scans.chosen.get((subject, scanner), ())
        return scans[1] if len(scans) > 1 else None

    def quantitative_scan(self, subject: str) -> ScanFile | None:
        """Return a person's T1-weighted image, from the session of the T1 map if there is one."""
        scans = [s[0] for (who, _), s in self.scans.chosen.items() if who == subject]
        if not scans:
            for (who, _), conflict in self.scans.conflicts.items():
                if who == subject:
                    raise InputError(conflict)
            return None
        session = self.maps.one("T1map", subject).session
        beside = [scan for scan in scans if scan.session == session]
        return (beside or scans)[0]

    @cached_property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of every image read, and of its sidecars, by path in the dataset.

        What was never fetched has no checksum, and says so by what it would be.
        """
        images = set(self._read_images())
        sidecars = {sidecar for image in images for sidecar in self.sidecars.of(image)}
        return {
            path.relative_to(self.root).as_posix(): _checksum(path)
            for path in sorted(images | sidecars)
        }

    def _read_images(self) -> Iterator[Path]:
        for kind in get_args(Kind):
            yield from self.of(kind).values()
        for key in self.scans.chosen:
            if again := self.repeat(*key):
                yield again.path


def _checksum(path: Path) -> str:
    """Return a file's SHA-256; of what is not there, where its link leads or why it is not."""
    if is_fetched(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lost = path.is_symlink() and not path.exists()
    return f"{_NOT_FETCHED}: {path.readlink() if lost else absence(path)}"
