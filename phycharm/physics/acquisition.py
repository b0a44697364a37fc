"""How a T1-weighted image is acquired, as far as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ..errors import InputError

InversionEnd = Literal["centre", "first pulse"]
"""Where a vendor's TI ends: at the readout of the centre of k-space, or at the first readout."""


CREDIBLE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"inversion_efficiency": (0.75, 1.0), "transmit": (0.7, 1.3)}
)
"""Ranges within which the continuous parameters of a scanner are fitted.

An adiabatic inversion inverts less than fully because of T2 and of B1 (.96 at 3 T in Marques et
al., NeuroImage 2010;49:1271-1281); the mean flip angle of a brain lies within 30 % of nominal.
"""


TIMES: Mapping[str, str] = MappingProxyType(
    {
        "inversion_time": "InversionTime",
        "repetition_time": "RepetitionTimePreparation",
        "echo_time": "EchoTime",
    }
)
"""TI, TR and TE: the fields of `Acquisition`, and what BIDS calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Parameters of an inversion-prepared T1-weighted acquisition.

    Parameters
    ----------
    inversion_time : float or None
        TI, from the inversion pulse to where `inversion_ends` says, in ms; None where nobody says
        it. Whoever computes with it asks `timing`.
    repetition_time : float or None
        TR, from one inversion pulse to the next, in ms (BIDS `RepetitionTimePreparation`; where
        only `RepetitionTime` is known and is no readout's, that).
    echo_time : float or None
        TE in ms.
    flip_angle : float
        Readout flip angle in degrees.
    echo_spacing : float, optional
        From one readout pulse to the next, in ms (BIDS `RepetitionTimeExcitation`).
    readouts : int, optional
        Readout pulses after each inversion (BIDS `NumberShots`).
    centre : int, optional
        Index, from 0, of the readout pulse that reads the centre of k-space: 0 for a low-high
        (centric) order, half of `readouts` for a linear one. BIDS has it where `NumberShots` is two
        numbers, the readouts before and after the centre. None where nobody says it.
    inversion_ends : {"centre", "first pulse"}
        What TI ends at; vendors differ (GE's preparation time ends at the first pulse).
    inversion_efficiency : float
        e in M -> -e M at the inversion; 1 inverts fully. No sidecar has it; it can be fitted.
    transmit : float
        Actual over nominal flip angle of the readout pulses, the mean over the brain. No sidecar
        has it; it can be fitted.
    assumed : tuple of str
        Fields whose value nobody said: usual ones were taken (see `open_parameters.assumed`).
    """

    inversion_time: float | None
    repetition_time: float | None
    echo_time: float | None
    flip_angle: float
    echo_spacing: float | None = None
    readouts: int | None = None
    centre: int | None = None
    inversion_ends: InversionEnd = "centre"
    inversion_efficiency: float = 1.0
    transmit: float = 1.0
    assumed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # JSON has no tuples, and what lies in a list could not be told from another acquisition.
        object.__setattr__(self, "assumed", tuple(self.assumed))

    @property
    def timing(self) -> "Timing":
        """TI, TR and TE for whoever cannot do without them."""
        return Timing(self)

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of TI, TR and TE are not known, by the names of their fields.

        Examples
        --------
        >>> philips = Acquisition(
        ...     inversion_time=None, repetition_time=None, echo_time=3.2, flip_angle=8
        ... )
        >>> philips.missing
        ('inversion_time', 'repetition_time')
        """
        return tuple(name for name in TIMES if getattr(self, name) is None)


@dataclass(frozen=True, slots=True)
class Timing:
    """TI, TR and TE of an acquisition, each known or an error that says what to do.

    Parameters
    ----------
    acquisition : Acquisition
        Whose times are asked for; those that nobody asks for may be unknown.

    Raises
    ------
    InputError
        By a property whose time is not known.

    Examples
    --------
    >>> philips = Acquisition(
    ...     inversion_time=None, repetition_time=None, echo_time=3.2, flip_angle=8
    ... )
    >>> philips.timing.echo_time
    3.2
    """

    acquisition: Acquisition

    @property
    def inversion_time(self) -> float:
        """TI in ms."""
        return self._known("inversion_time")

    @property
    def repetition_time(self) -> float:
        """TR in ms, from inversion to inversion."""
        return self._known("repetition_time")

    @property
    def echo_time(self) -> float:
        """TE in ms."""
        return self._known("echo_time")

    def _known(self, name: str) -> float:
        value: float | None = getattr(self.acquisition, name)
        if value is None:
            raise InputError(f"{name} is not known; {remedy_for(name)}.")
        return value


def remedy_for(name: str) -> str:
    """Say how a time that is not known can be given.

    Examples
    --------
    >>> remedy_for("echo_time")
    'give EchoTime in the sidecars, in s, or echo_time in a dataset file or [acquisitions], in ms'
    """
    return (
        f"give {TIMES[name]} in the sidecars, in s, or {name} in a dataset file or [acquisitions], "
        "in ms"
    )
