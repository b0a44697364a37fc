"""Scanning a digital subject: from tissues to the image that a scanner would have given."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ...physics.mprage import ReadoutTrain, inversion_train_signals
from ..fields import mesh, random_field, random_generator
from ..grid import Floats
from ..people.anatomy import TISSUES
from ..people.pose import Pose, random_pose
from ..people.subject import DigitalSubject
from .reconstruction import blurred, moved, noise
from .scanner_models import ScannerModel

_FIELD_KNOTS = 55.0  # mm: transmit and receive fields are smooth
_TRANSMIT_OWN = 0.025  # relative deviation of B1+ between heads
_COMMON, _OWN = 0.8, 0.6  # parts of the receive field: the scanner's, and the head's in it
_LEVEL_OWN = 0.12  # the gain differs from scan to scan
_MISREGISTRATION = (0.1, 0.08)  # standard deviations: degrees, and voxels
_SHADING_LEFT = 0.25  # part (power) of the B1+ shading that bias correction leaves
_HEAD_RADII = np.array([72.0, 92.0, 76.0], dtype=np.float32)  # mm
_PURE = 0.9  # fraction from which a voxel counts as white matter


@dataclass(frozen=True, kw_only=True)
class NoisyScan:
    """Noisy images of one person: complex per readout train, and magnitudes.

    Parameters
    ----------
    channels : tuple of ndarray, each of complex64, shape (X, Y, Z)
        Image of every readout train, in units of the clean signals.
    magnitudes : tuple of ndarray, each of int16, shape (X, Y, Z)
        Their magnitudes in the scanner's own units, one gain for all; 0 outside what is imaged.
    """

    channels: tuple[npt.NDArray[np.complex64], ...]
    magnitudes: tuple[npt.NDArray[np.int16], ...]


def noisy_scan(subject: DigitalSubject, scanner: ScannerModel) -> NoisyScan:
    """Scan a subject as the scanner would, noise and all.

    Parameters
    ----------
    subject : DigitalSubject
        The person.
    scanner : ScannerModel
        The scanner and its protocol.

    Returns
    -------
    NoisyScan
        Complex images with Gaussian noise, and the magnitude images (Rician noise) as stored.
    """
    signals = clean_scan(subject, scanner)
    pure = subject.fraction_maps[TISSUES.index("WM")] > _PURE
    white = float(np.abs(signals[-1][pure]).mean())
    key = (subject.name, scanner.name, len(scanner.trains))
    rng = random_generator(subject.seed, *key, "noise")
    deviation = np.float32(white / scanner.white_snr)
    channels = []
    for signal in signals:
        real, imaginary = (noise(rng, scanner, subject.grid) * deviation for _ in range(2))
        channels.append(((signal + real) + 1j * imaginary).astype(np.complex64))
    drift = random_generator(subject.seed, *key, "gain").standard_normal()
    gain = scanner.white_level / white * float(np.exp(_LEVEL_OWN * drift))
    magnitudes = tuple(
        np.where(subject.imaged, np.rint(np.abs(channel) * gain), 0).astype(np.int16)
        for channel in channels
    )
    return NoisyScan(channels=tuple(channels), magnitudes=magnitudes)


def scan_pose(subject: DigitalSubject, scanner: ScannerModel) -> Pose:
    """Return the rigid motion that registration has left in a subject's scan on a scanner.

    Parameters
    ----------
    subject : DigitalSubject
        The person.
    scanner : ScannerModel
        The scanner.

    Returns
    -------
    Pose
        A fraction of a voxel and of a degree.
    """
    degrees, voxels = _MISREGISTRATION
    rng = random_generator(subject.seed, subject.name, scanner.name, "pose")
    return random_pose(rng, degrees=degrees, millimetres=voxels * subject.grid.voxel_size)


def clean_scan(
    subject: DigitalSubject, scanner: ScannerModel, pose: Pose | None = None
) -> tuple[Floats, ...]:
    """Scan a subject without noise.

    Parameters
    ----------
    subject : DigitalSubject
        The person.
    scanner : ScannerModel
        The scanner and its protocol.
    pose : Pose, optional
        Residual misregistration; that of this subject on this scanner when None.

    Returns
    -------
    tuple of ndarray, each of float32, shape (X, Y, Z)
        Signed image of every readout train on the subject's scan grid, zero outside what is imaged:
        the mask, or nothing where the skull is kept.

    Notes
    -----
    Tissues mix in proportion to their fractions before anything else happens; the point spread
    function acts on the fine grid, and every voxel integrates the fine voxels in it.
    """
    b1, receive = _fields(subject, scanner)
    motion = pose or scan_pose(subject, scanner)
    images = []
    for train, signal in zip(scanner.trains, _tissue_signals(subject, scanner, b1), strict=True):
        corrected = subject.volume(signal * receive / _shading(train, b1))
        fine = moved(blurred(corrected, scanner, subject.grid), motion, subject.grid)
        image = np.where(subject.imaged, subject.grid.average(fine), 0)
        images.append(image.astype(np.float32))
    return tuple(images)


def _fields(subject: DigitalSubject, scanner: ScannerModel) -> tuple[Floats, Floats]:
    """Transmit field relative to nominal and what is left of the receive field, both (N,)."""
    own = random_generator(subject.seed, subject.name, scanner.name, "fields")
    common = random_generator(0, scanner.name, "fields")  # a scanner's own, whoever lies in it
    axes = subject.grid.fine_axes

    def smooth(rng: np.random.Generator) -> Floats:
        values: Floats = random_field(rng, _FIELD_KNOTS).on(axes)[subject.region]
        return values

    radius = ((mesh(axes)[:, subject.region] / _HEAD_RADII[:, None]) ** 2).sum(axis=0)
    fall = np.minimum(radius, 1.5) * scanner.transmit_fall
    b1 = scanner.transmit * (1 - fall) * np.exp(_TRANSMIT_OWN * smooth(own))
    receive = np.exp(scanner.shading * (_COMMON * smooth(common) + _OWN * smooth(own)))
    return b1.astype(np.float32), receive.astype(np.float32)


def _tissue_signals(
    subject: DigitalSubject, scanner: ScannerModel, b1: Floats
) -> tuple[Floats, ...]:
    """Signal of the mixture of tissues in the region, one array (N,) for each train."""
    total = [np.zeros(b1.size, dtype=np.float32) for _ in scanner.trains]
    for tissue in range(len(subject.fractions)):
        decay = np.exp(-scanner.echo_time / subject.t2star[tissue])
        water = subject.fractions[tissue] * subject.m0[tissue] * decay
        signals = inversion_train_signals(
            torch.from_numpy(subject.t1[tissue]),
            torch.from_numpy(water),
            trains=scanner.trains,
            repetition_time=scanner.repetition_time,
            inversion_efficiency=scanner.inversion_efficiency,
            b1=torch.from_numpy(b1),
        )
        for mixture, signal in zip(total, signals, strict=True):
            mixture += signal.numpy()
    return tuple(total)


def _shading(train: ReadoutTrain, b1: Floats) -> Floats:
    """Return the part of the shading by B1+ that bias correction removes."""
    flip = np.deg2rad(train.flip_angle)
    removed: Floats = (np.sin(flip * b1) / np.sin(flip)) ** (1 - _SHADING_LEFT)
    return removed
