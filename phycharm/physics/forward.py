"""From tissue to T1-weighted signal, by whichever model is asked for."""

import math
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor

from ..errors import InputError
from .acquisition import Acquisition
from .inversion_recovery import recovery_weight
from .mprage import mprage_signal
from .readout import has_readout_train, train_weight

SignalModel = Literal["ir", "train", "mprage"]
"""`mprage` is what models of revision 3 and before were trained with; nothing new uses it."""

_LONGEST_PARENCHYMAL_T1 = 2000.0


def t1w_weight(t1: Tensor, acquisition: Acquisition, *, model: SignalModel) -> Tensor:
    """T1 weighting per unit of M0, without echo-time decay.

    Parameters
    ----------
    t1 : Tensor
        T1 in ms, any shape.
    acquisition : Acquisition
        Of the scanner.
    model : {"ir", "train", "mprage"}
        `ir` is the preprint's inversion-recovery equation, its f(T1; TI, TR); `train` the steady
        state of the whole readout train (see `train_weight`); `mprage` the same of a full inversion
        with the centre in the middle, and `ir` where the train is too long for that: it turned
        contrast the wrong way for vendors who read the centre early, and is kept for the models
        that were trained with it.

    Returns
    -------
    Tensor
        Non-negative, shape of `t1`.

    Raises
    ------
    InputError
        If a readout train is asked for and the acquisition has none, or none that fits.

    Examples
    --------
    >>> import torch
    >>> timing = Acquisition(
    ...     inversion_time=1000,
    ...     repetition_time=2300,
    ...     echo_time=3,
    ...     flip_angle=9,
    ...     echo_spacing=7,
    ...     readouts=176,
    ... )
    >>> t1 = torch.tensor([800.0, 1400.0])  # white and grey matter
    >>> t1w_weight(t1, timing, model="ir")
    tensor([0.4834, 0.2143])
    >>> t1w_weight(t1, timing, model="train")
    tensor([0.0530, 0.0294])
    """
    if model == "train":
        return train_weight(t1, acquisition)
    if model == "mprage" and not has_readout_train(acquisition):
        raise InputError(
            "The mprage signal model needs RepetitionTimeExcitation and NumberShots in the "
            "sidecars; add them or choose signal = 'ir'."
        )
    if model == "mprage" and _is_linear(acquisition):
        assert acquisition.echo_spacing is not None and acquisition.readouts is not None
        return mprage_signal(
            t1.clamp(min=1.0),
            inversion_time=acquisition.timing.inversion_time,
            repetition_time=acquisition.timing.repetition_time,
            flip_angle=acquisition.flip_angle,
            echo_spacing=acquisition.echo_spacing,
            readouts=acquisition.readouts,
        ).abs()
    return recovery_weight(
        t1,
        inversion_time=acquisition.timing.inversion_time,
        repetition_time=effective_repetition_time(acquisition),
    )


def effective_repetition_time(acquisition: Acquisition) -> float:
    """TR that the inversion-recovery equation is given, in ms.

    With a TI that is short against TR, f(T1; TI, TR) falls below zero within the brain, and its
    magnitude would show grey matter brighter than white. Such protocols do not behave so, because
    their long readout trains keep the magnetization from recovering. The authors of PhyCHarm give
    the readout's repetition time for TR there (GE: 8.232 ms), which turns f into
    ``2 (1 - exp(-TI / T1))``, positive and monotone; that is what this function does.

    Parameters
    ----------
    acquisition : Acquisition
        Of the scanner.

    Returns
    -------
    float
        The acquisition's TR, or its echo spacing (0 where unknown) if f would change its sign for
        a T1 below 2000 ms. Where TR is not known and the echo spacing is, that too.

    Raises
    ------
    InputError
        If TI is not known, or neither TR nor the echo spacing is.

    Examples
    --------
    >>> long = Acquisition(inversion_time=1200, repetition_time=2400, echo_time=2, flip_angle=8)
    >>> effective_repetition_time(long)
    2400
    >>> short = Acquisition(
    ...     inversion_time=450, repetition_time=2200, echo_time=3, flip_angle=12, echo_spacing=8.2
    ... )
    >>> effective_repetition_time(short)
    8.2
    """
    if acquisition.repetition_time is None and acquisition.echo_spacing is not None:
        return acquisition.echo_spacing
    rate = 1 / _LONGEST_PARENCHYMAL_T1
    times = acquisition.timing
    weight = (
        1 - 2 * math.exp(-times.inversion_time * rate) + math.exp(-times.repetition_time * rate)
    )
    return times.repetition_time if weight >= 0 else acquisition.echo_spacing or 0.0


def require_signal(name: str, acquisition: Acquisition, *, model: SignalModel) -> None:
    """Make sure that a signal model fits an acquisition.

    Parameters
    ----------
    name : str
        Of the scanner, for the message.
    acquisition : Acquisition
        Its own.
    model : {"ir", "train", "mprage"}
        Signal model.

    Raises
    ------
    InputError
        If no signal can be computed (see `readout_train`); the scanner is named.
    """
    try:
        t1w_weight(torch.tensor([1000.0]), acquisition, model=model)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def richest_model(acquisitions: Iterable[Acquisition]) -> SignalModel:
    """Return the signal model that serves all of these acquisitions.

    Parameters
    ----------
    acquisitions : iterable of Acquisition
        As the sidecars give them.

    Returns
    -------
    {"train", "ir"}
        `train` where all readout trains are known, and where TI or TR of one is not: what is
        missing can be assumed and fitted then (`fit_acquisition`). Else `ir`.

    Examples
    --------
    >>> known = {"inversion_time": 900, "repetition_time": 2300, "echo_time": 3, "flip_angle": 9}
    >>> richest_model([Acquisition(**known)])
    'ir'
    >>> richest_model([Acquisition(**known, echo_spacing=7, readouts=176)])
    'train'
    >>> richest_model([Acquisition(**known), Acquisition(**known | {"inversion_time": None})])
    'train'
    """
    listed = list(acquisitions)
    unknown = any(one.inversion_time is None or one.repetition_time is None for one in listed)
    return "train" if unknown or all(map(has_readout_train, listed)) else "ir"


def _is_linear(acquisition: Acquisition) -> bool:
    """Whether the middle pulse of the train can lie TI after the inversion."""
    assert acquisition.echo_spacing is not None and acquisition.readouts is not None
    return acquisition.readouts // 2 * acquisition.echo_spacing <= acquisition.timing.inversion_time
