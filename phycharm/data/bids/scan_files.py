"""T1-weighted images of a dataset: whose, on which scanner, by which sequence, which repeat."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..datasets.dataset_file import PERSON, DatasetFile, Division
from ..datasets.matching import matched, require_names
from .metadata.sidecar import Sidecars
from .tree import ImageFile

# What may tell one T1-weighted image from another without making it something else. Echoes, parts,
# masks, derived images and whatever BIDS will think of next are chosen by a dataset file or not.
_PLAIN = {"sub", "ses", "sample", "acq", "ce", "rec", "run"}
_SAME = 0.02  # relative difference of two numbers of one protocol


@dataclass(frozen=True, kw_only=True)
class ScanFile:
    """One T1-weighted image.

    Parameters
    ----------
    image : ImageFile
        The file.
    subject, scanner : str
        Whose it is, and what made it.
    repeat : str
        Which of the repeats of a session it is, where the session's label says so.
    """

    image: ImageFile
    subject: str
    scanner: str
    repeat: str = ""

    @property
    def path(self) -> Path:
        """Where the image lies."""
        return self.image.path

    @property
    def session(self) -> str:
        """Label of the session."""
        return self.image.session

    @property
    def run(self) -> int:
        """Number of the run; 0 where there is none."""
        run = self.image.name.entities.get("run", "0")
        return int(run) if run.isdecimal() else 0

    def sequence(self, entity: str) -> dict[str, str]:
        """Return the entities that say how the image was acquired.

        Parameters
        ----------
        entity : str
            The one by which scanners are told apart, which says nothing of the sequence.
        """
        own = self.image.name.without("sub", "ses", "run", entity)
        return {key: value for key, value in own.items() if (key, value) != ("part", "mag")}

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorts the scans of a person on a scanner: by repeat, session and run."""
        return _natural(self.repeat), _natural(self.session), self.run, self.path.name


@dataclass(frozen=True)
class ScanFiles:
    """All T1-weighted images, sorted out.

    Parameters
    ----------
    chosen : dict
        By (subject, scanner), the scans of one sequence, the first first: any further ones are its
        repeats.
    conflicts : dict
        By (subject, scanner), why nothing can be chosen, in one line.
    unplaced : tuple of ImageFile
        Images that no rule gives a scanner.
    passed_over : tuple of ImageFile
        Images that are no plain T1-weighted image, or of another sequence than the chosen one.
    excluded : tuple of ImageFile
        Images that the dataset file leaves out.
    """

    chosen: Mapping[tuple[str, str], tuple[ScanFile, ...]]
    conflicts: Mapping[tuple[str, str], str]
    unplaced: tuple[ImageFile, ...]
    passed_over: tuple[ImageFile, ...]
    excluded: tuple[ImageFile, ...]


def sort_out(
    images: Sequence[ImageFile], rules: DatasetFile, sidecars: Sidecars, *, root: Path
) -> ScanFiles:
    """Say of every T1-weighted image whose it is and what made it, and choose one sequence each.

    Parameters
    ----------
    images : sequence of ImageFile
        Whatever the dataset holds.
    rules : DatasetFile
        What names mean.
    sidecars : Sidecars
        Of the dataset, where the rules look into them.
    root : Path
        The dataset.
    """
    images = [image for image in images if image.name.suffix == "T1w"]
    excluded = [image for image in images if is_excluded(image, rules, root)]
    placed: dict[tuple[str, str], list[ScanFile]] = defaultdict(list)
    unplaced = []
    for image in images:
        if image in excluded:
            continue
        scan = place(image, rules, sidecars)
        if scan is None:
            unplaced.append(image)
        else:
            placed[scan.subject, scan.scanner].append(scan)
    chosen: dict[tuple[str, str], tuple[ScanFile, ...]] = {}
    conflicts: dict[tuple[str, str], str] = {}
    for key, scans in sorted(placed.items()):
        found, conflict = _one_sequence(sorted(scans, key=lambda s: s.order), rules, root)
        if conflict:
            conflicts[key] = conflict
        elif found:
            chosen[key] = tuple(found)
    used = {scan.path for scans in chosen.values() for scan in scans}
    torn = {scan.path for key in conflicts for scan in placed[key]}
    left = {image.path for image in (*excluded, *unplaced)} | used | torn
    return ScanFiles(
        chosen=chosen,
        conflicts=conflicts,
        unplaced=tuple(unplaced),
        passed_over=tuple(image for image in images if image.path not in left),
        excluded=tuple(excluded),
    )


def is_excluded(image: ImageFile, rules: DatasetFile, root: Path) -> bool:
    """Whether a dataset file leaves an image out."""
    out = rules.exclude
    session = f"sub-{image.subject}/ses-{image.session}"
    names = {image.session, f"ses-{image.session}", session, session.replace("/", "_")}
    return (
        bool({image.subject, f"sub-{image.subject}"} & set(out.people))
        or bool(names & set(out.sessions))
        or any(fnmatch(image.path.relative_to(root).as_posix(), file) for file in out.files)
        or image.path.name in out.files
    )


