"""The readout train that an acquisition describes, as far as it is known."""

from torch import Tensor

from ..errors import InputError
from .acquisition import Acquisition
from .mprage import ReadoutTrain, inversion_train_signals

_ROUNDING = 1e-6  # ms


def has_readout_train(acquisition: Acquisition) -> bool:
    """Whether echo spacing and number of readouts are known, and TI and TR beside them."""
    train = (
        acquisition.echo_spacing,
        acquisition.readouts,
        acquisition.inversion_time,
        acquisition.repetition_time,
    )
    return None not in train


def latest_centre(acquisition: Acquisition) -> int:
    """Return the latest readout that can read the centre of k-space.

    Parameters
    ----------
    acquisition : Acquisition
        With a readout train; its own `centre` does not count.

    Returns
    -------
    int
        Index of a readout, from 0. Where TI ends at the centre, the readouts before it have to lie
        between it and the inversion; where TI ends at the first pulse, any readout can be it.

    Raises
    ------
    InputError
        If echo spacing or number of readouts is not known.

    Examples
    --------
    >>> times = {"repetition_time": 2000, "echo_time": 3, "flip_angle": 12}
    >>> train = {"echo_spacing": 8, "readouts": 160}
    >>> latest_centre(Acquisition(inversion_time=450, **times, **train))
    56
    >>> latest_centre(
    ...     Acquisition(inversion_time=450, **times, **train, inversion_ends="first pulse")
    ... )
    159
    """
    spacing, readouts = _known(acquisition)
    if acquisition.inversion_ends == "first pulse":
        return readouts - 1
    return min(readouts - 1, int((acquisition.timing.inversion_time + _ROUNDING) // spacing))


def earliest_centre(acquisition: Acquisition) -> int:
    """Return the earliest readout that can read the centre of k-space.

    Parameters
    ----------
    acquisition : Acquisition
        With a readout train; its own `centre` does not count.

    Returns
    -------
    int
        Index of a readout, from 0. Where TI ends at the centre, the readouts after it have to be
        over before the next inversion.

    Raises
    ------
    InputError
        If echo spacing or number of readouts is not known.

    Examples
    --------
    >>> times = {"inversion_time": 1000, "echo_time": 3, "flip_angle": 12}
    >>> train = {"echo_spacing": 8, "readouts": 160}
    >>> earliest_centre(Acquisition(repetition_time=2000, **times, **train))
    35
    """
    spacing, readouts = _known(acquisition)
    if acquisition.inversion_ends == "first pulse":
        return 0
    room = acquisition.timing.repetition_time - acquisition.timing.inversion_time
    return max(0, readouts - int((room + _ROUNDING) // spacing))


def readout_train(acquisition: Acquisition) -> ReadoutTrain:
    """Return the train of readout pulses between two inversions.

    Parameters
    ----------
    acquisition : Acquisition
        With echo spacing and number of readouts. Where `centre` is None, the middle readout is
        taken (linear order), or the nearest to it that TI and TR leave room for.

    Returns
    -------
    ReadoutTrain
        Its inversion time ends at the centre of k-space, whatever the acquisition's ends at.

    Raises
    ------
    InputError
        If the train is not known, or no such train fits between two inversions: TI longer than
        TR, a train longer than TR, a centre that would be read before the inversion.

    Examples
    --------
    >>> ge = Acquisition(
    ...     inversion_time=450,
    ...     repetition_time=2000,
    ...     echo_time=3,
    ...     flip_angle=12,
    ...     echo_spacing=8,
    ...     readouts=160,
    ...     centre=20,
    ...     inversion_ends="first pulse",
    ... )
    >>> train = readout_train(ge)
    >>> train.inversion_time, train.start, train.end
    (610, 450, 1730)
    """
    spacing, readouts = _known(acquisition)
    _require_room(acquisition, spacing * readouts)
    centre = acquisition.centre
    if centre is None:
        centre = max(readouts // 2, earliest_centre(acquisition))
        centre = min(centre, latest_centre(acquisition))
    to_first = acquisition.inversion_ends == "first pulse"
    train = ReadoutTrain(
        inversion_time=acquisition.timing.inversion_time + (centre * spacing if to_first else 0),
        flip_angle=acquisition.flip_angle,
        echo_spacing=spacing,
        readouts=readouts,
        centre=centre,
    )
    if train.end > acquisition.timing.repetition_time + _ROUNDING:
        raise InputError(
            f"the readout train ends {train.end:g} ms after the inversion, and TR is "
            f"{acquisition.timing.repetition_time:g} ms; correct inversion_time, echo_spacing, "
            "readouts or centre in the sidecar or under [acquisitions]."
        )
    return train


def train_weight(t1: Tensor, acquisition: Acquisition) -> Tensor:
    """T1 weighting per unit of M0 by the steady state of the whole readout train.

    Parameters
    ----------
    t1 : Tensor
        T1 in ms, any shape; values below 1 ms count as 1 ms.
    acquisition : Acquisition
        With its readout train, inversion efficiency and transmit field.

    Returns
    -------
    Tensor
        Magnitude, shape of `t1`, without echo-time decay.

    Raises
    ------
    InputError
        As `readout_train`.

    Notes
    -----
    Deichmann et al. (2000); see `inversion_train_signals`.
    """
    (signal,) = inversion_train_signals(
        t1.clamp(min=1.0),
        trains=(readout_train(acquisition),),
        repetition_time=acquisition.timing.repetition_time,
        inversion_efficiency=acquisition.inversion_efficiency,
        b1=acquisition.transmit,
    )
    return signal.abs()


def _known(acquisition: Acquisition) -> tuple[float, int]:
    if acquisition.echo_spacing is None or acquisition.readouts is None:
        raise InputError(
            "the readout train is not known; add RepetitionTimeExcitation and NumberShots to the "
            "sidecars, or echo_spacing and readouts under [acquisitions], or choose signal = 'ir'."
        )
    return acquisition.echo_spacing, acquisition.readouts


def _require_room(acquisition: Acquisition, length: float) -> None:
    """Say first what is wrong in the words of the sidecar."""
    repetition = acquisition.timing.repetition_time
    for name, time in (("TI", acquisition.timing.inversion_time), ("the readout train", length)):
        if time > repetition + _ROUNDING:
            raise InputError(
                f"{name} lasts {time:g} ms, longer than TR, {repetition:g} ms from inversion to "
                "inversion, so no signal model fits; correct the sidecar (RepetitionTimePreparation"
                " is TR), or repetition_time under [acquisitions]."
            )
