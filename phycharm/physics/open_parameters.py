"""What an acquisition leaves open: what is taken for it, and how far it can lie from that."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .acquisition import CREDIBLE, Acquisition
from .readout import earliest_centre, latest_centre

RECOVERY = "recovery"
"""From the end of the readout train to the next inversion: TR, said so that a train always fits."""

NOMINAL: Mapping[str, float] = MappingProxyType({"inversion_efficiency": 0.96, "transmit": 1.0})
"""Taken where images do not determine a parameter, and by whoever has no images."""

USUAL: Mapping[str, float] = MappingProxyType(
    {"inversion_time": 900.0, "repetition_time": 2300.0, "echo_spacing": 7.0, "readouts": 176}
)
"""Taken where no sidecar says it: of the order of Siemens' and Philips' protocols for 1 mm at 3 T.

TI and TR are those of the ADNI's MPRAGE (Jack et al., J Magn Reson Imaging 2008;27:685-691).
"""

_USUAL_RECOVERY = 500.0
_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {**CREDIBLE, "inversion_time": (400.0, 1400.0), RECOVERY: (0.0, 2000.0)}
)
_DEVIATION: Mapping[str, float] = MappingProxyType(
    {"inversion_efficiency": 0.1, "transmit": 0.15, "inversion_time": 200.0, RECOVERY: 500.0}
)
_SMALLEST = 1e-6  # ms
_READOUT_SHARE = 0.7  # of the time between inversions, by trains whose length nobody says


def assumed(acquisition: Acquisition) -> Acquisition:
    """Complete an acquisition by usual values, so that a readout train can be computed.

    Parameters
    ----------
    acquisition : Acquisition
        As the sidecars give it.

    Returns
    -------
    Acquisition
        Its `assumed` names what was taken: TI and TR among them are open, and can be fitted; echo
        spacing and number of readouts matter little beside them, and are not.
    """
    missing = tuple(name for name in USUAL if getattr(acquisition, name) is None)
    if not missing:
        return acquisition
    usual: dict[str, Any] = {name: USUAL[name] for name in missing}
    complete = replace(acquisition, **usual, assumed=missing)
    if "repetition_time" in missing:
        # Room for every centre that is possible.
        end = complete.timing.inversion_time + _length(complete)
        longest = max(USUAL["repetition_time"], end + _USUAL_RECOVERY)
        return replace(complete, repetition_time=longest)
    return _fitting(complete)


def _fitting(complete: Acquisition) -> Acquisition:
    """Shorten what was assumed to what a known TR leaves room for."""
    available = complete.timing.repetition_time
    waits = complete.inversion_ends == "first pulse"
    if "readouts" in complete.assumed:
        room = available - (complete.timing.inversion_time if waits else 0.0)
        room = min(room, _READOUT_SHARE * available)
        most = int(room / (complete.echo_spacing or USUAL["echo_spacing"]))
        complete = replace(complete, readouts=max(min(complete.readouts or most, most), 1))
    if "inversion_time" in complete.assumed and waits:
        latest = max(available - _length(complete), 0.0)
        complete = replace(complete, inversion_time=min(USUAL["inversion_time"], latest))
    return complete


def open_parameters(acquisition: Acquisition) -> list[str]:
    """List what no sidecar said and images can tell, the centre of k-space first.

    Parameters
    ----------
    acquisition : Acquisition
        Complete (see `assumed`).

    Examples
    --------
    >>> siemens = Acquisition(
    ...     inversion_time=900,
    ...     repetition_time=2300,
    ...     echo_time=3,
    ...     flip_angle=9,
    ...     echo_spacing=7,
    ...     readouts=176,
    ...     centre=88,
    ... )
    >>> open_parameters(siemens)
    ['inversion_efficiency', 'transmit']
    """
    centre = ["centre"] if acquisition.centre is None else []
    times = {"inversion_time": "inversion_time", "repetition_time": RECOVERY}
    return [*centre, *(times[t] for t in times if t in acquisition.assumed), *CREDIBLE]


def nominal(acquisition: Acquisition, name: str) -> float:
    """Return what a continuous open parameter is without images."""
    if name == RECOVERY:
        return _USUAL_RECOVERY
    value = NOMINAL[name] if name in NOMINAL else USUAL[name]
    low, high = bounds(acquisition, name)
    return min(max(value, low), high)


def deviation(name: str) -> float:
    """Return how far from nominal is no surprise."""
    return _DEVIATION[name]


def bounds(acquisition: Acquisition, name: str) -> tuple[float, float]:
    """Return the credible range of a continuous open parameter, given the centre of k-space.

    Parameters
    ----------
    acquisition : Acquisition
        Complete, with a centre.
    name : str
        Of a parameter.

    Returns
    -------
    low, high : float
        Of TI no more than leaves room for the readouts before the centre, and, where TR is known,
        for those after it.
    """
    low, high = _RANGES[name]
    if name != "inversion_time":
        return low, high
    before, after = _around_centre(acquisition)
    low = max(low, before)
    if "repetition_time" not in acquisition.assumed:
        high = min(high, acquisition.timing.repetition_time - after)
    return low, max(high, low + _SMALLEST)


def possible_centres(acquisition: Acquisition) -> tuple[int, int]:
    """Return the earliest and the latest readout that can read the centre of k-space."""
    early = late = acquisition
    if "inversion_time" in acquisition.assumed:
        low, high = _RANGES["inversion_time"]
        early, late = (replace(acquisition, inversion_time=end) for end in (low, high))
    first = 0 if "repetition_time" in acquisition.assumed else earliest_centre(early)
    return first, latest_centre(late)


def with_values(acquisition: Acquisition, values: Mapping[str, Any]) -> Acquisition:
    """Give open parameters values; TI and TR follow where they were assumed, so that a train fits.

    Parameters
    ----------
    acquisition : Acquisition
        Complete, with a centre, or one among the values.
    values : mapping
        By names of `open_parameters`; empty, nothing changes.
    """
    if not values:
        return acquisition
    fields = {name: value for name, value in values.items() if name != RECOVERY}
    changed = replace(acquisition, **fields)
    if "inversion_time" in acquisition.assumed:
        low, high = bounds(changed, "inversion_time")
        nearest = min(max(changed.timing.inversion_time, low), high)
        changed = replace(changed, inversion_time=nearest)
    if "repetition_time" not in acquisition.assumed:
        return changed
    recovery = values.get(RECOVERY)
    if recovery is None:
        recovery = max(acquisition.timing.repetition_time - _train_end(acquisition), 0.0)
    return replace(changed, repetition_time=_train_end(changed) + recovery)


def _train_end(acquisition: Acquisition) -> float:
    return acquisition.timing.inversion_time + _around_centre(acquisition)[1]


def _around_centre(acquisition: Acquisition) -> tuple[float, float]:
    """Return how long the train lasts before and after the moment at which TI ends, in ms."""
    length = _length(acquisition)
    if acquisition.inversion_ends == "first pulse":
        return 0.0, length
    before = (acquisition.centre or 0) * (acquisition.echo_spacing or 0.0)
    return before, length - before


def _length(acquisition: Acquisition) -> float:
    return (acquisition.readouts or 0) * (acquisition.echo_spacing or 0.0)
