"""How a T1-weighted image is acquired."""

from dataclasses import dataclass


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
