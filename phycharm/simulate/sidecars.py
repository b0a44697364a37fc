"""What stands beside the images of a simulated dataset: BIDS sidecars, descriptions, README."""

from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..physics.mprage import ReadoutTrain
from .scanners.scanner_models import ScannerModel

BIDS_VERSION = "1.10.0"
GENERATOR = "phycharm simulate"
_DIGITS = 7


def _seconds(milliseconds: float) -> float:
    return round(milliseconds / 1000, _DIGITS)


def scan_sidecar(
    scanner: ScannerModel, train: ReadoutTrain, *, skull_stripped: bool = True
) -> dict[str, Any]:
    """Return the sidecar of one image, as the scanner's maker would fill it.

    Parameters
    ----------
    scanner : ScannerModel
        The scanner and its protocol.
    train : ReadoutTrain
        The train that the image was read by.
    skull_stripped : bool
        Whether the image shows the brain alone.

    Returns
    -------
    dict
        BIDS metadata; times in seconds, angles in degrees.
    """
    inversion = scanner.reported_inversion_time(train)
    repetition = train.echo_spacing if scanner.reports_readout else scanner.repetition_time
    return {
        "Manufacturer": scanner.manufacturer,
        "ManufacturersModelName": scanner.model,
        "MagneticFieldStrength": 3,
        "MRAcquisitionType": "3D",
        "PulseSequenceType": "Simulated inversion-prepared spoiled gradient-echo train",
        "InversionTime": _seconds(inversion),
        "RepetitionTime": _seconds(repetition),
        "RepetitionTimePreparation": _seconds(scanner.repetition_time),
        "RepetitionTimeExcitation": _seconds(train.echo_spacing),
        "EchoTime": _seconds(scanner.echo_time),
        "FlipAngle": train.flip_angle,
        "NumberShots": train.readouts,
        "SkullStripped": skull_stripped,
    }


T1MAP_SIDECAR = {
    "Units": "s",
    "EstimationReference": "Marques et al., NeuroImage 2010;49:1271-1281",
    "EstimationAlgorithm": "Lookup of the combined MP2RAGE image, B1+ taken as nominal",
}
MASK_SIDECAR = {
    "Type": "Brain",
    "Description": "Brain as simulated brain extraction found it in this scan",
}
TRUTH_SIDECARS: Mapping[str, dict[str, Any]] = {
    "T1map": {
        "Units": "s",
        "SkullStripped": True,
        "Description": "True T1; where tissues mix, 1/T1 is averaged with weights M0",
    },
    "T2starmap": {
        "Units": "s",
        "SkullStripped": True,
        "Description": "True T2*; where tissues mix, 1/T2* is averaged with weights M0",
    },
    "M0map": {
        "Units": "arbitrary",
        "SkullStripped": True,
        "Description": "True proton density relative to water",
    },
}

PARTICIPANTS_JSON = {
    "group": {
        "Description": "Cohort of the digital subject",
        "Levels": {
            "travelling": "Scanned on every scanner of the dataset",
            "quantitative": "Scanned with MPRAGE and MP2RAGE on one other scanner",
        },
    },
    "anatomy": {"Description": "Whose tissue maps the subject was made from"},
    "atrophy": {"Description": "Fraction of the grey matter's volume lost to CSF"},
}


def dataset_description(parameters: str) -> dict[str, Any]:
    """Return `dataset_description.json` of the simulated scans.

    Parameters
    ----------
    parameters : str
        What the dataset was simulated with, for a person.

    Returns
    -------
    dict
        `GeneratedBy` names `GENERATOR`: whoever reads the dataset knows that it is simulated.
    """
    return {
        "Name": "Digital travelling subjects (simulated)",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "License": "Terms of the anatomies; see README",
        "Authors": [GENERATOR],
        "GeneratedBy": [_generator(parameters)],
    }


def derivative_description(name: str, parameters: str) -> dict[str, Any]:
    """Return `dataset_description.json` of a derivative.

    Parameters
    ----------
    name : str
        What the derivative holds.
    parameters : str
        What the dataset was simulated with, for a person.

    Returns
    -------
    dict
        The description.
    """
    return {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [_generator(parameters)],
    }


def _generator(parameters: str) -> dict[str, Any]:
    return {
        "Name": GENERATOR,
        "Version": __version__,
        "Description": f"Digital travelling subjects, no person was scanned: {parameters}",
    }


README = """\
Digital travelling subjects
===========================

SIMULATED DATA: no person and no scanner was involved. `phycharm simulate` made this dataset.

sub-01, sub-02, ... (group travelling): one digital person each, scanned on every scanner of the
dataset (session = scanner). sub-Q01, ... (group quantitative): other digital people, scanned with
MPRAGE and MP2RAGE on one further scanner (session QUANT), with the T1 map that MP2RAGE gives.
Images are skull-stripped, unless their sidecar says otherwise (SkullStripped), and lie on one grid
for a subject, up to the residual misregistration of a real study.

derivatives/masks: the brain as brain extraction found it in each scan, errors and all.
derivatives/truth: true T1 (s), T2* (s), proton density relative to water, and fractions of CSF,
grey and white matter, and of deep grey matter (SGM), part of the grey.

How it is simulated, with the source of every parameter, is told in the page "Digital subjects" of
the phycharm documentation.

Made with {parameters}.

Anatomy:
{anatomy}
"""
