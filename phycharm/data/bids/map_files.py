"""People with quantitative maps: which of their images is the T1 map, which the inversion image."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ...errors import InputError
from ..datasets.dataset_file import QuantitativeRules
from .scan_files import entities_of
from .tree import ImageFile

_ALLOWED = {"sub", "ses", "sample", "acq", "ce", "rec", "run", "inv", "part"}
# Datasets from before BIDS knew MP2RAGE call all its images T1map and tell them apart by acq-.
_INVERSION_ACQ = re.compile(r"(?i).*inv(\d)(?!\d).*")
_COMBINED_ACQ = re.compile(r"(?i).*(?:uni|unit1|den|combined)\d*")

MapKind = Literal["T1map", "inv-2"]


class MapFiles:
    """The T1 maps and second inversion images of a dataset.

    Maps of `derivatives/` count for people who have an inversion image and no raw map.

    Parameters
    ----------
    images : iterable of ImageFile
        Whatever may be one, raw or derived.
    rules : QuantitativeRules
        Which are meant, where there are several.
    root : Path
        The dataset.
    """

    def __init__(self, images: Iterable[ImageFile], rules: QuantitativeRules, root: Path) -> None:
        self.root = root
        self.rules = rules
        self._found: dict[MapKind, dict[str, list[ImageFile]]] = {
            "T1map": defaultdict(list),
            "inv-2": defaultdict(list),
        }
        for image in images:
            if kind := self._kind(image):
                self._found[kind][image.subject].append(image)
        maps, inversions = self._found["T1map"], self._found["inv-2"]
        for person in list(maps):
            raw = [image for image in maps[person] if not image.pipeline]
            kept = maps[person] if self._folder else raw or maps[person]
            if not raw and person not in inversions:
                del maps[person]
            else:
                maps[person] = kept

    @property
    def _folder(self) -> str:
        return self.rules.folder.removeprefix("derivatives/").strip("/").split("/")[0]

    @property
    def people(self) -> list[str]:
        """Everybody with a T1 map, by the dataset file or by what is there."""
        if self.rules.people is not None:
            return sorted(label.removeprefix("sub-") for label in self.rules.people)
        return sorted(self._found["T1map"])

    @property
    def without_map(self) -> list[str]:
        """People with a second inversion image and no T1 map."""
        return sorted(set(self._found["inv-2"]) - set(self.people))

    def has(self, kind: MapKind, person: str) -> bool:
        """Whether a person has such an image."""
        return bool(self._found[kind].get(person))

    def one(self, kind: MapKind, person: str) -> ImageFile:
        """Return a person's image of a kind, from the session of the map where there are several.

        Raises
        ------
        InputError
            If there is none, or several that nothing tells apart.
        """
        found = self._found[kind].get(person, [])
        if not found:
            raise InputError(self._nothing(kind, person))
        if kind == "inv-2" and len(found) > 1 and self.has("T1map", person):
            session = self.one("T1map", person).session
            found = [image for image in found if image.session == session] or found
        found = _first_run(found)
        if len(found) > 1:
            key = "map" if kind == "T1map" else "inversion"
            names = " and ".join(image.path.name for image in found[:2])
            raise InputError(
                f"{self.root}: sub-{person} has several {kind} images ({names}); say which by "
                f'[quantitative] {key} = "acq-...", or a folder of derivatives/, in a dataset file '
                "and give it with --dataset-file."
            )
        return found[0]

    def _nothing(self, kind: MapKind, person: str) -> str:
        if kind == "T1map":
            return (
                f"{self.root}: sub-{person} has no T1map, neither raw nor in derivatives/; add it, "
                "or correct [quantitative] in the dataset file."
            )
        return (
            f"{self.root}: sub-{person} has a T1map but no inv-2 image (inv-2_MP2RAGE, "
            "inv-2_part-mag_MP2RAGE or acq-inv2); add it, remove the map, or say in a dataset file "
            "who has maps ([quantitative] people = [])."
        )

    def _kind(self, image: ImageFile) -> MapKind | None:
        name = image.name
        if not set(name.entities) <= _ALLOWED or name.entities.get("part", "mag") != "mag":
            return None
        kind = _kind_of(image)
        rules = self.rules
        wanted = rules.map if kind == "T1map" else rules.inversion
        if wanted and not entities_of(wanted).items() <= name.entities.items():
            return None
        if kind == "T1map" and self._folder and image.pipeline != self._folder:
            return None
        # Inversion images are acquired, not derived.
        return None if kind == "inv-2" and image.pipeline else kind

    def paths(self, kind: MapKind) -> dict[tuple[str, str], Path]:
        """Return one path of a kind for every person with maps, by (person, session)."""
        found = {}
        for person in self.people:
            if self.has(kind, person):
                image = self.one(kind, person)
                found[person, image.session] = image.path
        return found


def _kind_of(image: ImageFile) -> MapKind | None:
    entities, suffix = image.name.entities, image.name.suffix
    acquired = entities.get("acq", "")
    if suffix not in ("MP2RAGE", "T1map"):
        return None
    if inversion := _INVERSION_ACQ.fullmatch(acquired):
        return "inv-2" if inversion[1] == "2" else None
    if suffix == "MP2RAGE":
        return "inv-2" if entities.get("inv") == "2" else None
    return None if _COMBINED_ACQ.fullmatch(acquired) or "inv" in entities else "T1map"


def _first_run(images: list[ImageFile]) -> list[ImageFile]:
    """Leave out further runs."""
    runs = [int(run) if (run := i.name.entities.get("run", "0")).isdecimal() else 0 for i in images]
    return [image for image, run in zip(images, runs, strict=True) if run == min(runs)]
