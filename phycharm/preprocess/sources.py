"""Which images of a dataset are preprocessed: the one place that asks its reader."""

from pathlib import Path
from typing import Any

from ..data.bids.bids_dataset import BidsDataset
from ..data.bids.bids_name import inherited_sidecars
from ..errors import InputError
from ..utils.json_file import read_object
from ..utils.suggestions import did_you_mean
from .source_scan import SourceKind, SourceScan


def find_sources(dataset: BidsDataset) -> list[SourceScan]:
    """List the T1w images of a dataset, their repeats, and the maps of quantitative people.

    Parameters
    ----------
    dataset : BidsDataset
        Raw, or half prepared.

    Returns
    -------
    list of SourceScan
        By person, scanner and run.

    Raises
    ------
    InputError
        If there is no T1w image.
    """
    masks = dataset.files("mask")
    found = []
    for (subject, scanner), path in sorted(dataset.files("T1w").items()):
        repeat = dataset.contents.repeat(subject, scanner)
        common: dict[str, Any] = {
            "subject": subject,
            "scanner": scanner,
            "repeated": repeat is not None,
        }
        mask = masks.get((subject, scanner))
        found.append(_source(dataset.root, path, mask=mask, **common))
        if repeat is not None:
            found.append(_source(dataset.root, repeat.path, run=2, **common))
    if not found:
        raise InputError(
            f"{dataset.root}: no T1w image (sub-X/ses-SCANNER/anat/sub-X_ses-SCANNER_T1w.nii.gz); "
            "check the names, or describe them in a dataset file."
        )
    return found + _quantitative(dataset, {scan.subject for scan in found})


def scanner_order(scans: list[SourceScan], *, reference: str = "") -> list[str]:
    """Rank scanners by how well they serve as a person's reference.

    Parameters
    ----------
    scans : list of SourceScan
        T1w images.
    reference : str
        The one that goes first; by default the one that most people have.

    Returns
    -------
    list of str
        All scanners; of several that as many people have, the first by name goes before.

    Raises
    ------
    InputError
        If no scan is of the reference.
    """
    people: dict[str, set[str]] = {}
    for scan in scans:
        people.setdefault(scan.scanner, set()).add(scan.subject)
    if reference and reference not in people:
        raise InputError(
            f"--reference {reference}: no such scanner; {did_you_mean(reference, people)}"
        )
    return sorted(people, key=lambda name: (name != reference, -len(people[name]), name))


def _quantitative(dataset: BidsDataset, people: set[str]) -> list[SourceScan]:
    kinds: tuple[SourceKind, ...] = ("inv-2", "T1map")
    return [
        _source(dataset.root, path, subject=subject, scanner=scanner, kind=kind)
        for kind in kinds
        for (subject, scanner), path in sorted(dataset.files(kind).items())
        if subject in people
    ]


def _source(root: Path, path: Path, **facts: Any) -> SourceScan:
    sidecar: dict[str, Any] = {}
    for file in inherited_sidecars(path, root):
        sidecar.update(read_object(file, remedy="correct the sidecar"))
    return SourceScan(
        path=path, relative=path.relative_to(root).as_posix(), sidecar=sidecar, **facts
    )
