"""A tree that is no BIDS, read through the patterns of a dataset file as if it were."""

from functools import cached_property
from pathlib import Path

from ..datasets.dataset_file import Layout
from ..datasets.matching import matched, require_names
from .bids_name import BidsName
from .tree import ImageFile, Tree


class LayoutTree(Tree):
    """The images of a tree whose paths a dataset file describes.

    A scanner stands where BIDS has a session.

    Parameters
    ----------
    root : Path
        The dataset.
    layout : Layout
        Patterns of paths in it.
    """

    def __init__(self, root: Path, layout: Layout) -> None:
        super().__init__(root)
        self.layout = layout

    @cached_property
    def raw(self) -> list[ImageFile]:
        """T1-weighted images, T1 maps and second inversion images, sorted by path."""
        found = [
            *self._matching(self.layout.t1w, "T1w"),
            *self._matching(self.layout.t1map, "T1map"),
            *self._matching(self.layout.inversion, "MP2RAGE", inv="2"),
        ]
        return sorted(found, key=lambda image: image.path)

    @cached_property
    def derived(self) -> list[ImageFile]:
        """Brain masks, sorted by path."""
        return self._matching(self.layout.mask, "mask", desc="brain")

    def _matching(self, pattern: str, suffix: str, **entities: str) -> list[ImageFile]:
        found = []
        for file in self.all_files if pattern else ():
            match = matched(pattern, file)
            if match is None:
                continue
            groups = match.groupdict()
            named = {"sub": groups.get("subject"), "ses": groups.get("scanner")}
            named |= {"run": groups.get("repeat")}
            given = {"person": groups.get("subject"), "scanner": groups.get("scanner")}
            require_names(self.root / file, **{what: one or "" for what, one in given.items()})
            own = {key: value for key, value in named.items() if value} | entities
            extension = ".nii.gz" if file.endswith(".gz") else ".nii"
            pipeline = file.split("/")[0] if suffix == "mask" else ""
            found.append(ImageFile(self.root / file, BidsName(own, suffix, extension), pipeline))
        return found
