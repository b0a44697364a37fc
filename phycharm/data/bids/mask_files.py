"""Brain masks of a dataset: which of them belongs to an image."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from ...errors import InputError
from ..datasets.dataset_file import MaskRules
from .scan_files import ScanFile
from .tree import ImageFile

# A mask of an image says nothing that its image does not say; `space`, `task` and whatever else
# there is make it the mask of something else.
_ALLOWED = {"sub", "ses", "sample", "acq", "ce", "rec", "run", "part", "desc"}


class MaskFiles:
    """The brain masks of a dataset.

    Parameters
    ----------
    images : iterable of ImageFile
        Whatever may be one.
    rules : MaskRules
        Which are meant, where there are several.
    root : Path
        The dataset.
    """

    def __init__(self, images: Iterable[ImageFile], rules: MaskRules, root: Path) -> None:
        self.root = root
        self._wanted = rules.folder.removeprefix("derivatives/").strip("/")
        self._images = [image for image in images if image.name.suffix == "mask"]

    @cached_property
    def _by_person(self) -> dict[str, list[ImageFile]]:
        found = defaultdict(list)
        for image in self._images:
            is_brain = image.name.entities.get("desc") == "brain"
            if is_brain and set(image.name.entities) <= _ALLOWED and self._is_wanted(image):
                found[image.subject].append(image)
        return found

    @property
    def pipelines(self) -> list[str]:
        """Folders of `derivatives/` that hold brain masks of T1-weighted images."""
        return sorted({image.pipeline for found in self._by_person.values() for image in found})

    @property
    def others(self) -> list[ImageFile]:
        """Brain masks of something else: of another space, of a task, of another folder."""
        taken = {image.path for found in self._by_person.values() for image in found}
        brains = [i for i in self._images if i.name.entities.get("desc") == "brain"]
        return [image for image in brains if image.path not in taken]

    def _is_wanted(self, image: ImageFile) -> bool:
        return not self._wanted or image.pipeline == self._wanted.split("/")[0]

    def of(self, scan: ScanFile) -> Path | None:
        """Return the mask of an image; None where there is none.

        Of several the one that says most of what the image says is taken, and one of the person,
        without session, where the session has none.

        Raises
        ------
        InputError
            If several remain: of two pipelines, or two files of one name.
        """
        said = _comparable(scan.image)
        fitting = {
            image: entities
            for image in self._by_person.get(scan.image.subject, ())
            if (entities := _comparable(image)).items() <= said.items()
        }
        if not fitting:
            return None
        most = max(_rank(entities) for entities in fitting.values())
        best = [image for image, entities in fitting.items() if _rank(entities) == most]
        if len(best) > 1:
            raise InputError(self._several(scan, best))
        return best[0].path

    def is_person_s(self, mask: Path, scan: ScanFile) -> bool:
        """Whether a mask is the person's, without the session that the image has."""
        own = self._by_person.get(scan.image.subject, ())
        return bool(scan.session) and any(i.path == mask and not i.session for i in own)

    def _several(self, scan: ScanFile, masks: list[ImageFile]) -> str:
        paths = " and ".join(m.path.relative_to(self.root).as_posix() for m in masks[:2])
        if len({mask.pipeline for mask in masks}) == 1:
            return f"{self.root}: two brain masks of {scan.path.name}: {paths}; remove one."
        return (
            f"{self.root}: several brain masks of {scan.path.name}: {paths}; write [masks] "
            f'folder = "derivatives/{masks[0].pipeline}", or another of them, into a dataset file '
            "and give it with --dataset-file."
        )


def _rank(entities: dict[str, str]) -> tuple[bool, int]:
    return "ses" in entities, len(entities)


def _comparable(image: ImageFile) -> dict[str, str]:
    """Return what an image and its mask both say; `run-1` is `run-01`."""
    own = image.name.without("desc", "part")
    run = own.get("run", "")
    return own | ({"run": str(int(run))} if run.isdecimal() else {})
