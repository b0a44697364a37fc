"""The inversion-recovery signal equation of the PhyCHarm preprint, and what it derives from it.

Equation numbers are those of medRxiv 10.1101/2025.02.07.25321867. All times are in ms. Every
function broadcasts, keeps the dtype (float32 or float64) and can be differentiated.
"""

import torch
from torch import Tensor

_SMALLEST_T1 = 1.0
_SMALLEST_WEIGHT = 0.05
_LARGEST_RATIO = 3.0


def recovery_weight(t1: Tensor, *, inversion_time: float, repetition_time: float) -> Tensor:
    """T1 weighting of an inversion-recovery signal, f(T1; TI, TR).

    ``f = |1 - 2 exp(-TI / T1) + exp(-TR / T1)|``: the factor of M0 in equations 1, 3 and 4. The
    printed form has no magnitude; it is non-negative for every T1 only where TR <= 2 TI, and
    scanners give magnitude images.

    Parameters
    ----------
    t1 : Tensor
        Longitudinal relaxation time in ms, any shape; values below 1 ms count as 1 ms.
    inversion_time, repetition_time : float
        TI and TR in ms.

    Returns
    -------
    Tensor
        Dimensionless, shape of `t1`.

    Examples
    --------
    >>> t1 = torch.tensor([800.0, 1400.0, 4000.0])  # white matter, grey matter, CSF
    >>> recovery_weight(t1, inversion_time=1200.0, repetition_time=2400.0)
    tensor([0.6035, 0.3313, 0.0672])
    """
    rate = 1 / t1.clamp(min=_SMALLEST_T1)
    inverted = 2 * torch.exp(-inversion_time * rate)
    return (1 - inverted + torch.exp(-repetition_time * rate)).abs()


def inversion_recovery_signal(
    t1: Tensor,
    m0: Tensor,
    *,
    inversion_time: float,
    repetition_time: float,
    echo_time: float = 0.0,
    t2_star: Tensor | None = None,
) -> Tensor:
    """T1-weighted signal, ``M0 f(T1; TI, TR) exp(-TE / T2*)`` (equation 3; 4 without T2*).

    Parameters
    ----------
    t1 : Tensor
        T1 in ms.
    m0 : Tensor
        Equilibrium magnetization, arbitrary units, broadcastable with `t1`.
    inversion_time, repetition_time, echo_time : float
        TI, TR and TE in ms.
    t2_star : Tensor, optional
        T2* in ms; without it the echo-time decay is left out.

    Returns
    -------
    Tensor
        Signal in the units of `m0`.

    Examples
    --------
    >>> t1, m0 = torch.tensor([800.0, 1400.0]), torch.tensor([70.0, 82.0])
    >>> inversion_recovery_signal(t1, m0, inversion_time=1200.0, repetition_time=2400.0)
    tensor([42.2469, 27.1704])
    """
    weight = recovery_weight(t1, inversion_time=inversion_time, repetition_time=repetition_time)
    signal = m0 * weight
    return signal if t2_star is None else signal * torch.exp(-echo_time / t2_star)


def m0_from_inversion(
    signal: Tensor, t1: Tensor, *, inversion_time: float, repetition_time: float
) -> Tensor:
    """M0 from a T1 map and the second inversion image of an MP2RAGE, ``S / f`` (equation 1).

    Parameters
    ----------
    signal : Tensor
        Magnitude of the INV2 image, arbitrary units.
    t1 : Tensor
        T1 in ms, same shape.
    inversion_time, repetition_time : float
        TI2 and TR of the MP2RAGE in ms.

    Returns
    -------
    Tensor
        M0 in the units of `signal`. Where f falls below 0.05 it is taken as 0.05: there the
        quotient is noise.

    Examples
    --------
    >>> t1, m0 = torch.tensor([800.0, 1400.0]), torch.tensor([70.0, 82.0])
    >>> times = {"inversion_time": 2830.0, "repetition_time": 5000.0}
    >>> m0_from_inversion(inversion_recovery_signal(t1, m0, **times), t1, **times)
    tensor([70., 82.])
    """
    weight = recovery_weight(t1, inversion_time=inversion_time, repetition_time=repetition_time)
    return signal / weight.clamp(min=_SMALLEST_WEIGHT)


def constrained_t1w(
    image: Tensor,
    source_signal: Tensor,
    target_signal: Tensor,
    *,
    source_echo_time: float,
    target_echo_time: float,
    decay_only: bool = False,
) -> Tensor:
    """T1-weighted image that the target scanner would have made of the same tissue.

    The closed form of equations 7 to 10. With ``cons0_s = M0 f_s`` (7), ``C = I / cons0_s`` (8)
    and ``T2* = -TE_s / ln C`` (9), equation 10, ``M0 f_t exp(-TE_t / T2*)``, reads
    ``M0 f_t C^(TE_t / TE_s)``, which needs no logarithm and cannot meet a negative T2*.

    Parameters
    ----------
    image : Tensor
        Source T1-weighted image, on the intensity scale of `source_signal`.
    source_signal, target_signal : Tensor
        Signals without decay, ``M0 f``, predicted for the source's and the target's acquisition.
    source_echo_time, target_echo_time : float
        TE in ms.
    decay_only : bool
        Whether the ratio of the echo times acts on C < 1 alone. A decay cannot brighten: C > 1 is
        what the signal model leaves unexplained (blur, errors of the maps), and is then passed on
        as it is. The preprint raises it to TE_t / TE_s too (through a negative T2*), which for
        TE_t > TE_s enlarges errors until dark structures turn bright.

    Returns
    -------
    Tensor
        Same shape and units as `image`. The ratio C is clamped to [0, 3]: it stands for a decay
        and what the signal model leaves out, and beyond that range the model has no say.

    Examples
    --------
    >>> signal = torch.tensor([30.0, 20.0])
    >>> constrained_t1w(0.9 * signal, signal, 2 * signal, source_echo_time=3, target_echo_time=6)
    tensor([48.6000, 32.4000])
    """
    # Away from zero, where neither the quotient nor the power has a gradient.
    smallest = torch.finfo(image.dtype).tiny
    ratio = (image / source_signal.clamp(min=smallest)).clamp(smallest, _LARGEST_RATIO)
    decayed = ratio ** (target_echo_time / source_echo_time)
    factor = torch.where(ratio > 1, ratio, decayed) if decay_only else decayed
    return torch.where(image > 0, target_signal * factor, 0)
