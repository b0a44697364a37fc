"""Training slices of the Quantitative Maps Generator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...data.quantitative import QuantitativeCohort, QuantitativeScan
from ...networks.slices import SliceCanvas, as_tensor, cut
from ...physics.acquisition import Acquisition
from ...physics.forward import SignalModel, t1w_weight
from ...utils.arrays import Image

_GAIN_JITTER, _NOISE = 0.05, 0.03


@dataclass(frozen=True)
class MapSamples:
    """Matched slices of images and maps, each of shape (N, 1, H, W), on the device.

    Parameters
    ----------
    image : Tensor
        T1-weighted, 99th percentile of the brain 1.
    t1 : Tensor
        T1 in ms.
    m0 : Tensor
        M0, 99th percentile of the brain 1.
    mask : Tensor of bool
        Brain.
    acquisition : Tensor of int64, shape (N,)
        Which acquisition the image is of, an index into `acquisitions`.
    acquisitions : tuple of Acquisition
        All that occur.
    """

    image: Tensor
    t1: Tensor
    m0: Tensor
    mask: Tensor
    acquisition: Tensor
    acquisitions: tuple[Acquisition, ...]

    def __len__(self) -> int:
        return len(self.image)

    def at(self, indices: Tensor) -> "MapSamples":
        """Return some of the slices."""
        return MapSamples(
            self.image[indices],
            self.t1[indices],
            self.m0[indices],
            self.mask[indices],
            self.acquisition[indices],
            self.acquisitions,
        )

    def jittered(self) -> "MapSamples":
        """Vary gain and noise, so that maps come from contrast and not from the exact scale."""
        count, device = len(self), self.image.device
        gain = 1 + _GAIN_JITTER * torch.randn(count, 1, 1, 1)
        noise = _NOISE * torch.rand(count, 1, 1, 1) * torch.randn(self.image.shape)
        image = (self.image * gain.to(device) + noise.to(device)) * self.mask
        return replace(self, image=image)


def map_samples(
    cohort: QuantitativeCohort,
    canvas: SliceCanvas,
    synthesised: Sequence[Acquisition],
    *,
    model: SignalModel,
    device: str,
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
    model : {"ir", "mprage"}
        Signal model of the computed images.
    device : str
        Where the tensors go.
    """
    acquisitions = list(synthesised)
    images, maps, indices = [], [], []
    for subject in cohort.subjects:
        one = cohort.read(subject)
        if one.scan.scanner.acquisition not in acquisitions:
            acquisitions.append(one.scan.scanner.acquisition)
        volumes = {
            index: synthesised_t1w(one, acquisition, model=model)
            for index, acquisition in enumerate(synthesised)
        }
        volumes[acquisitions.index(one.scan.scanner.acquisition)] = one.scan.image
        placement = canvas.place(one.scan.mask)
        truth = np.stack([one.t1, one.m0, one.scan.mask.astype(np.float32)])
        slices = cut(torch.from_numpy(truth).to(device), placement)
        for index, volume in volumes.items():
            images.append(cut(as_tensor(volume, device), placement))
            maps.append(slices)
            indices.append(torch.full((len(slices),), index, device=device))
    t1, m0, mask = torch.cat(maps).split(1, dim=1)
    return MapSamples(
        image=torch.cat(images),
        t1=t1,
        m0=m0,
        mask=mask > 0,
        acquisition=torch.cat(indices),
        acquisitions=tuple(acquisitions),
    )


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
    model : {"ir", "mprage"}
        Signal model.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        99th percentile of the brain 1, like every standardized scan; 0 outside.
    """
    weight = t1w_weight(torch.from_numpy(one.t1), acquisition, model=model).numpy()
    image = np.where(one.scan.mask, one.m0 * weight, np.float32(0))
    return np.asarray(image / np.percentile(image[one.scan.mask], 99), dtype=np.float32)
