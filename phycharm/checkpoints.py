"""The released PhyCHarm checkpoints: torch pickles in, safetensors out, nothing executed."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from .errors import InputError
from .maps import MapsGenerator
from .method import PhyCHarm
from .networks.basic_unet import basic_unet
from .scanner import Acquisition, Scanner
from .storage import FittedState

LAYOUTS = {"T1map": "T1", "M0map": "M0", "model": "HN"}
"""Top-level key of a released file, and which network stands under it."""


PAPER_SCANNERS = (
    Scanner(
        name="Siemens",
        manufacturer="Siemens",
        acquisition=Acquisition(
            inversion_time=1200, repetition_time=2400, echo_time=2.12, flip_angle=8
        ),
    ),
    Scanner(
        name="Philips",
        manufacturer="Philips",
        acquisition=Acquisition(
            inversion_time=1000, repetition_time=1800, echo_time=2.12, flip_angle=8
        ),
    ),
    Scanner(
        name="GE",
        manufacturer="GE",
        acquisition=Acquisition(
            inversion_time=450, repetition_time=8.232, echo_time=3.192, flip_angle=12
        ),
    ),
)
"""The preprint's scanners with the times of its authors' code; that gives no flip angles, and the
signal equation uses none."""

_CANVAS = [240, 240]
_M0_UNIT = 500.0


def import_checkpoints(paths: Sequence[Path], out: Path) -> None:
    """Turn released checkpoints into a model folder of PhyCHarm's `paper` preset.

    The released networks take images divided by 4095 and give T1 over 4095 ms and M0 over 500.
    Here the image on its robust scale (99th percentile 1) takes the place of the former.

    Parameters
    ----------
    paths : sequence of Path
        The T1 and the M0 network and one or more harmonization networks, whose file names end in
        `_<source>_<target>` (`Harm_GE_Siemens.pth`).
    out : Path
        Folder of the model.

    Raises
    ------
    InputError
        If a file is no released checkpoint, or one of the three kinds is missing.
    """
    tensors: dict[str, Tensor] = {}
    directions: list[str] = []
    for path in paths:
        network, state = read_checkpoint(path)
        if network == "HN":
            directions.append(_direction(path))
            prefix = f"{directions[-1]}."
        else:
            prefix = f"maps.{network}."
        tensors |= {prefix + name: tensor for name, tensor in state.items()}
    for kind in ("T1", "M0"):
        if not any(name.startswith(f"maps.{kind}.") for name in tensors):
            raise InputError(f"No checkpoint of the {kind} map was given; add it.")
    if not directions:
        raise InputError(
            "No harmonization checkpoint was given; add one, such as Harm_GE_Siemens.pth."
        )
    _as_method(tensors, directions).save(out)


def _direction(path: Path) -> str:
    names = {scanner.name.lower(): scanner.name for scanner in PAPER_SCANNERS}
    ends = [names.get(part.lower()) for part in path.stem.split("_")[-2:]]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        raise InputError(
            f"{path}: the name does not end in _<source>_<target> with two of "
            f"{', '.join(names.values())}; rename it, such as Harm_GE_Siemens.pth."
        )
    return f"{ends[0]}->{ends[1]}"


def _as_method(tensors: dict[str, Tensor], directions: list[str]) -> PhyCHarm:
    generator = MapsGenerator(preset="paper", m0_unit=_M0_UNIT)
    maps = generator.state().facts | {"canvas": _CANVAS}
    method = PhyCHarm(preset="paper")
    facts = {"canvas": _CANVAS, "directions": directions, "maps": maps, "model": "ir"}
    method._restore(FittedState(tensors=tensors, facts=facts))
    method.fitted_on = {
        "subjects": [],
        "validation": [],
        "scanners": [asdict(scanner) for scanner in PAPER_SCANNERS],
    }
    return method


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
    state : dict of str to Tensor
        Its weights, which fit `basic_unet()`.

    Raises
    ------
    InputError
        If the file is missing, holds anything but tensors (it is refused before any of it runs),
        or tensors of another network.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: no plain torch checkpoint, so it was refused unread ({reason}); give the "
            "file that the authors released."
        ) from error
    return _network_of(path, content)


def _network_of(path: Path, content: object) -> tuple[str, dict[str, Tensor]]:
    keys = list(content) if isinstance(content, Mapping) else []
    known = [key for key in keys if key in LAYOUTS]
    if not isinstance(content, Mapping) or len(known) != 1:
        raise InputError(
            f"{path}: has keys {keys[:5]} instead of one of {', '.join(LAYOUTS)}; give a released "
            "PhyCHarm checkpoint."
        )
    state = content[known[0]]
    _require_same_layout(path, state)
    return LAYOUTS[known[0]], dict(state)


def _require_same_layout(path: Path, state: object) -> None:
    wanted = {name: tuple(t.shape) for name, t in basic_unet().state_dict().items()}
    found = (
        {name: tuple(t.shape) for name, t in state.items() if isinstance(t, Tensor)}
        if isinstance(state, Mapping)
        else {}
    )
    wrong = sorted(set(wanted.items()) ^ set(found.items()))
    if wrong:
        raise InputError(
            f"{path}: not the preprint's BasicUNet (first difference: {wrong[0][0]}, shape "
            f"{wrong[0][1]}); give a released PhyCHarm checkpoint."
        )