def place(image: ImageFile, rules: DatasetFile, sidecars: Sidecars) -> ScanFile | None:
    """Say whose an image is and what made it; None where no rule does."""
    sessions = rules.sessions
    if sessions.scanner_from:
        name = scanner_name(sidecars.hardware(image.path), sessions.scanner_from)
        scan = ScanFile(image=image, subject=image.subject, scanner=name) if name else None
    else:
        scan = _matched(image, sessions.entity, sessions.pattern)
    if scan is None:
        return None
    require_names(image.path, person=scan.subject, scanner=scan.scanner)
    for division in rules.divide:
        if division.scanner == scan.scanner and _belongs(scan, division, sidecars):
            return replace(scan, scanner=division.into)
    return scan


def scanner_name(words: Mapping[str, str], fields: Sequence[str]) -> str:
    """Make the name of a scanner of what sidecars say of it: letters and digits alone.

    Examples
    --------
    >>> scanner_name({"Manufacturer": "GE", "ManufacturersModelName": "MR 750"}, ["Manufacturer"])
    'GE'
    """
    text = " ".join(words.get(field, "") for field in fields)
    return "".join(letter for letter in text if letter.isalnum())


def _matched(image: ImageFile, entity: str, pattern: str) -> ScanFile | None:
    value = image.name.entities.get(entity, "")
    found = matched(pattern.replace(PERSON, re.escape(image.subject)), value)
    if found is None or found["scanner"] is None:
        return None
    groups = found.groupdict()
    subject = groups.get("subject") or image.subject
    if entity != "sub" and subject != image.subject:
        return None
    return ScanFile(
        image=image,
        subject=subject,
        scanner=groups["scanner"],
        repeat=groups.get("repeat") or "",
    )


def _belongs(scan: ScanFile, division: Division, sidecars: Sidecars) -> bool:
    if division.sessions and scan.session not in division.sessions:
        return False
    if division.people and scan.subject not in division.people:
        return False
    values = sidecars.metadata(scan.path).values if division.where else {}
    return all(_equal(values.get(key), wanted) for key, wanted in division.where.items())


def _equal(value: Any, wanted: float | str) -> bool:
    if isinstance(wanted, str):
        return str(value) == wanted
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value - wanted) <= _SAME * abs(wanted)


def _one_sequence(
    scans: list[ScanFile], rules: DatasetFile, root: Path
) -> tuple[list[ScanFile], str]:
    """Choose the scans of one sequence; or say in one line why none can be chosen."""
    entity = rules.sessions.entity
    wanted = rules.sequences_of(scans[0].scanner)
    if wanted is None:
        plain = [scan for scan in scans if set(scan.sequence(entity)) <= _PLAIN]
        # Contrast agent makes another image of the same sequence.
        native = [scan for scan in plain if "ce" not in scan.sequence(entity)] or plain
        first = [scan for scan in native if _visit(scan) == _visit(native[0])]
    else:
        native = first = _preferred(scans, wanted, entity)
    if not native:
        return [], ""
    names = list(dict.fromkeys(sequence_name(scan.sequence(entity)) for scan in first))
    if len(names) > 1:
        return [], _several_sequences(first[0], names, root)
    found = [scan for scan in native if sequence_name(scan.sequence(entity)) == names[0]]
    return found, _twins(found)


def _visit(scan: ScanFile) -> tuple[str, str]:
    return scan.repeat, scan.session


def _preferred(scans: list[ScanFile], wanted: Sequence[str], entity: str) -> list[ScanFile]:
    for name in wanted:
        entities = entities_of(name)
        exact = [scan for scan in scans if scan.sequence(entity) == entities]
        fitting = [
            scan
            for scan in scans
            if entities
            and entities.items() <= scan.sequence(entity).items()
            and set(scan.sequence(entity)) <= _PLAIN | set(entities)
        ]
        if exact or fitting:
            return exact or fitting
    return []


def entities_of(name: str) -> dict[str, str]:
    """Take entities such as `acq-mprage_rec-norm` apart."""
    return dict(pair.split("-", 1) for pair in name.split("_") if "-" in pair)


def sequence_name(entities: Mapping[str, str]) -> str:
    """Name a sequence by its entities, in any order of theirs; empty for the one without any."""
    return "_".join(f"{key}-{value}" for key, value in sorted(entities.items()))


def _several_sequences(scan: ScanFile, names: Sequence[str], root: Path) -> str:
    said = ", ".join(name or "one without acq-" for name in names)
    where = f"sub-{scan.image.subject}" + (f" ses-{scan.session}" if scan.session else "")
    return (
        f"{root}: {where} has T1w images of several sequences ({said}), and nothing says which to "
        f'use; write sequence = "{names[-1]}", or another of them, into a dataset file (`phycharm '
        f"inspect {root} --write FILE`) and give it with --dataset-file."
    )


def _twins(scans: Sequence[ScanFile]) -> str:
    """Say which two files claim to be one image; empty where none do."""
    seen: dict[tuple[Any, ...], ScanFile] = {}
    for scan in scans:
        other = seen.setdefault((_visit(scan), scan.run), scan)
        if other is not scan:
            return (
                f"{scan.path}: is the same run of the same session as {other.path.name}; remove "
                "one of them, or exclude it in a dataset file."
            )
    return ""


def _natural(text: str) -> tuple[Any, ...]:
    """Sort numbers in a label by their value."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
