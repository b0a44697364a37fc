"""The effective acquisition: what no sidecar says, fitted to images of people with known maps.

No sidecar says everything that sets the contrast of an inversion-prepared readout train: which
readout reads the centre of k-space, how well the inversion inverts, how strong the pulses really
are. Where T1 and M0 of the people in an image are known, the image is a curve of intensity per M0
against T1, and the train whose curve fits it best, up to one gain an image, is the effective one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import least_squares

from .acquisition import Acquisition
from .intensity_curve import IntensityCurve
from .open_parameters import (
    RECOVERY,
    assumed,
    bounds,
    deviation,
    nominal,
    open_parameters,
    possible_centres,
    with_values,
)
from .readout import readout_train, train_weight

_PULL = 0.003  # rise of the misfit that a value one deviation from nominal is worth
_TOLERANCE = (1.15, 0.003)  # a misfit this much larger, or by this part of the intensity, is equal
_WIDEST = 0.5  # part of its range that may fit equally well before a parameter is undetermined
_PROFILE = 7  # values tried along a range
_CENTRES = 9  # readouts tried as the centre, before the best is refined

_TINY = 1e-12

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FittedParameter:
    """One parameter of an effective acquisition.

    Parameters
    ----------
    name : str
        Field of `Acquisition`.
    value : float
        What was taken.
    spread : float or None
        Standard deviation of the values fitted to each image alone; None for fewer than two images
        and where the images do not determine it.
    determined : bool
        Whether the images determine it; otherwise `value` is the known or the nominal one.
    """

    name: str
    value: float
    spread: float | None
    determined: bool


@dataclass(frozen=True, kw_only=True)
class EffectiveAcquisition:
    """An acquisition completed by what images say.

    Parameters
    ----------
    acquisition : Acquisition
        Complete.
    parameters : tuple of FittedParameter
        What was to be fitted.
    misfit : float or None
        Root mean square difference between curves and fit, relative to the mean intensity; None
        where there was no image to fit.
    images : int
        How many images were fitted.
    """

    acquisition: Acquisition
    parameters: tuple[FittedParameter, ...]
    misfit: float | None
    images: int

    def completed(self, acquisition: Acquisition) -> Acquisition:
        """Return another acquisition by the same protocol with what was fitted or assumed."""
        taken = (*(one.name for one in self.parameters), *self.acquisition.assumed, "assumed")
        return replace(acquisition, **{name: getattr(self.acquisition, name) for name in taken})

    def as_record(self) -> dict[str, Any]:
        """Return plain data for JSON, which `from_record` takes."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "EffectiveAcquisition":
        """Make it from what `as_record` gave."""
        return cls(
            acquisition=Acquisition(**record["acquisition"]),
            parameters=tuple(FittedParameter(**one) for one in record["parameters"]),
            misfit=record["misfit"],
            images=record["images"],
        )


def fit_acquisition(
    acquisition: Acquisition, curves: Sequence[IntensityCurve]
) -> EffectiveAcquisition:
    """Fit what an acquisition leaves open to curves of intensity against T1.

    Bounded least squares over inversion efficiency and transmit field, with a weak pull to their
    nominal values, for the known centre of k-space or for every one that is possible, with a gain
    for each image. TI and TR are fitted likewise where nobody says them. A parameter is determined
    if at most half of its credible range fits about as well as the best value, all others being
    fitted anew. The least determined one is set to what is known or nominal, and the rest fitted
    again, until all that are left are determined.

    Parameters
    ----------
    acquisition : Acquisition
        As far as it is known; what it lacks is assumed (see `assumed`). A `centre` that is given is
        kept.
    curves : sequence of IntensityCurve
        Of the images. Where there is none, nothing is determined.

    Returns
    -------
    EffectiveAcquisition
        Complete.

    Raises
    ------
    InputError
        If no readout train fits into the acquisition (see `readout_train`).
    """
    return _fitted(acquisition, tuple(curves))


# A run fits the same scanner to the same curves in the cell of every direction.
@lru_cache(maxsize=64)
def _fitted(acquisition: Acquisition, curves: tuple[IntensityCurve, ...]) -> EffectiveAcquisition:
    acquisition = assumed(acquisition)
    wanted = open_parameters(acquisition)
    given = replace(acquisition, centre=readout_train(acquisition).centre_index)
    usual = {name: nominal(given, name) for name in wanted if name != "centre"}
    given = with_values(given, usual)
    if not curves:
        nothing = tuple(_parameter(name, given, [], []) for name in wanted)
        return EffectiveAcquisition(acquisition=given, parameters=nothing, misfit=None, images=0)
    free = list(wanted)
    best = _fit(given, curves, free)
    while free:
        widths = {name: _equal_width(given, curves, free, name, best.misfit) for name in free}
        weakest = max(widths, key=lambda name: widths[name])
        if widths[weakest] <= _WIDEST:
            break
        free.remove(weakest)
        best = _fit(given, curves, free)
    best = _refined(best, curves, free)
    alone = [_refined(_fit(given, [one], free), [one], free).acquisition for one in curves]
    return EffectiveAcquisition(
        acquisition=best.acquisition,
        parameters=tuple(_parameter(name, best.acquisition, alone, free) for name in wanted),
        misfit=best.misfit,
        images=len(curves),
    )


