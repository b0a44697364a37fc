"""BIDS sidecars: how an image was acquired, as far as they say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

from ....errors import InputError
from ....physics.acquisition import Acquisition, InversionEnd
from ....utils.json_file import read_object
from ....utils.suggestions import did_you_mean
from ...content import require_content
from ...scanner import Scanner
from ..bids_name import BidsName, inherited_sidecars
from .metadata_fields import FIELDS, GIVEN, TEXTS

READOUT_MS = 50.0
"""A `RepetitionTime` below is the readout's: no train fits between two inversions so close."""

_TYPICAL_FLIP_ANGLE = 9.0
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Metadata:
    """What the sidecars of one image say together.

    Parameters
    ----------
    image : Path
        Whose sidecars.
    values : dict
        By BIDS names; the closest sidecar wins key by key.
    origins : dict
        The sidecar that each value is from.
    """

    image: Path
    values: Mapping[str, Any]
    origins: Mapping[str, Path]

    def number(self, key: str) -> float | None:
        """Return a number, or None where it is not told.

        Of a list with a number for each inversion of an MP2RAGE, the image's own is taken.

        Raises
        ------
        InputError
            If the value is of another type, or not plausible.
        """
        value = self.values.get(key)
        if isinstance(value, list):
            value = self._own(value)
        if value is None:
            return None
        if problem := FIELDS[key].problem(value):
            raise InputError(f"{self._place(key)}: {problem}.")
        return float(value)

    def _own(self, values: list[Any]) -> Any:
        if values and all(value == values[0] for value in values):
            return values[0]
        inversion = BidsName.parse(self.image.name).entities.get("inv", "")
        if inversion.isdecimal() and 0 < int(inversion) <= len(values):
            return values[int(inversion) - 1]
        return values

    def text(self, key: str) -> str:
        """Return a word, empty where it is not told; of several words all.

        Raises
        ------
        InputError
            If the value is neither words nor a number.
        """
        value = self.values.get(key)
        words = value if isinstance(value, list) else [] if value is None else [value]
        if any(isinstance(word, dict | list | bool) or word is None for word in words):
            raise InputError(f"{self._place(key)}: {key} is {value!r}; write text.")
        return " ".join(str(word).strip() for word in words)

    def readouts(self) -> tuple[int | None, int | None]:
        """Return how many readouts follow an inversion, and which of them reads the centre.

        BIDS has two numbers for MP2RAGE: the readouts before and after the centre. Philips counts
        the readouts of a shot as `EchoTrainLength`.
        """
        shots = self.values.get("NumberShots")
        if isinstance(shots, list):
            problem = next((p for p in map(FIELDS["NumberShots"].problem, shots) if p), "")
            if problem or not shots:
                raise InputError(
                    f"{self._place('NumberShots')}: NumberShots is {shots!r}; write the number of "
                    "readouts, or two: those before and after the centre of k-space."
                )
            before = int(shots[0]) if len(shots) == 2 else None
            return int(sum(shots)), before
        count = self.number("NumberShots")
        if count is None and self.text("Manufacturer").casefold().startswith("philips"):
            length = self.number("EchoTrainLength")
            count = length if length is not None and length > 1 else None
        return (None if count is None else int(count)), None

    def _place(self, key: str) -> Path:
        return self.origins.get(key, self.image)


