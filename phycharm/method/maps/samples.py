"""Training slices of the Quantitative Maps Generator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...data.quantitative import QuantitativeCohort, QuantitativeScan
from ...networks.canvas.slices import SliceCanvas, as_tensor, cut
from ...physics.acquisition import Acquisition
from ...physics.forward import SignalModel, t1w_weight
from ...physics.open_parameters import assumed
from ...utils.arrays import Image
from .preprint import over_4095


@dataclass(frozen=True, kw_only=True)
class MapSamples:
    """Matched slices of images and maps, on the device.

    Several images can be of one slice of a person: its maps are kept once.

    Parameters
    ----------
    image : Tensor, shape (N, 1, H, W)
        T1-weighted.
    maps : Tensor, shape (M, 3, H, W)
        T1 in ms, M0, and 1 inside the brain, of M slices.
    place : Tensor of int64, shape (N,)
        Which slice an image is of, an index into `maps`.
    acquisition : Tensor of int64, shape (N,)
        Which acquisition an image is of, an index into `acquisitions`.
    acquisitions : tuple of Acquisition
        All that occur.
    computed : int
        Images of so many of them, the first ones, were computed from the maps; those of the others
        were measured.
    """

    image: Tensor
    maps: Tensor
    place: Tensor
    acquisition: Tensor
    acquisitions: tuple[Acquisition, ...]
    computed: int = 0

    def __len__(self) -> int:
        return len(self.image)

    @property
    def t1(self) -> Tensor:
        """T1 in ms beside every image, shape (N, 1, H, W)."""
        return self.maps[self.place, 0:1]

    @property
    def m0(self) -> Tensor:
        """M0 beside every image, shape (N, 1, H, W)."""
        return self.maps[self.place, 1:2]

    @property
    def mask(self) -> Tensor:
        """Brain beside every image, bool, shape (N, 1, H, W)."""
        return self.maps[self.place, 2:3] > 0

    def at(self, indices: Tensor) -> "MapSamples":
        """Return some of the images with their maps."""
        return replace(
            self,
            image=self.image[indices],
            place=self.place[indices],
            acquisition=self.acquisition[indices],
        )


def map_samples(
    cohort: QuantitativeCohort,
    canvas: SliceCanvas,
    synthesised: Sequence[Acquisition],
    *,
    model: SignalModel,
    device: str,
    m0_unit: float = 1.0,
    file_units: bool = False,
) -> MapSamples:
    """Decode a quantitative cohort, with images synthesised for other acquisitions too.

    The generator would otherwise know the one MPRAGE protocol of its cohort and be asked about
    three scanners; images computed from the cohort's own T1 and M0 through the signal model show
    it every acquisition it will meet.

    Parameters
    ----------
    cohort : QuantitativeCohort
        Scans standardized to their 99th percentile.
    canvas : SliceCanvas
        Where the slices are put.
    synthesised : sequence of Acquisition
        To compute images for, besides the measured one.
    model : {"ir", "train"}
        Signal model of the computed images.
    device : str
        Where the tensors go.
    m0_unit : float
        What counts as 1 in M0.
    file_units : bool
        Whether images and M0 are in the units of their files, the images divided by 4095 as in the
        preprint; by default both are on their robust scales.
    """
    measured: list[Acquisition] = []
    images, maps, places, indices = [], [], [], []
    count = 0
    for subject in cohort.subjects:
        one = cohort.read(subject)
        told = one.scan.scanner.acquisition
        own_acquisition = assumed(told) if model == "train" else told
        if own_acquisition not in measured:
            measured.append(own_acquisition)
        volumes = {
            index: synthesised_t1w(one, acquisition, model=model)
            for index, acquisition in enumerate(synthesised)
            if acquisition != own_acquisition
        }
        image = (over_4095(one.scan) if file_units else one.scan).image
        volumes[len(synthesised) + measured.index(own_acquisition)] = image
        m0_scale = (one.m0_scale if file_units else 1.0) / m0_unit
        placement = canvas.place(one.scan.mask)
        maps.append(cut(_truth(one, m0_scale).to(device), placement))
        own = torch.arange(count, count + len(maps[-1]), device=device)
        count += len(own)
        for index, volume in volumes.items():
            images.append(cut(as_tensor(volume, device), placement))
            places.append(own)
            indices.append(torch.full_like(own, index))
    return MapSamples(
        image=torch.cat(images),
        maps=torch.cat(maps),
        place=torch.cat(places),
        acquisition=torch.cat(indices),
        acquisitions=(*synthesised, *measured),
        computed=len(synthesised),
    )


def _truth(one: QuantitativeScan, m0_scale: float) -> Tensor:
    """Return T1 in ms, M0 times a factor, and 1 in the brain: shape (3, X, Y, Z)."""
    # Brain extraction errs in each scan its own way: maps end elsewhere than the image.
    brain = one.scan.mask & (one.t1 > 0)
    volumes = [one.t1, one.m0 * np.float32(m0_scale), brain.astype(np.float32)]
    return torch.from_numpy(np.stack(volumes))


def synthesised_t1w(
    one: QuantitativeScan, acquisition: Acquisition, *, model: SignalModel
) -> Image:
    """Compute the T1-weighted image that an acquisition would make of a person's maps.

    Parameters
    ----------
    one : QuantitativeScan
        T1 in ms and M0, shape (X, Y, Z).
    acquisition : Acquisition
        Whose image it shall be.
    model : {"ir", "train"}
        Signal model.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        99th percentile of the brain 1, like every standardized scan; 0 outside.
    """
    weight = t1w_weight(torch.from_numpy(one.t1), acquisition, model=model).numpy()
    image = np.where(one.scan.mask, one.m0 * weight, np.float32(0))
    return np.asarray(image / np.percentile(image[one.scan.mask], 99), dtype=np.float32)
