"""From tissue to T1-weighted signal, by whichever model is asked for."""

from collections.abc import Iterable
from typing import Literal

from torch import Tensor

from ..errors import InputError
from ..scanner import Acquisition
from .inversion_recovery import recovery_weight
from .mprage import mprage_signal

SignalModel = Literal["ir", "mprage"]


def t1w_weight(t1: Tensor, acquisition: Acquisition, *, model: SignalModel) -> Tensor:
    """T1 weighting per unit of M0, without echo-time decay.

    Parameters
    ----------
    t1 : Tensor
        T1 in ms, any shape.
    acquisition : Acquisition
        Of the scanner.
    model : {"ir", "mprage"}
        `ir` is the preprint's inversion-recovery equation (its f(T1; TI, TR), in magnitude);
        `mprage` the steady state of the whole readout train (Deichmann 2000), magnitude too.

    Returns
    -------
    Tensor
        Non-negative, shape of `t1`.

    Raises
    ------
    InputError
        If `mprage` is asked for and the acquisition has no echo spacing or number of readouts.
    """
    if model == "ir":
        return recovery_weight(
            t1,
            inversion_time=acquisition.inversion_time,
            repetition_time=acquisition.repetition_time,
        )
    if not has_readout_train(acquisition):
        raise InputError(
            "The mprage signal model needs RepetitionTimeExcitation and NumberShots in the "
            "sidecars; add them or choose signal = 'ir'."
        )
    assert acquisition.echo_spacing is not None and acquisition.readouts is not None
    # Sidecars do not say which pulse reads the centre of k-space: the middle one (linear order),
    # unless the train is too long for that to lie TI after the inversion; then the first (centric).
    middle = acquisition.readouts // 2
    linear = middle * acquisition.echo_spacing <= acquisition.inversion_time
    signal = mprage_signal(
        t1.clamp(min=1.0),
        inversion_time=acquisition.inversion_time,
        repetition_time=acquisition.repetition_time,
        flip_angle=acquisition.flip_angle,
        echo_spacing=acquisition.echo_spacing,
        readouts=acquisition.readouts,
        centre=middle if linear else 0,
    )
    return signal.abs()


def has_readout_train(acquisition: Acquisition) -> bool:
    """Whether enough is known of the acquisition for the `mprage` model."""
    return acquisition.echo_spacing is not None and acquisition.readouts is not None


def richest_model(acquisitions: Iterable[Acquisition]) -> SignalModel:
    """Return `mprage` where the readout trains of all these acquisitions are known, else `ir`."""
    return "mprage" if all(map(has_readout_train, acquisitions)) else "ir"
