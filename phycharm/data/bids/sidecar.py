"""BIDS sidecars: how an image was acquired."""

import math
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from ...errors import InputError
from ...physics.acquisition import Acquisition, InversionEnd
from ...utils.json_file import read_object
from ...utils.suggestions import did_you_mean
from ..scanner import Scanner
from .bids_name import BidsName, inherited_sidecars

_SHORTEST_CREDIBLE_TR_MS = 50.0
_TYPICAL_FLIP_ANGLE = 9.0
_FIELD = "MagneticFieldStrength"
_BIDS_FIELDS = {
    "inversion_time": "InversionTime",
    "repetition_time": "RepetitionTime",
    "echo_time": "EchoTime",
}


def read_scanner(image: Path, root: Path, *, override: dict[str, Any] | None = None) -> Scanner:
    """Read from the sidecars of an image which scanner made it, and how.

    TR is `RepetitionTimePreparation`, from inversion to inversion, where the sidecar has it, since
    `RepetitionTime` means that with some vendors and the readout's own repetition with others.
    `NumberShots` is the number of readouts after an inversion, or two numbers: those before and
    after the centre of k-space. GE's TI, its preparation time, ends at the first readout, that of
    other vendors at the centre.

    Parameters
    ----------
    image : Path
        A NIfTI file inside the dataset, of a session that is named after its scanner.
    root : Path
        The BIDS dataset.
    override : dict, optional
        Fields of `Acquisition` (ms, degrees, words) that replace the sidecar's.

    Returns
    -------
    Scanner
        Times in ms.

    Raises
    ------
    InputError
        If there is no sidecar, or TI, TR or TE is missing or not positive.

    Warns
    -----
    UserWarning
        If TR is shorter than TI or than 50 ms: then it is the readout's repetition time.
    """
    metadata = _metadata(image, root)
    if not metadata and not override:
        raise InputError(
            f"{image}: no JSON sidecar; write one with InversionTime, RepetitionTime and EchoTime "
            "in seconds."
        )
    values = _acquisition_values(image, metadata) | (override or {})
    for field, bids_field in _BIDS_FIELDS.items():
        if not (math.isfinite(values.get(field, math.nan)) and values[field] > 0):
            raise InputError(
                f"{image}: {bids_field} is missing or not positive; add it to the sidecar, in "
                "seconds."
            )
    acquisition = _acquisition(image, values)
    _warn_of_readout_time(image, acquisition)
    return Scanner(
        name=BidsName.parse(image.name).entities.get("ses", ""),
        acquisition=acquisition,
        manufacturer=str(metadata.get("Manufacturer", "unknown")),
        field_strength=_number(image, {_FIELD: 3.0} | metadata, _FIELD),
    )


def _acquisition(image: Path, values: dict[str, Any]) -> Acquisition:
    known = [field.name for field in fields(Acquisition)]
    unknown = [name for name in values if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise InputError(f"{image}: [acquisitions] has no field {unknown[0]!r}; {hint}")
    whole: dict[str, int] = {
        name: int(_number(image, values, name)) for name in ("readouts", "centre") if name in values
    }
    known_values: dict[str, Any] = {**values, **whole}
    acquisition = Acquisition(**known_values)
    if acquisition.inversion_ends not in get_args(InversionEnd):
        raise InputError(
            f"{image}: inversion_ends is {acquisition.inversion_ends!r}; under [acquisitions] "
            "write 'centre' or 'first pulse'."
        )
    return acquisition


def _metadata(image: Path, root: Path) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in inherited_sidecars(image, root):
        merged.update(read_object(path, remedy="correct the sidecar"))
    return merged


def _acquisition_values(image: Path, metadata: dict[str, Any]) -> dict[str, Any]:
    repetition_field = (
        "RepetitionTimePreparation" if "RepetitionTimePreparation" in metadata else "RepetitionTime"
    )
    milliseconds = {
        "inversion_time": "InversionTime",
        "repetition_time": repetition_field,
        "echo_time": "EchoTime",
        "echo_spacing": "RepetitionTimeExcitation",
    }
    values: dict[str, Any] = {
        field: round(1000 * _number(image, metadata, key), 6)
        for field, key in milliseconds.items()
        if key in metadata
    }
    values["flip_angle"] = _TYPICAL_FLIP_ANGLE
    if "FlipAngle" in metadata:
        values["flip_angle"] = _number(image, metadata, "FlipAngle")
    maker = str(metadata.get("Manufacturer", "")).casefold()
    return values | _order(image, metadata) | _inversion_end(maker)


def _inversion_end(maker: str) -> dict[str, InversionEnd]:
    is_ge = maker.split(" ")[0] == "ge" or maker.startswith("general electric")
    return {"inversion_ends": "first pulse"} if is_ge else {}


def _order(image: Path, metadata: dict[str, Any]) -> dict[str, int]:
    """Read how many readouts there are and, where it is told, which of them reads the centre."""
    if "NumberShots" not in metadata:
        return {}
    shots = metadata["NumberShots"]
    if not isinstance(shots, list):
        return {"readouts": int(_number(image, metadata, "NumberShots"))}
    try:
        before, after = (int(count) for count in shots)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{image}: NumberShots in the sidecar is {shots!r}; write the number of readouts, or "
            "two: those before and after the centre of k-space."
        ) from None
    return {"readouts": before + after, "centre": before}


def _number(image: Path, metadata: dict[str, Any], key: str) -> float:
    try:
        value = float(metadata[key])
        if not math.isfinite(value):
            raise ValueError(value)
        return value
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{image}: {key} in the sidecar is {metadata[key]!r}; write one number."
        ) from None


def _warn_of_readout_time(image: Path, acquisition: Acquisition) -> None:
    repetition = acquisition.repetition_time
    if repetition < max(acquisition.inversion_time, _SHORTEST_CREDIBLE_TR_MS):
        warnings.warn(
            f"{image.name}: TR is {repetition:g} ms, shorter than TI or than 50 ms, so it is the "
            "readout's repetition time; give RepetitionTimePreparation in the sidecar, or "
            "repetition_time under [acquisitions] in the protocol.",
            stacklevel=3,
        )