def _parameter(
    name: str, chosen: Acquisition, alone: Sequence[Acquisition], free: Sequence[str]
) -> FittedParameter:
    field = "repetition_time" if name == RECOVERY else name
    values = [float(getattr(one, field)) for one in alone]
    known = name in free and len(values) > 1
    return FittedParameter(
        name=field,
        value=float(getattr(chosen, field)),
        spread=float(np.std(values, ddof=1)) if known else None,
        determined=name in free,
    )


@dataclass(frozen=True)
class _Fit:
    acquisition: Acquisition
    misfit: float


def _fit(given: Acquisition, curves: Sequence[IntensityCurve], free: Sequence[str]) -> _Fit:
    """Fit the free parameters; the others stay as given."""
    return min(_fits(given, curves, free), key=lambda fit: fit.misfit)


def _fits(
    given: Acquisition, curves: Sequence[IntensityCurve], free: Sequence[str]
) -> Iterator[_Fit]:
    """Fit the continuous parameters, for every centre that is tried if it is free."""
    continuous = [name for name in free if name != "centre"]
    if "centre" not in free:
        yield _fit_continuous(given, curves, continuous)
        return
    for centre in _tried_centres(given):
        yield _fit_continuous(with_values(given, {"centre": centre}), curves, continuous)


def _refined(best: _Fit, curves: Sequence[IntensityCurve], free: Sequence[str]) -> _Fit:
    """Look for a better centre between the readouts that were tried."""
    if "centre" not in free:
        return best
    continuous = [name for name in free if name != "centre"]
    first, last = possible_centres(best.acquisition)
    step = max((last - first) // (_CENTRES - 1), 1)
    while step > 1:
        step = (step + 1) // 2
        middle = best.acquisition.centre or 0
        near = [middle + move for move in (-step, step) if first <= middle + move <= last]
        tried = [with_values(best.acquisition, {"centre": centre}) for centre in near]
        fits = [_fit_continuous(one, curves, continuous) for one in tried]
        best = min([best, *fits], key=lambda fit: fit.misfit)
    return best


def _tried_centres(given: Acquisition) -> list[int]:
    """Return readouts along the train, as many as matter."""
    first, last = possible_centres(given)
    tried = np.linspace(first, last, min(_CENTRES, last - first + 1)).round()
    return [int(centre) for centre in np.unique(tried)]


def _fit_continuous(
    given: Acquisition, curves: Sequence[IntensityCurve], names: Sequence[str]
) -> _Fit:
    times = torch.from_numpy(np.stack([curve.t1 for curve in curves]))
    measured = np.stack([curve.intensity / curve.intensity.mean() for curve in curves])
    if not names:
        return _Fit(given, _rms(_differences(given, times, measured)))
    low, high = (np.array(ends) for ends in zip(*(bounds(given, n) for n in names), strict=True))
    start = np.array([nominal(given, name) for name in names])
    deviations = np.array([deviation(name) for name in names])

    def differences(values: _Values) -> _Values:
        changes = dict(zip(names, map(float, values), strict=True))
        curve = _differences(with_values(given, changes), times, measured)
        # A train with a late centre and weak pulses makes nearly the curve of an early centre:
        # among values that fit alike, those near nominal are taken.
        pull = _PULL * curve.size**0.5 * (values - start) / deviations
        return np.concatenate([curve, pull])

    # Milliseconds beside fractions: a step in each has to be of some effect.
    scale = np.maximum(deviations, 1.0)
    found = least_squares(
        differences, start, bounds=(low, high), x_scale=scale, xtol=1e-5, ftol=1e-6
    )
    values = dict(zip(names, map(float, found.x), strict=True))
    count = measured.size
    return _Fit(with_values(given, values), float(np.sqrt(np.square(found.fun).sum() / count)))


def _differences(acquisition: Acquisition, times: torch.Tensor, measured: _Values) -> _Values:
    """Return fit minus curve, relative to the curve's mean, each curve with its best gain."""
    expected = train_weight(times, acquisition).numpy()
    power = np.square(expected).sum(axis=1, keepdims=True)
    gain = (expected * measured).sum(axis=1, keepdims=True) / np.maximum(power, _TINY)
    differences: _Values = (gain * expected - measured).ravel()
    return differences


def _rms(differences: _Values) -> float:
    return float(np.sqrt(np.mean(differences**2)))


def _equal_width(
    given: Acquisition,
    curves: Sequence[IntensityCurve],
    free: Sequence[str],
    name: str,
    best: float,
) -> float:
    """Return the part of a parameter's range that fits about as well as the best value."""
    others = [other for other in free if other != name]
    factor, rise = _TOLERANCE
    allowed = max(factor * best, best + rise)
    values = _range_of(given, name)
    if len(values) < 2:
        return 0.0
    tried = [with_values(given, {name: value}) for value in values]
    # One good centre is enough: the best of all is not looked for.
    equal = [any(fit.misfit <= allowed for fit in _fits(one, curves, others)) for one in tried]
    return sum(equal) / len(values)


def _range_of(given: Acquisition, name: str) -> list[Any]:
    if name == "centre":
        return _tried_centres(given)
    return [float(value) for value in np.linspace(*bounds(given, name), _PROFILE)]
