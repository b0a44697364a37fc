"""Signal of an inversion-prepared train of spoiled gradient echoes (MPRAGE, IR-SPGR, MP2RAGE).

One inversion is followed by one or several trains of equally spaced small-flip-angle pulses, and
the cycle repeats. Between two pulses the longitudinal magnetisation moves by an affine map, so a
whole train is a geometric series, a whole cycle is again an affine map, and the steady state is
its fixed point: no simulation of single pulses is needed.

References
----------
- Mugler JP, Brookeman JR. Magn Reson Med 1990;15:152-157 (MPRAGE).
- Deichmann R, Good CD, Josephs O, Ashburner J, Turner R. NeuroImage 2000;12:112-127
  (signal of the readout train).
- Marques JP, Kober T, Krueger G, van der Zwaag W, Van de Moortele PF, Gruetter R. NeuroImage
  2010;49:1271-1281 (MP2RAGE: equations 1 to 3 are the two-train case of the form used here).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError

_ROUNDING = 1e-6  # ms: room for the rounding of sums of times


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadoutTrain:
    """One train of excitation pulses after an inversion.

    Parameters
    ----------
    inversion_time : float
        From the inversion to the pulse that reads the centre of k-space, in ms.
    flip_angle : float
        Nominal flip angle of every pulse, in degrees.
    echo_spacing : float
        From one pulse to the next, in ms.
    readouts : int
        Number of pulses.
    centre : int, optional
        Index of the pulse that reads the centre of k-space: `readouts // 2` (linear order) when
        None, 0 for centric order.

    Raises
    ------
    InputError
        If the numbers describe no train, or the train would start before the inversion.

    Examples
    --------
    >>> train = ReadoutTrain(inversion_time=900, flip_angle=9, echo_spacing=7, readouts=176)
    >>> train.centre_index, train.start, train.end
    (88, 284, 1516)
    """

    inversion_time: float
    flip_angle: float
    echo_spacing: float
    readouts: int
    centre: int | None = None

    def __post_init__(self) -> None:
        if (
            self.readouts < 1
            or self.echo_spacing <= 0
            or not 0 <= self.centre_index < self.readouts
        ):
            raise InputError(
                f"{self}: needs readouts >= 1, echo_spacing > 0 and 0 <= centre < readouts."
            )
        if self.start < -_ROUNDING:
            raise InputError(
                f"{self}: would start {-self.start:g} ms before the inversion; "
                "take a longer inversion time, fewer readouts or an earlier centre."
            )

    @property
    def centre_index(self) -> int:
        """Index of the pulse whose signal sets the contrast."""
        return self.readouts // 2 if self.centre is None else self.centre

    @property
    def start(self) -> float:
        """Time of the first pulse after the inversion, in ms."""
        return self.inversion_time - self.centre_index * self.echo_spacing

    @property
    def end(self) -> float:
        """One echo spacing after the last pulse, in ms after the inversion."""
        return self.start + self.readouts * self.echo_spacing


# An affine map m -> gain * m + offset of the longitudinal magnetisation, in units of M0.
_Affine = tuple[Tensor, Tensor]


def _after(first: _Affine, second: _Affine) -> _Affine:
    return first[0] * second[0], first[1] * second[0] + second[1]


def _recovery(time: float, t1: Tensor) -> _Affine:
    rate = -time / t1
    return torch.exp(rate), -torch.expm1(rate)


def _pulses(count: int, train: ReadoutTrain, t1: Tensor, angle: Tensor) -> _Affine:
    """Return the map of `count` pulses, each with the recovery after it (geometric series)."""
    decay, regrowth = _recovery(train.echo_spacing, t1)
    gain = torch.cos(angle) * decay
    power = gain**count
    return power, regrowth * (1 - power) / (1 - gain)


def inversion_train_signals(
    t1: Tensor,
    m0: Tensor | float = 1.0,
    *,
    trains: Sequence[ReadoutTrain],
    repetition_time: float,
    inversion_efficiency: float = 1.0,
    b1: Tensor | float = 1.0,
) -> tuple[Tensor, ...]:
    """Steady-state signals at the centre of k-space of every train of one inversion cycle.

    Transverse magnetisation is taken as perfectly spoiled. Echo-time decay is not included:
    multiply by exp(-TE/T2*). Everything is differentiable in `t1`, `m0` and `b1`.

    Parameters
    ----------
    t1 : Tensor
        Longitudinal relaxation time in ms, any shape, > 0.
    m0 : Tensor or float
        Equilibrium magnetisation, broadcast against `t1`.
    trains : sequence of ReadoutTrain
        In order of time, without overlap.
    repetition_time : float
        From one inversion to the next, in ms.
    inversion_efficiency : float
        e in M -> -e M at the inversion; 1 inverts fully.
    b1 : Tensor or float
        Actual over nominal flip angle, broadcast against `t1`. The inversion is adiabatic and
        does not feel it.

    Returns
    -------
    tuple of Tensor
        One signed signal for each train (the scanner's magnitude image is its absolute value).

    Raises
    ------
    InputError
        If the trains overlap or do not fit into the repetition time.

    Notes
    -----
    Closed form of Deichmann et al. (2000) for one train and of Marques et al. (2010), equations 1
    to 3, for two.
    """
    cycle: _Affine = (torch.full_like(t1, -inversion_efficiency), torch.zeros_like(t1))
    clock, centres = 0.0, []
    for train in trains:
        _check_gap(train.start - clock, train)
        angle = torch.deg2rad(torch.as_tensor(train.flip_angle, dtype=t1.dtype)) * b1
        cycle = _after(cycle, _recovery(max(train.start - clock, 0.0), t1))
        to_centre = _pulses(train.centre_index, train, t1, angle)
        centres.append((_after(cycle, to_centre), torch.sin(angle)))
        cycle = _after(cycle, _pulses(train.readouts, train, t1, angle))
        clock = train.end
    _check_gap(repetition_time - clock, trains[-1])
    cycle = _after(cycle, _recovery(max(repetition_time - clock, 0.0), t1))
    steady = cycle[1] / (1 - cycle[0])  # fixed point, just before the inversion
    return tuple(m0 * sine * (gain * steady + offset) for (gain, offset), sine in centres)


def _check_gap(gap: float, train: ReadoutTrain) -> None:
    if gap < -_ROUNDING:
        raise InputError(
            f"{train}: overlaps its neighbour or the next inversion by {-gap:g} ms; "
            "take fewer readouts, a shorter echo spacing or a longer repetition time."
        )


def mprage_signal(  # noqa: PLR0913 - a protocol has that many numbers
    t1: Tensor,
    m0: Tensor | float = 1.0,
    *,
    inversion_time: float,
    repetition_time: float,
    flip_angle: float,
    echo_spacing: float,
    readouts: int,
    centre: int | None = None,
    inversion_efficiency: float = 1.0,
    b1: Tensor | float = 1.0,
) -> Tensor:
    """Steady-state signal of MPRAGE or IR-SPGR at the centre of k-space.

    Parameters
    ----------
    t1 : Tensor
        Longitudinal relaxation time in ms, any shape, > 0.
    m0 : Tensor or float
        Equilibrium magnetisation, broadcast against `t1`.
    inversion_time, repetition_time : float
        Inversion to centre of k-space, and inversion to inversion, in ms.
    flip_angle : float
        Nominal flip angle in degrees.
    echo_spacing : float
        From one readout pulse to the next, in ms.
    readouts : int
        Pulses of a train.
    centre : int, optional
        Index of the pulse at the centre of k-space; `readouts // 2` when None.
    inversion_efficiency : float
        e in M -> -e M; 1 inverts fully.
    b1 : Tensor or float
        Actual over nominal flip angle, broadcast against `t1`.

    Returns
    -------
    Tensor
        Signed signal, without the echo-time decay exp(-TE/T2*).

    Raises
    ------
    InputError
        If the train does not fit between two inversions.

    Notes
    -----
    Mugler and Brookeman (1990); closed form after Deichmann et al. (2000).

    Examples
    --------
    >>> mprage_signal(
    ...     torch.tensor([800.0, 1400.0, 4000.0]),  # white matter, grey matter, CSF
    ...     inversion_time=900.0,
    ...     repetition_time=2300.0,
    ...     flip_angle=9.0,
    ...     echo_spacing=7.0,
    ...     readouts=176,
    ... )
    tensor([0.0491, 0.0257, 0.0060])
    """
    train = ReadoutTrain(
        inversion_time=inversion_time,
        flip_angle=flip_angle,
        echo_spacing=echo_spacing,
        readouts=readouts,
        centre=centre,
    )
    (signal,) = inversion_train_signals(
        t1,
        m0,
        trains=(train,),
        repetition_time=repetition_time,
        inversion_efficiency=inversion_efficiency,
        b1=b1,
    )
    return signal
