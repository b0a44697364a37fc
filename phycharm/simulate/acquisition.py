"""Scanning a digital subject: from tissues to the image that a scanner would have given."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from ..physics.mprage import ReadoutTrain, inversion_train_signals
from .anatomy import TISSUES
from .fields import mesh, random_field, random_generator
from .grid import Floats
from .scanners import ScannerModel
from .subject import DigitalSubject
from .warp import Pose, random_pose

_FIELD_KNOTS = 55.0  # mm: transmit and receive fields are smooth
_TRANSMIT_OWN = 0.025  # relative deviation of B1+ between heads
_LEVEL_OWN = 0.12  # the gain differs from scan to scan
_MISREGISTRATION = (0.1, 0.08)  # standard deviations: degrees, and voxels
_SHADING_LEFT = 0.25  # part (power) of the B1+ shading that bias correction leaves
_REFERENCE_T1 = 1000.0  # ms: the shading is that of a tissue between grey and white matter
_HEAD_RADII = np.array([72.0, 92.0, 76.0], dtype=np.float32)  # mm
_DETAIL = 2.0  # voxels: full width of the detail that edge enhancement brings out
_FWHM = 2.3548  # full width at half maximum of a Gaussian of unit standard deviation


@dataclass(frozen=True, kw_only=True)
class CleanScan:
    """What a scanner would give without noise.

    Parameters
    ----------
    signals : tuple of ndarray, each of float32, shape (X, Y, Z)
        Signed image of every readout train.
    white : float
        Mean absolute signal in white matter, of the last train.
    """

    signals: tuple[Floats, ...]
    white: float


@dataclass(frozen=True, kw_only=True)
class NoisyScan:
    """What a scanner gives.

    Parameters
    ----------
    channels : tuple of ndarray, each of complex64, shape (X, Y, Z)
        Image of every readout train, in units of the clean signals.
    magnitudes : tuple of ndarray, each of int16, shape (X, Y, Z)
        Their magnitudes in the scanner's own units, 0 outside the mask; one gain for all.
    """

    channels: tuple[npt.NDArray[np.complex64], ...]
    magnitudes: tuple[npt.NDArray[np.int16], ...]


def scan_pose(subject: DigitalSubject, scanner: ScannerModel) -> Pose:
    """Return the rigid motion that registration has left in a subject's scan on a scanner."""
    degrees, voxels = _MISREGISTRATION
    rng = random_generator(subject.seed, subject.name, scanner.name, "pose")
    return random_pose(rng, degrees=degrees, millimetres=voxels * subject.grid.voxel_size)


def clean_scan(
    subject: DigitalSubject, scanner: ScannerModel, pose: Pose | None = None
) -> CleanScan:
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
    CleanScan
        Signed images on the subject's scan grid, zero outside the mask.

    Notes
    -----
    Tissues mix in proportion to their fractions before anything else happens; the point spread
    function acts on the fine grid, and every voxel integrates the fine voxels in it.
    """
    b1, receive = _fields(subject, scanner)
    motion = pose or scan_pose(subject, scanner)
    signals = []
    for train, signal in zip(scanner.trains, _tissue_signals(subject, scanner, b1), strict=True):
        corrected = signal * receive / _shading(scanner, train, b1)
        blurred = _blurred(subject, scanner, subject.volume(corrected))
        image = subject.grid.average(_moved(subject, motion, blurred))
        signals.append(np.where(subject.mask, image, 0).astype(np.float32))
    white = subject.fraction_maps[TISSUES.index("WM")] > 0.9
    return CleanScan(signals=tuple(signals), white=float(np.abs(signals[-1][white]).mean()))


def _fields(subject: DigitalSubject, scanner: ScannerModel) -> tuple[Floats, Floats]:
    """Transmit field relative to nominal and what is left of the receive field, both (N,)."""
    own = random_generator(subject.seed, subject.name, scanner.name, "fields")
    common = random_generator(0, scanner.name, "fields")  # a scanner's own, whoever lies in it
    axes = subject.grid.fine_axes

    def smooth(rng: np.random.Generator) -> Floats:
        values: Floats = random_field(rng, _FIELD_KNOTS).on(axes)[subject.region]
        return values

    radius = (mesh(axes)[:, subject.region] / _HEAD_RADII[:, None]) ** 2
    fall = np.minimum(radius.sum(axis=0), 1.5) * scanner.transmit_fall
    b1 = scanner.transmit * (1 - fall) * np.exp(_TRANSMIT_OWN * smooth(own))
    receive = np.exp(scanner.shading * (0.8 * smooth(common) + 0.6 * smooth(own)))
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
        for sum_, signal in zip(total, signals, strict=True):
            sum_ += signal.numpy()
    return tuple(total)


def _shading(scanner: ScannerModel, train: ReadoutTrain, b1: Floats) -> Floats:
    """Return the part of the shading by B1+ that bias correction removes."""
    flip = np.deg2rad(train.flip_angle)
    removed: Floats = (np.sin(flip * b1) / np.sin(flip)) ** (1 - _SHADING_LEFT)
    return removed


def _blurred(subject: DigitalSubject, scanner: ScannerModel, volume: Floats) -> Floats:
    """Apply the point spread function to an image on the fine grid."""
    return _filtered(volume, scanner.blur, scanner.edge_enhancement, subject.grid.oversampling)


def _filtered(
    volume: Floats, widths: Sequence[float], enhancement: float, oversampling: int
) -> Floats:
    """Blur by Gaussians of these full widths in voxels, then enhance edges."""
    voxel = oversampling / _FWHM
    blurred: Floats = ndimage.gaussian_filter(
        volume, [width * voxel for width in widths], truncate=3.0
    )
    if enhancement:
        coarse = ndimage.gaussian_filter(blurred, _DETAIL * voxel, truncate=3.0)
        blurred += np.float32(enhancement) * (blurred - coarse)
    return blurred


def _noise(rng: np.random.Generator, scanner: ScannerModel, shape: tuple[int, ...]) -> Floats:
    """Draw noise of unit variance with the spectrum that the reconstruction leaves it.

    Sampling alone gives white noise; what blurs by more than a voxel is filtering and
    resampling, which the noise goes through like the image.
    """
    widths = [max(width**2 - 1, 0.0) ** 0.5 for width in scanner.blur]
    white = rng.standard_normal(shape, dtype=np.float32)
    noise = _filtered(white, widths, scanner.edge_enhancement, 1)
    return noise / noise.std()


def _moved(subject: DigitalSubject, pose: Pose, volume: Floats) -> Floats:
    middle = (np.array(volume.shape) - 1) / 2
    offset = middle + pose.translation / subject.grid.fine_size - pose.matrix @ middle
    moved: Floats = ndimage.affine_transform(volume, pose.matrix, offset, order=3)
    return moved


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
    clean = clean_scan(subject, scanner)
    key = (subject.name, scanner.name, len(scanner.trains))
    deviation = np.float32(clean.white / scanner.white_snr)
    rng = random_generator(subject.seed, *key, "noise")
    channels = []
    for signal in clean.signals:
        real, imaginary = (_noise(rng, scanner, signal.shape) * deviation for _ in range(2))
        channels.append(((signal + real) + 1j * imaginary).astype(np.complex64))
    drift = random_generator(subject.seed, *key, "gain").standard_normal()
    gain = scanner.white_level / clean.white * float(np.exp(_LEVEL_OWN * drift))
    magnitudes = tuple(
        np.where(subject.mask, np.rint(np.abs(channel) * gain), 0).astype(np.int16)
        for channel in channels
    )
    return NoisyScan(channels=tuple(channels), magnitudes=magnitudes)
