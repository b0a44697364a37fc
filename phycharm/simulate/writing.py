"""Where a simulated dataset lies on disk: BIDS, with masks and truth as derivatives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.nifti import write_volume
from ..utils.atomic import write_json, write_text
from .people.anatomy import TISSUES, Anatomy
from .people.subject import DigitalSubject
from .scanners.mp2rage import measured_t1
from .scanners.scanner_models import QUANTITATIVE_MP2RAGE, QUANTITATIVE_T1W
from .scanners.scanning import noisy_scan
from .scanners.visit import Visit
from .sidecars import (
    MASK_SIDECAR,
    PARTICIPANTS_JSON,
    README,
    T1MAP_SIDECAR,
    TRUTH_SIDECARS,
    dataset_description,
    derivative_description,
    scan_sidecar,
)

_MASK = "desc-brain_mask"
_SECONDS = np.float32(1e-3)  # BIDS wants maps of times in seconds


def write_descriptions(
    root: Path,
    travelling: Mapping[str, Anatomy],
    quantitative: Mapping[str, Anatomy],
    *,
    parameters: str,
    atrophy: Mapping[str, float],
) -> None:
    """Write what describes the dataset as a whole.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    travelling, quantitative : mapping of str to Anatomy
        Labels of the subjects of the two cohorts, and whose anatomy each has.
    parameters : str
        What the dataset was simulated with, for a person.
    atrophy : mapping of str to float
        Part of the grey matter lost, of those who have lost some.
    """
    write_json(root / "dataset_description.json", dataset_description(parameters))
    sources = {head.source for head in [*travelling.values(), *quantitative.values()]}
    text = README.format(parameters=parameters, anatomy="\n".join(sorted(sources)))
    write_text(root / "README", text)
    lines = ["participant_id\tgroup\tanatomy\tatrophy"]
    for group, people in (("travelling", travelling), ("quantitative", quantitative)):
        lines += [
            f"sub-{name}\t{group}\t{head.name}\t{atrophy.get(name, 0):g}"
            for name, head in people.items()
        ]
    write_text(root / "participants.tsv", "\n".join(lines) + "\n")
    write_json(root / "participants.json", PARTICIPANTS_JSON)
    for folder, name in (("masks", "Brain masks"), ("truth", "Truth of the simulation")):
        description = derivative_description(name, parameters)
        write_json(root / "derivatives" / folder / "dataset_description.json", description)


def write_truth(root: Path, subject: DigitalSubject) -> None:
    """Write a subject's true T1, T2* (seconds), M0 and tissue fractions.

    Grey matter (`label-GM`) is all of it; its deep part stands on its own too, under the name that
    BIDS has for it (`label-SGM`, subcortical grey matter).

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    subject : DigitalSubject
        The person.
    """
    truth = root / "derivatives" / "truth"
    for name, data in subject.truth_maps().items():
        scaled = data if name == "M0map" else data * _SECONDS
        _write(truth, subject, name, scaled, TRUTH_SIDECARS[name])
    for tissue, data in zip(TISSUES, subject.fraction_maps, strict=True):
        sidecar = {"Description": f"True fraction of {tissue}"}
        _write(truth, subject, f"label-{tissue}_probseg", data, sidecar)
    sidecar = {"Description": "True fraction of deep grey matter, which is part of GM"}
    _write(truth, subject, "label-SGM_probseg", subject.deep_grey_map, sidecar)


def write_travelling(root: Path, visit: Visit, *, repeated: bool = False) -> None:
    """Scan a subject on a scanner and write the image and the brain mask.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    visit : Visit
        Who, and the scanner, which names the session.
    repeated : bool
        Whether there are several runs, so that the names tell which one this is.
    """
    scan = noisy_scan(visit)
    (image,), (train,) = scan.magnitudes, scan.protocol.trains
    subject = visit.subject
    prefix = f"ses-{visit.scanner.name}_" + (f"run-{visit.run}_" if repeated else "")
    sidecar = scan_sidecar(scan.protocol, train, skull_stripped=subject.skull_stripped)
    _write(root, subject, f"{prefix}T1w", image, sidecar)
    _write(root / "derivatives" / "masks", subject, prefix + _MASK, scan.mask, MASK_SIDECAR)


def write_quantitative(root: Path, subject: DigitalSubject) -> None:
    """Write a subject's MPRAGE, both images of its MP2RAGE, and the T1 map that these give.

    Parameters
    ----------
    root : Path
        Folder of the dataset.
    subject : DigitalSubject
        The person.
    """
    write_travelling(root, Visit(subject=subject, scanner=QUANTITATIVE_T1W))
    visit = Visit(subject=subject, scanner=QUANTITATIVE_MP2RAGE)
    scan = noisy_scan(visit)
    prefix = f"ses-{visit.scanner.name}_"
    trains = scan.protocol.trains
    for number, (train, image) in enumerate(zip(trains, scan.magnitudes, strict=True), 1):
        sidecar = scan_sidecar(scan.protocol, train, skull_stripped=subject.skull_stripped)
        _write(root, subject, f"{prefix}inv-{number}_MP2RAGE", image, sidecar)
    first, second = scan.channels
    t1 = visit.box.average(measured_t1(first, second, scan.protocol))
    _write(root, subject, f"{prefix}T1map", np.where(scan.mask, t1, 0) * _SECONDS, T1MAP_SIDECAR)


def _write(
    root: Path,
    subject: DigitalSubject,
    name: str,
    data: npt.NDArray[Any],
    sidecar: Mapping[str, Any],
) -> None:
    """Write an image and its sidecar at the place that BIDS gives to its name."""
    person = f"sub-{subject.name}"
    session = [part for part in name.split("_") if part.startswith("ses-")]
    stem = root.joinpath(person, *session, "anat", f"{person}_{name}")
    write_volume(stem.with_name(f"{stem.name}.nii.gz"), data, subject.grid.affine)
    write_json(stem.with_name(f"{stem.name}.json"), sidecar)
