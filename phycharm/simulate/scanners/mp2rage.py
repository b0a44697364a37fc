"""T1 maps from MP2RAGE, measured as a scanner measures them."""

import numpy as np
import numpy.typing as npt
import torch

from ...physics.mprage import inversion_train_signals
from ..grid import Floats
from .scanner_models import ScannerModel

_T1_RANGE = (200.0, 5000.0)  # ms


def measured_t1(
    first: npt.NDArray[np.complex64], second: npt.NDArray[np.complex64], scanner: ScannerModel
) -> Floats:
    """Look T1 up from the two images of an MP2RAGE, as the scanner does: B1+ taken as nominal.

    Parameters
    ----------
    first, second : ndarray of complex64, shape (X, Y, Z)
        Images of the two trains, noise included.
    scanner : ScannerModel
        Protocol with two trains.

    Returns
    -------
    ndarray of float32, shape (X, Y, Z)
        T1 in ms, within the range in which the combined image falls with T1.

    Notes
    -----
    Combined image `S = Re(conj(S1) S2) / (abs(S1)^2 + abs(S2)^2)`: Marques et al., NeuroImage
    2010;49:1271-1281, equation 3.
    """
    product = (first.conj() * second).real
    energy = np.abs(first) ** 2 + np.abs(second) ** 2
    combined = np.divide(product, energy, out=np.zeros_like(product), where=energy > 0)
    values, times = _lookup_table(scanner)
    looked_up: Floats = np.interp(combined, values, times).astype(np.float32)
    return looked_up


def _lookup_table(scanner: ScannerModel) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the combined image, ascending, and the T1 in ms that gives it."""
    times = torch.linspace(*_T1_RANGE, 2000, dtype=torch.float64)
    first, second = inversion_train_signals(
        times,
        trains=scanner.trains,
        repetition_time=scanner.repetition_time,
        inversion_efficiency=scanner.inversion_efficiency,
    )
    combined = (first * second / (first**2 + second**2)).numpy()
    falling = slice(int(combined.argmax()), int(combined.argmin()) + 1)
    return combined[falling][::-1], times.numpy()[falling][::-1]
