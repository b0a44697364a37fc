"""Laws on carrying a fitted method elsewhere: to disk and back, to another device."""

import tempfile
from pathlib import Path

import torch

from ..harmonizers.external import can_be_saved
from ..harmonizers.harmonizer import Harmonizer
from .compare import require_equal
from .law import LawBroken, LawSkipped
from .trial import Trial

_SAME = 1e-6
_OTHER_DEVICE = 1e-2
"""GPUs add up in another order, and convolve with the ten-bit mantissas of TF32."""


def survives_storage(trial: Trial) -> str:
    """Save and load it, and ask for the same image."""
    if not can_be_saved(trial.harmonizer):
        raise LawSkipped("it has no save(folder) and load(folder)")
    with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
        loaded = _stored_and_loaded(trial.harmonizer, Path(temporary), trial.device)
        image = loaded.harmonize(trial.scan(), trial.scanners[1])
    expected = trial.ask(trial.scan())
    require_equal(expected, image, _SAME, "saved and loaded, the images differ")
    if loaded.fitted_on != trial.harmonizer.fitted_on:
        raise LawBroken("saved and loaded, it does not know what it was fitted to")
    return "saved and loaded"


def agrees_on_the_gpu(trial: Trial) -> str:
    """Load what was fitted on one device on the other, and ask for the same image."""
    if not torch.cuda.is_available():
        raise LawSkipped("there is no CUDA GPU here")
    return agrees_on(trial, "cpu" if trial.device.startswith("cuda") else "cuda")


def agrees_on(trial: Trial, device: str) -> str:
    """Load the method on a device and ask for the image that it gives on its own."""
    if not can_be_saved(trial.harmonizer):
        raise LawSkipped("it has no save(folder) and load(folder) to be carried over with")
    with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
        other = _stored_and_loaded(trial.harmonizer, Path(temporary), device)
        image = other.harmonize(trial.scan(), trial.scanners[1])
    expected = trial.ask(trial.scan())
    require_equal(expected, image, _OTHER_DEVICE, f"on {device} the image is another")
    return f"{trial.device} and {device}"


def _stored_and_loaded(harmonizer: Harmonizer, folder: Path, device: str) -> Harmonizer:
    harmonizer.save(folder)
    return type(harmonizer).load(folder, device=device)
