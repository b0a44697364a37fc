"""How a T1-weighted image is acquired."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

InversionEnd = Literal["centre", "first pulse"]
"""Where a vendor's TI ends: at the readout of the centre of k-space, or at the first readout."""


CREDIBLE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"inversion_efficiency": (0.75, 1.0), "transmit": (0.7, 1.3)}
)
"""Ranges within which the continuous parameters of a scanner are fitted.

An adiabatic inversion inverts less than fully because of T2 and of B1 (.96 at 3 T in Marques et
al., NeuroImage 2010;49:1271-1281); the mean flip angle of a brain lies within 30 % of nominal.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Parameters of an inversion-prepared T1-weighted acquisition.

    Parameters
    ----------
    inversion_time : float
        TI, from the inversion pulse to where `inversion_ends` says, in ms.
    repetition_time : float
        TR, from one inversion pulse to the next, in ms (BIDS `RepetitionTimePreparation`; where
        only `RepetitionTime` is known, that).
    echo_time : float
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
    """

    inversion_time: float
    repetition_time: float
    echo_time: float
    flip_angle: float
    echo_spacing: float | None = None
    readouts: int | None = None
    centre: int | None = None
    inversion_ends: InversionEnd = "centre"
    inversion_efficiency: float = 1.0
    transmit: float = 1.0
