"""Reading one released PhyCHarm checkpoint, a pickle, without running anything that is in it."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError
from ..networks.basic_unet import BasicUNet

LAYOUTS = {"T1map": "T1", "M0map": "M0", "model": "HN"}
"""Top-level key of a released file, and which network stands under it."""


def read_checkpoint(path: Path) -> tuple[str, dict[str, Tensor]]:
    """Read one released checkpoint.

    Parameters
    ----------
    path : Path
        A torch pickle `{"T1map": state}`, `{"M0map": state}` or `{"model": state}` of the
        preprint's BasicUNet.

    Returns
    -------
    network : {"T1", "M0", "HN"}
        Which network it is.
    state : dict of str to Tensor of float32
        Its weights, which fit `BasicUNet()`.

    Raises
    ------
    InputError
        If the file is missing, holds anything but tensors (it is refused before any of it runs),
        or tensors of another network.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path.")
    content = _unpickled(path)
    keys = list(content) if isinstance(content, Mapping) else []
    known = [key for key in keys if key in LAYOUTS]
    if not isinstance(content, Mapping) or len(known) != 1:
        there = f"has keys {', '.join(map(str, keys[:5]))}" if keys else "holds no keys"
        raise InputError(
            f"{path}: {there}, and exactly one of {', '.join(LAYOUTS)} is needed; give a released "
            "PhyCHarm checkpoint."
        )
    return LAYOUTS[known[0]], _weights(path, content[known[0]])


def _unpickled(path: Path) -> object:
    """Unpickle tensors and plain containers, and refuse all else."""
    try:
        with warnings.catch_warnings():
            # Torch warns of pickles it may not understand; those it does not are refused here.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged or hostile bytes may raise anything
        # Torch's own words explain how to switch the protection off.
        wanted = re.search(r"GLOBAL (\S+)", str(error))
        if wanted:
            raise InputError(
                f"{path}: asks for {wanted[1]} and not for tensors alone, so it was refused and "
                "nothing of it was run; give the file that the authors released."
            ) from error
        raise InputError(
            f"{path}: no torch checkpoint, or a damaged one; download it again."
        ) from error


def _weights(path: Path, state: object) -> dict[str, Tensor]:
    """Return the state in float32 if it is that of the preprint's network."""
    wanted = {name: tuple(tensor.shape) for name, tensor in BasicUNet().state_dict().items()}
    state = state if isinstance(state, Mapping) else {}
    given = {str(name): value for name, value in state.items()}
    found = {name: _shape(value) for name, value in given.items()}
    different = sorted({*wanted.items()} ^ {*found.items()}, key=str)
    if different:
        name = different[0][0]
        raise InputError(
            f"{path}: not the preprint's BasicUNet ({name} is {found.get(name, 'missing')} and "
            f"should be {wanted.get(name, 'absent')}); give a released PhyCHarm checkpoint."
        )
    weights = {name: tensor.to(torch.float32) for name, tensor in given.items()}
    broken = [name for name, tensor in weights.items() if not tensor.isfinite().all()]
    if broken:
        raise InputError(
            f"{path}: {broken[0]} holds NaN or infinity, so this training failed; give another "
            "checkpoint."
        )
    return weights


def _shape(value: object) -> tuple[int, ...] | str:
    """Return the shape of a plain tensor of real numbers, or say what else it is."""
    if not isinstance(value, Tensor):
        return type(value).__name__
    if value.layout is not torch.strided or not value.dtype.is_floating_point:
        return f"{value.layout} {value.dtype}"
    return tuple(value.shape)
