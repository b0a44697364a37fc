"""All image metrics of one harmonized volume in one call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from .checks import (
    ComparisonError,
    UndefinedError,
    Volume,
    as_tensor,
    check_mask,
    check_pair,
    inside,
)
from .fidelity import nrmse, psnr, psnr_slices
from .histograms import area_between, densities, entropy_distance
from .ranges import data_range
from .structural_similarity import inner_mean, ssim_map, ssim_slices
from .texture import sharpness, sharpness_source, structure


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One harmonized image beside what it is judged by, background set to 0 in all.

    Parameters
    ----------
    reference : Tensor, shape (X, Y, Z)
        The target scan.
    image : Tensor, shape (X, Y, Z)
        The harmonized image.
    mask : Tensor of bool, shape (X, Y, Z)
        Brain of the target scan, the same for every method.
    source : Tensor, shape (X, Y, Z), optional
        The scan before harmonization.
    """

    reference: Tensor
    image: Tensor
    mask: Tensor
    source: Tensor | None = None

    @cached_property
    def data_range(self) -> float:
        """Range of the reference in the mask."""
        return data_range(self.reference, self.mask)

    @cached_property
    def similarity(self) -> Tensor:
        """3D SSIM map, shared by the metrics that average it."""
        return ssim_map(self.reference, self.image, data_range=self.data_range)

    @cached_property
    def densities(self) -> tuple[Tensor, Tensor]:
        """Histograms of both images, shared by the distances between them."""
        return densities(self.reference, self.image, self.mask, data_range=self.data_range)

    def known_source(self, metric: str) -> Tensor:
        """Return the source scan, for a metric that needs it.

        Raises
        ------
        ComparisonError
            It was not given.
        """
        if self.source is None:
            raise ComparisonError(f"the metric {metric!r} needs the source scan: give `source`")
        return self.source


MEASURES: Mapping[str, Callable[[Comparison], Tensor]] = MappingProxyType(
    {
        "ssim": lambda c: inside(c.similarity, c.mask).mean(dtype=torch.float64),
        "psnr": lambda c: psnr(c.reference, c.image, c.mask, data_range=c.data_range),
        "nrmse": lambda c: nrmse(c.reference, c.image, c.mask),
        "ssim_fov": lambda c: inner_mean(c.similarity, (0, 1, 2)),
        "ssim_slices": lambda c: ssim_slices(c.reference, c.image, c.mask, data_range=c.data_range),
        "psnr_fov": lambda c: psnr(c.reference, c.image, data_range=c.data_range),
        "psnr_slices": lambda c: psnr_slices(c.reference, c.image, c.mask, data_range=c.data_range),
        "wasserstein": lambda c: area_between(*c.densities),
        "jensen_shannon": lambda c: entropy_distance(*c.densities),
        "sharpness": lambda c: sharpness(c.reference, c.image, c.mask),
        "structure": lambda c: structure(c.known_source("structure"), c.image, c.mask),
        "sharpness_source": lambda c: sharpness_source(
            c.known_source("sharpness_source"), c.image, c.mask
        ),
    }
)
"""How each image metric of the catalogue is computed."""

AGAINST_SOURCE = ("structure", "sharpness_source")
"""Those that look at the scan before harmonization."""


@torch.inference_mode()
def score_image(
    reference: Volume,
    image: Volume,
    mask: Volume,
    *,
    source: Volume | None = None,
    names: Iterable[str] | None = None,
) -> dict[str, float]:
    """Compute image metrics of a harmonized volume under the rules of the harness.

    The mask is the reference's, outside it every image is set to 0, and the data range is the
    reference's, so nothing but the image differs between methods.

    Parameters
    ----------
    reference : Tensor or ndarray, shape (X, Y, Z)
        The target scan of the same subject.
    image : Tensor or ndarray, shape (X, Y, Z)
        The harmonized image (or the untouched source, for no harmonization).
    mask : Tensor or ndarray of bool, shape (X, Y, Z)
        Brain mask of the reference.
    source : Tensor or ndarray, shape (X, Y, Z), optional
        The scan before harmonization.
    names : iterable of str, optional
        Names of metrics; by default all, those against the source only where `source` is
        given.

    Returns
    -------
    dict of str to float
        Scores by name. All are NaN where a voxel of `image` in the mask is not finite, and one
        that is not defined for these images is (SSIM of the whole field of view of a volume with
        fewer than 11 voxels along an axis, the sharpness of a constant image).

    Raises
    ------
    ComparisonError
        The images cannot be compared, the mask is empty, the reference is constant in it, a name
        is unknown, or one against the source is asked for without it.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.arange(1000.0).reshape(10, 10, 10)
    >>> scores = score_image(reference, 1.1 * reference, reference > 0, names=["psnr", "nrmse"])
    >>> {name: round(value, 4) for name, value in scores.items()}
    {'psnr': 24.7647, 'nrmse': 0.1}
    """
    chosen = list(names) if names is not None else _computable(source)
    for name in chosen:
        if name not in MEASURES:
            raise ComparisonError(
                f"unknown image metric {name!r}: choose from {', '.join(MEASURES)}"
            )
    brain = check_mask(mask, reference.shape)
    assert brain is not None

    def masked(given: Volume) -> Tensor:
        volume = as_tensor(given)
        return torch.where(brain, volume, 0) if volume.shape == brain.shape else volume

    reference, image, _ = check_pair(masked(reference), masked(image), brain)
    comparison = Comparison(
        reference=reference,
        image=image,
        mask=brain,
        source=None if source is None else masked(source),
    )
    return {name: _value(name, comparison) for name in chosen}


def _value(name: str, comparison: Comparison) -> float:
    try:
        return float(MEASURES[name](comparison))
    except UndefinedError:
        return float("nan")


def _computable(source: Volume | None) -> list[str]:
    return [name for name in MEASURES if source is not None or name not in AGAINST_SOURCE]