class Sidecars:
    """The sidecars of a dataset, each read once.

    Parameters
    ----------
    root : Path
        The dataset.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read = cache(_read_sidecar)
        self.metadata = cache(self._metadata)
        self._listed = cache(_listed)

    def of(self, image: Path) -> list[Path]:
        """List the sidecars that hold for an image, from the most general to the closest."""
        return inherited_sidecars(image, self.root, listing=self._listed)

    def _metadata(self, image: Path) -> Metadata:
        values: dict[str, Any] = {}
        origins: dict[str, Path] = {}
        for path in self.of(image):
            own = self._read(path)
            values |= own
            origins |= dict.fromkeys(own, path)
        return Metadata(image, values, origins)

    def scanner(
        self, image: Path, *, name: str | None = None, override: Mapping[str, Any] | None = None
    ) -> Scanner:
        """Return which scanner made an image, and how; see `read_scanner`."""
        metadata = self.metadata(image)
        given = dict(override or {})
        own = {key: given.pop(key) for key in ("manufacturer", "field_strength") if key in given}
        session = BidsName.parse(image.name).entities.get("ses", "")
        return Scanner(
            name=session if name is None else name,
            acquisition=_acquisition(metadata, given),
            manufacturer=str(own.get("manufacturer") or metadata.text("Manufacturer") or _UNKNOWN),
            model=metadata.text("ManufacturersModelName"),
            field_strength=float(
                own.get("field_strength") or metadata.number("MagneticFieldStrength") or 3.0
            ),
        )

    def hardware(self, image: Path) -> dict[str, str]:
        """Return the words by which a machine can be told from another; those that are there."""
        metadata = self.metadata(image)
        words = {key: metadata.text(key) for key in TEXTS}
        return {key: word for key, word in words.items() if word}


def read_scanner(image: Path, root: Path, *, override: dict[str, Any] | None = None) -> Scanner:
    """Read from the sidecars of an image which scanner made it, and how.

    TR is `RepetitionTimePreparation`, from inversion to inversion, where the sidecar has it, since
    `RepetitionTime` means that with some vendors and the readout's own repetition with others: one
    that is below 50 ms is the readout's, one below TI is nothing that can be used, and TR is not
    known then. `NumberShots` is the number of readouts after an inversion, or two numbers: those
    before and after the centre of k-space. GE's TI, its preparation time, ends at the first
    readout, that of other vendors at the centre.

    Parameters
    ----------
    image : Path
        A NIfTI file inside the dataset, of a session that is named after its scanner.
    root : Path
        The BIDS dataset.
    override : dict, optional
        Fields of `Acquisition` (ms, degrees, words), `manufacturer` and `field_strength` that
        replace the sidecar's.

    Returns
    -------
    Scanner
        Times in ms; None where no sidecar says them.

    Raises
    ------
    InputError
        If a value is of the wrong type, or not plausible: in another unit, NaN, zero.
    """
    return Sidecars(root).scanner(image, override=override)


def _read_sidecar(path: Path) -> dict[str, Any]:
    return read_object(require_content(path), remedy="correct the sidecar")


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), key=lambda path: (len(path.name), path.name))


def _acquisition(metadata: Metadata, given: Mapping[str, Any]) -> Acquisition:
    known = [field.name for field in fields(Acquisition)]
    unknown = [name for name in given if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise InputError(f"{metadata.image}: [acquisitions] has no field {unknown[0]!r}; {hint}")
    for name, value in given.items():
        if name in GIVEN and (problem := GIVEN[name].problem(value)):
            raise InputError(f"{metadata.image}: [acquisitions]: {problem}.")
    values: dict[str, Any] = _told(metadata, given) | dict(given)
    for name in ("readouts", "centre"):
        if values.get(name) is not None:
            values[name] = int(values[name])
    acquisition = Acquisition(**values)
    if acquisition.inversion_ends not in get_args(InversionEnd):
        raise InputError(
            f"{metadata.image}: inversion_ends is {acquisition.inversion_ends!r}; under "
            "[acquisitions] write 'centre' or 'first pulse'."
        )
    return acquisition


def _told(metadata: Metadata, given: Mapping[str, Any]) -> dict[str, Any]:
    """Read what sidecars say; a value that is given anyway is not judged."""

    def read(name: str, key: str) -> float | None:
        value = None if name in given else metadata.number(key)
        return None if value is None else round(1000 * value, 6)

    inversion = read("inversion_time", "InversionTime")
    repetition = read("repetition_time", "RepetitionTimePreparation")
    spacing = read("echo_spacing", "RepetitionTimeExcitation")
    if repetition is None and "repetition_time" not in given:
        repetition = read("repetition_time", "RepetitionTime")
        if repetition is not None and repetition < max(
            given.get("inversion_time", inversion) or 0, READOUT_MS
        ):
            spacing = repetition if spacing is None and repetition < READOUT_MS else spacing
            repetition = None
    angle = None if "flip_angle" in given else metadata.number("FlipAngle")
    readouts, centre = (None, None) if "readouts" in given else metadata.readouts()
    return {
        "inversion_time": inversion,
        "repetition_time": repetition,
        "echo_time": read("echo_time", "EchoTime"),
        "flip_angle": _TYPICAL_FLIP_ANGLE if angle is None else angle,
        "echo_spacing": spacing,
        "readouts": readouts,
        "centre": centre,
        **_inversion_end(metadata.text("Manufacturer").casefold()),
    }


def _inversion_end(maker: str) -> dict[str, InversionEnd]:
    is_ge = maker.split(" ")[0] == "ge" or maker.startswith("general electric")
    return {"inversion_ends": "first pulse"} if is_ge else {}
