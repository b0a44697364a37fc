"""What is known of a scanner: its name, its maker and how its T1-weighted images are acquired."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """Parameters of an inversion-prepared T1-weighted acquisition.

    Parameters
    ----------
    inversion_time : float
        TI, from the inversion pulse to the readout of the centre of k-space, in ms.
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
    """

    inversion_time: float
    repetition_time: float
    echo_time: float
    flip_angle: float
    echo_spacing: float | None = None
    readouts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """One MRI scanner of a travelling-subject dataset.

    Parameters
    ----------
    name : str
        Label that is unique within a dataset; the BIDS session label.
    acquisition : Acquisition
        How its T1-weighted images are acquired.
    manufacturer : str
        Vendor, as in the BIDS sidecar.
    field_strength : float
        Static field in tesla.
    """

    name: str
    acquisition: Acquisition
    manufacturer: str = "unknown"
    field_strength: float = 3.0

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Make a scanner from what `dataclasses.asdict` gave, such as JSON keeps."""
        acquisition = Acquisition(**record["acquisition"])
        return cls(**{**record, "acquisition": acquisition})
