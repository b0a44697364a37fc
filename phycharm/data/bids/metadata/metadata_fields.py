"""The fields of BIDS sidecars that are read: type, unit and plausible range of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

_LARGEST = 10**12  # whole numbers of JSON know no end, floats do
_SECONDS, _MILLISECONDS, _DEGREES, _TESLA = "s", "ms", "degrees", "T"


@dataclass(frozen=True, kw_only=True)
class NumberField:
    """One number of a sidecar, or of an acquisition that a user gives.

    Parameters
    ----------
    name : str
        What the message calls it.
    unit : str
        What it is in; empty for a count.
    low, high : float
        Ends of what is plausible.
    often : str
        Unit that is often written by mistake, for the message; empty where there is none.
    factor : float
        By which a value in that unit has to be multiplied.
    """

    name: str
    unit: str
    low: float
    high: float
    often: str = ""
    factor: float = 1.0

    def problem(self, value: Any) -> str:
        """Say what is wrong with a value: a phrase that begins with the field; empty if nothing.

        Examples
        --------
        >>> FIELDS["InversionTime"].problem(450)
        'InversionTime is 450 s and seems to be in ms; write 0.45'
        >>> FIELDS["InversionTime"].problem("450 ms")
        "InversionTime is '450 ms'; write one number, in s"
        >>> FIELDS["InversionTime"].problem(0.45)
        ''
        """
        unit = f", in {self.unit}" if self.unit else ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{self.name} is {value!r}; write one number{unit}"
        if isinstance(value, int) and abs(value) > _LARGEST:
            return f"{self.name} is larger than anything plausible; write one number{unit}"
        if not math.isfinite(value) or value < 0 or (value == 0 and self.low > 0):
            return f"{self.name} is {value} and not positive; write a positive number{unit}"
        if self.low <= value <= self.high:
            return ""
        said = f"{self.name} is {value:g} {self.unit}".rstrip()
        meant = value * self.factor
        if self.often and self.low <= meant <= self.high:
            return f"{said} and seems to be in {self.often}; write {meant:g}"
        return f"{said}, and {self.low:g} to {self.high:g} is plausible; correct it"


def _seconds(name: str, low: float, high: float) -> NumberField:
    return NumberField(
        name=name, unit=_SECONDS, low=low, high=high, often=_MILLISECONDS, factor=1e-3
    )


def _milliseconds(name: str, low: float, high: float) -> NumberField:
    return NumberField(
        name=name, unit=_MILLISECONDS, low=low, high=high, often=_SECONDS, factor=1e3
    )


# From the shortest gradient-echo readouts to inversion recovery with full relaxation, with room to
# either side; what is meant is to tell units, not to judge a protocol.
FIELDS: Mapping[str, NumberField] = MappingProxyType(
    {
        field.name: field
        for field in (
            _seconds("InversionTime", 0.02, 10),
            _seconds("RepetitionTime", 0.001, 30),
            _seconds("RepetitionTimePreparation", 0.1, 30),
            _seconds("RepetitionTimeExcitation", 0.001, 0.1),
            _seconds("EchoTime", 0.0003, 0.2),
            NumberField(name="FlipAngle", unit=_DEGREES, low=0.5, high=180),
            NumberField(name="NumberShots", unit="", low=1, high=2000),
            NumberField(name="EchoTrainLength", unit="", low=1, high=2000),
            NumberField(
                name="MagneticFieldStrength",
                unit=_TESLA,
                low=0.01,
                high=20,
                often="gauss",
                factor=1e-4,
            ),
        )
    }
)
"""Numbers of a sidecar by their BIDS names."""

GIVEN: Mapping[str, NumberField] = MappingProxyType(
    {
        field.name: field
        for field in (
            _milliseconds("inversion_time", 20, 10_000),
            # The authors of PhyCHarm give the readout's repetition time in its place: 8.232 ms.
            _milliseconds("repetition_time", 4.5, 30_000),
            _milliseconds("echo_time", 0.3, 200),
            _milliseconds("echo_spacing", 1, 100),
            NumberField(name="flip_angle", unit=_DEGREES, low=0.5, high=180),
            NumberField(name="readouts", unit="", low=1, high=2000),
            NumberField(name="centre", unit="", low=0, high=2000),
            NumberField(name="inversion_efficiency", unit="", low=0.05, high=1),
            NumberField(name="transmit", unit="", low=0.05, high=3),
        )
    }
)
"""Numbers of an acquisition that a protocol or a dataset file gives, by their names there."""

TEXTS = (
    "Manufacturer",
    "ManufacturersModelName",
    "DeviceSerialNumber",
    "StationName",
    "SoftwareVersions",
    "InstitutionName",
)
"""Words of a sidecar that tell one machine from another."""
