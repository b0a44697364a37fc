"""What varies between images of one slice, drawn anew in every step of the training."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...physics.acquisition import CREDIBLE, Acquisition
from ...physics.forward import SignalModel
from ...physics.mprage import inversion_train_signals
from ...physics.open_parameters import bounds, open_parameters, possible_centres, with_values
from ...physics.readout import readout_train
from .samples import MapSamples

_NOISE = 0.03  # largest standard deviation, of the brightest voxel
_BLUR = 0.9  # largest standard deviation in voxels
_SHADING, _TRANSMIT_OWN = 0.04, 0.03  # relative deviations of the receive and the transmit field
_TRANSMIT_FALL = 0.4  # largest fall of the transmit field from the centre to the edge
_KNOTS = 4  # of the smooth fields, along a side
_TAPS = 2  # voxels to either side that the blur reaches
_SMALLEST = 1e-3


def varied(samples: MapSamples, *, model: SignalModel) -> MapSamples:
    """Draw images anew of what nobody can know, so that maps come from contrast alone.

    Computed images of the `train` model are made by an acquisition whose unknowns (centre of
    k-space, inversion efficiency, transmit field, and TI and TR where nobody says them) are drawn
    from their credible ranges, and get a transmit field that falls towards the edge, shading and
    blur; all images get noise. The gain needs no variation: behind the first instance norm the
    networks are blind to it.

    Parameters
    ----------
    samples : MapSamples
        A batch.
    model : {"train", "ir"}
        Signal model. `ir` has no unknowns, so its images get noise alone.

    Returns
    -------
    MapSamples
        New images of the same maps; `acquisitions` are those that made them.
    """
    if model == "train":
        samples = _acquired_anew(samples)
    image = samples.image
    strength = torch.rand(len(samples), 1, 1, 1)
    noise = (_NOISE * strength * torch.randn(image.shape)).to(image.device)
    return replace(samples, image=(image + noise) * samples.mask)


def drawn(acquisition: Acquisition) -> Acquisition:
    """Draw what an acquisition leaves open from its credible range, by torch's random numbers."""
    low, high = zip(*CREDIBLE.values(), strict=True)
    values = torch.rand(len(CREDIBLE)) * (torch.tensor(high) - torch.tensor(low))
    values += torch.tensor(low)
    changes: dict[str, float] = dict(zip(CREDIBLE, values.tolist(), strict=True))
    if acquisition.centre is None:
        first, last = possible_centres(acquisition)
        changes["centre"] = int(torch.randint(first, last + 1, ()))
    acquisition = with_values(acquisition, changes)
    # The centre decides how long TI can be, and both how long TR has to be.
    times = [name for name in open_parameters(acquisition) if name not in CREDIBLE]
    ranges = {name: bounds(acquisition, name) for name in times}
    drawn_times = {n: a + (b - a) * float(torch.rand(())) for n, (a, b) in ranges.items()}
    return with_values(acquisition, drawn_times)


def _acquired_anew(samples: MapSamples) -> MapSamples:
    """Replace computed images; measured ones stay as they were measured."""
    computed, measured = (
        samples.acquisitions[: samples.computed],
        samples.acquisitions[samples.computed :],
    )
    if not computed:
        return samples
    acquisitions = tuple(map(drawn, computed))
    t1, mask = samples.t1.clamp(min=1.0), samples.mask
    transmit = _transmit(samples)
    # All for all: to ask which occur in a batch would have the processor wait for the device.
    signals = torch.stack([_signal(t1, known, transmit) for known in acquisitions])
    images = torch.arange(len(samples), device=t1.device)
    chosen = samples.acquisition < samples.computed
    signal = samples.m0 * signals[samples.acquisition * chosen, images]
    shaded = signal * _smooth_field(samples, _SHADING) * mask
    blurred = _blurred(shaded, _BLUR * torch.rand(len(samples)).to(t1.device)) * mask
    scaled = blurred / blurred.amax((2, 3), keepdim=True).clamp(min=_SMALLEST)
    image = torch.where(chosen[:, None, None, None], scaled, samples.image)
    return replace(samples, image=image, acquisitions=(*acquisitions, *measured))


def _signal(t1: Tensor, known: Acquisition, transmit: Tensor) -> Tensor:
    (signal,) = inversion_train_signals(
        t1,
        trains=(readout_train(known),),
        repetition_time=known.timing.repetition_time,
        inversion_efficiency=known.inversion_efficiency,
        b1=known.transmit * transmit,
    )
    return signal.abs()


def _transmit(samples: MapSamples) -> Tensor:
    """Draw a field of mean about 1 that falls from the centre of the canvas, with a wave of it."""
    height, width = samples.maps.shape[-2:]
    x, y = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
    radius = (x[:, None].square() + y[None, :].square())[None, None]
    fall = _TRANSMIT_FALL * torch.rand(len(samples), 1, 1, 1) * (0.4 - radius)
    return (1 + fall).to(samples.maps.device) * _smooth_field(samples, _TRANSMIT_OWN)


def _smooth_field(samples: MapSamples, deviation: float) -> Tensor:
    height, width = samples.maps.shape[-2:]
    knots = deviation * torch.randn(len(samples), 1, _KNOTS, _KNOTS).to(samples.maps.device)
    field = F.interpolate(knots, (height, width), mode="bicubic", align_corners=True)
    return torch.exp(field)


def _blurred(image: Tensor, widths: Tensor) -> Tensor:
    """Blur every slice by a Gaussian of its own standard deviation in voxels."""
    taps = torch.arange(-_TAPS, _TAPS + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-taps.square() / (2 * widths[:, None].square()).clamp(min=_SMALLEST))
    kernel = kernel / kernel.sum(dim=1, keepdim=True)
    stack = image.movedim(1, 0)  # a group for every slice
    for shape in ((-1, 1, 2 * _TAPS + 1, 1), (-1, 1, 1, 2 * _TAPS + 1)):
        stack = F.conv2d(stack, kernel.reshape(shape), padding="same", groups=len(image))
    return stack.movedim(0, 1)
