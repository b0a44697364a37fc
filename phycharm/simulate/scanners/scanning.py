"""Scanning a digital subject: from tissues to the image that a scanner would have given."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ...physics.mprage import inversion_train_signals
from ...utils.arrays import Mask
from ..fields import random_field
from ..grid import Floats
from ..people.anatomy import CLASSES
from .brain_extraction import extracted_brain
from .coil_fields import coil_fields, removed_shading
from .placement import Placement, placed, placement_of
from .reconstruction import blurred, noise
from .scanner_models import ScannerModel
from .visit import Visit

_LEVEL_OWN = 0.12  # the gain differs from scan to scan
_PURE = 0.9  # fraction from which a voxel counts as white matter
_ARTEFACT_KNOTS = 5.5  # mm
_TRACE = 1e-3  # fraction below which a tissue gives no signal worth computing


@dataclass(frozen=True, kw_only=True)
class NoisyScan:
    """Noisy images of one person: complex per readout train, and magnitudes.

    Parameters
    ----------
    protocol : ScannerModel
        The scanner with the times of this scan.
    channels : tuple of ndarray, each of complex64, shape `Visit.box.fine_shape`
        Image of every readout train on the fine grid, in units of the clean signals.
    magnitudes : tuple of ndarray, each of int16, shape (X, Y, Z)
        Their magnitudes on the scan grid, in the scanner's own units, 0 outside what is imaged; one
        gain for all.
    mask : ndarray of bool, shape (X, Y, Z)
        The brain as it was extracted from this scan.
    """

    protocol: ScannerModel
    channels: tuple[npt.NDArray[np.complex64], ...]
    magnitudes: tuple[npt.NDArray[np.int16], ...]
    mask: Mask


def noisy_scan(visit: Visit) -> NoisyScan:
    """Scan a subject as the scanner would, noise and all.

    Parameters
    ----------
    visit : Visit
        Who, where, and which time.

    Returns
    -------
    NoisyScan
        Complex images with Gaussian noise, and the magnitude images (Rician noise) as stored.
    """
    signals = clean_signals(visit)
    scanner, levels = visit.protocol, [_white_level(visit, signal) for signal in signals]
    white = abs(levels[-1])
    rng = visit.rng(f"noise of {len(signals)} trains")
    deviation = np.float32(white / scanner.white_snr)
    channels, residue = [], None
    for signal, level in zip(signals, levels, strict=True):
        real, imaginary = (noise(rng, scanner, visit.box) * deviation for _ in range(2))
        if residue is None:
            # One for all trains: they share every repetition, so that motion spoils them alike.
            residue = scanner.artefacts * random_field(rng, _ARTEFACT_KNOTS).on(visit.box.axes)
        real += (level * residue).astype(np.float32)
        channels.append(((signal + real) + 1j * imaginary).astype(np.complex64))
    drift = visit.rng(f"gain of {len(signals)} trains").standard_normal()
    gain = scanner.white_level / white * float(np.exp(_LEVEL_OWN * drift))
    mask = extracted_brain(visit)
    shown = mask if visit.subject.skull_stripped else visit.subject.imaged
    magnitudes = tuple(
        np.where(shown, np.rint(visit.box.average(np.abs(channel)) * gain), 0).astype(np.int16)
        for channel in channels
    )
    return NoisyScan(protocol=scanner, channels=tuple(channels), magnitudes=magnitudes, mask=mask)


def clean_signals(visit: Visit, placement: Placement | None = None) -> tuple[Floats, ...]:
    """Scan a subject without noise, on the fine grid.

    Parameters
    ----------
    visit : Visit
        Who, where, and which time.
    placement : Placement, optional
        Residual misregistration and distortion; those of the visit when None.

    Returns
    -------
    tuple of ndarray, each of float32, shape `visit.box.fine_shape`
        Signed image of every readout train.

    Notes
    -----
    Tissues mix in proportion to their fractions before anything else happens. The images are
    those of the scanner at its own resolution, registered; averaged into voxels they are the scan.
    """
    b1, receive = coil_fields(visit)
    place = placement or placement_of(visit)
    spacing = visit.box.grid.fine_size
    images = []
    for train, signal in zip(visit.protocol.trains, _tissue_signals(visit, b1), strict=True):
        corrected = visit.volume(signal * receive / removed_shading(train, b1))
        images.append(placed(blurred(corrected, visit.scanner, spacing), place, visit))
    return tuple(images)


def _white_level(visit: Visit, signal: Floats) -> float:
    pure = visit.subject.fractions[CLASSES.index("WM")] > _PURE
    return float(signal[visit.region][pure].mean())


def _tissue_signals(visit: Visit, b1: Floats) -> tuple[Floats, ...]:
    """Signal of the mixture of tissues in the region, one array (N,) for each train."""
    subject, scanner = visit.subject, visit.protocol
    total = [np.zeros(b1.size, dtype=np.float32) for _ in scanner.trains]
    for tissue, fractions in enumerate(subject.fractions):
        there = fractions > _TRACE
        decay = np.exp(-scanner.echo_time / subject.t2star[tissue, there])
        water = fractions[there] * subject.m0[tissue, there] * decay
        signals = inversion_train_signals(
            torch.from_numpy(subject.t1[tissue, there]),
            torch.from_numpy(water),
            trains=scanner.trains,
            repetition_time=scanner.repetition_time,
            inversion_efficiency=scanner.inversion_efficiency,
            b1=torch.from_numpy(b1[there]),
        )
        for mixture, signal in zip(total, signals, strict=True):
            mixture[there] += signal.numpy()
    return tuple(total)
