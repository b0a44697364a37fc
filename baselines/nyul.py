"""Nyul's piecewise linear standardization to the histogram of the target."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from intensity_normalization import NyulNormalizer, create_image
from intensity_normalization.domain.exceptions import NormalizationError
from scipy.interpolate import make_interp_spline
from typing_extensions import override

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState
from phycharm.utils.arrays import Image

_LOWEST, _HIGHEST = 1.0, 99.0


class Nyul(Harmonizer):
    """Nyul's standardization: a histogram's landmarks go to the target scanner's.

    Landmarks are the percentiles 1, 10, 20, ..., 90 and 99 inside the mask. Those of the target
    are the mean over its training scans, each first brought to a common range (Nyul 2000): here
    from the mean 1st to the mean 99th percentile of the target's own training scans, so that
    images come out on the target's scale. `intensity-normalization` learns them.
    """

    card = MethodCard(
        name="nyul",
        summary="Piecewise linear mapping of histogram landmarks to the target's mean ones.",
        citation="Nyul, Udupa, Zhang. New variants of a method of MRI scale standardization. "
        "IEEE TMI 2000. doi:10.1109/42.836373",
        supervision="unpaired",
        scope="all",
        deviations=("The standard range is the target scanner's own, and not arbitrary.",),
        deterministic=True,
    )

    def __init__(self, *, seed: int = 0, device: str = "cpu") -> None:
        super().__init__(seed=seed, device=device)
        self._percentiles = torch.empty(0)
        self._landmarks: dict[str, torch.Tensor] = {}

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        self._landmarks = {}
        for scanner in train.scanners:
            normalizer = _fitted_normalizer(list(train.scans(scanner)))
            self._percentiles = torch.from_numpy(normalizer.percentiles)
            self._landmarks[scanner.name] = torch.from_numpy(normalizer.standard_scale)

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image:
        if target.name not in self._landmarks:
            raise ValueError(f"{self.card.name} was not fitted to {target.name}")
        brain = scan.image[scan.mask].astype(np.float64)
        own = np.percentile(brain, self._percentiles.numpy())
        image = np.zeros_like(scan.image)
        image[scan.mask] = piecewise_linear(brain, own, self._landmarks[target.name].numpy())
        return image

    @override
    def state(self) -> FittedState:
        return FittedState(tensors={"percentiles": self._percentiles} | _prefixed(self._landmarks))

    @override
    def restore(self, state: FittedState) -> None:
        self._percentiles = state.tensors["percentiles"]
        self._landmarks = {
            name.removeprefix(_PREFIX): tensor
            for name, tensor in state.tensors.items()
            if name.startswith(_PREFIX)
        }


_PREFIX = "landmarks."


def piecewise_linear(
    values: npt.NDArray[np.float64],
    own: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Map landmarks to landmarks, linearly between them and beyond the outermost.

    The normalizer's own mapping divides by zero where two of a scan's first landmarks are equal,
    as they are where many voxels of the mask are 0; here equal landmarks count once.

    Parameters
    ----------
    values : ndarray
        Intensities.
    own, wanted : ndarray, shape (L,)
        Landmarks of the scan, not falling, and of the target.

    Returns
    -------
    ndarray
        Mapped intensities, shape of `values`.

    Examples
    --------
    >>> own, wanted = np.array([0.0, 10.0, 20.0]), np.array([0.0, 1.0, 4.0])
    >>> piecewise_linear(np.array([5.0, 15.0, 30.0]), own, wanted)
    array([0.5, 2.5, 7. ])
    """
    distinct, first = np.unique(own, return_index=True)
    if len(distinct) == 1:
        # A constant brain has one landmark: it takes the middle of the target's.
        return np.full_like(values, np.median(wanted))
    mapped: npt.NDArray[np.float64] = make_interp_spline(distinct, wanted[first], k=1)(values)
    return mapped


def _fitted_normalizer(scans: list[Scan]) -> NyulNormalizer:
    ends = [np.percentile(scan.image[scan.mask], [_LOWEST, _HIGHEST]) for scan in scans]
    low, high = np.mean(ends, axis=0)
    normalizer = NyulNormalizer(
        output_min_value=float(low),
        output_max_value=float(high),
        min_percentile=_LOWEST,
        max_percentile=_HIGHEST,
    )
    images = [create_image(scan.image) for scan in scans]
    masks = [create_image(scan.mask) for scan in scans]
    try:
        normalizer.fit_population(images, masks)
    except NormalizationError as error:
        names = ", ".join(f"sub-{scan.subject}" for scan in scans)
        raise InputError(
            f"nyul: a scan of {scans[0].scanner.name} ({names}) has one intensity throughout the "
            f"brain ({error}); leave it out of the training subjects."
        ) from error
    return normalizer


def _prefixed(landmarks: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {_PREFIX + name: tensor for name, tensor in landmarks.items()}
