"""The released PhyCHarm checkpoints: torch pickles in, safetensors out, nothing executed."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ..data.scanner import Scanner
from ..errors import InputError
from ..harmonizers.storage import FittedState
from ..physics.acquisition import Acquisition
from .checkpoint_file import read_checkpoint
from .maps import MapsGenerator
from .phycharm_paper import PhyCHarmPaper

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


def import_checkpoints(paths: Sequence[Path], out: Path) -> None:
    """Turn released checkpoints into a model folder of `PhyCHarmPaper`.

    The released networks take slices of 240 x 240 of images divided by 4095 and give T1 over
    4095 ms, M0 over 500 and the target's image over 4095, as `PhyCHarmPaper` does by itself.

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
        If a file is no released checkpoint, one of the three kinds is missing, or a network is
        given twice.
    """
    if out.is_file():
        raise InputError(f"{out}: is a file; give a folder.")
    networks: dict[str, dict[str, Tensor]] = {}
    for path in paths:
        kind, state = read_checkpoint(path)
        name = _direction(path) if kind == "HN" else kind
        if name in networks:
            raise InputError(f"{path}: a second checkpoint of {name}; give one of each.")
        networks[name] = state
    for kind in ("T1", "M0"):
        if kind not in networks:
            raise InputError(f"No checkpoint of the {kind} map was given; add it.")
    if len(networks) == 2:
        raise InputError(
            "No harmonization checkpoint was given; add one, such as Harm_GE_Siemens.pth."
        )
    _as_method(networks).save(out)


def _direction(path: Path) -> str:
    names = {scanner.name.lower(): scanner.name for scanner in PAPER_SCANNERS}
    ends = [names.get(part.lower()) for part in path.stem.split("_")[-2:]]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        raise InputError(
            f"{path}: the name does not end in _<source>_<target> with two of "
            f"{', '.join(names.values())}; rename it, such as Harm_GE_Siemens.pth."
        )
    return f"{ends[0]}->{ends[1]}"


def _as_method(networks: dict[str, dict[str, Tensor]]) -> PhyCHarmPaper:
    directions = [name for name in networks if "->" in name]
    tensors = {
        f"{name if name in directions else f'maps.{name}'}.{key}": tensor
        for name, state in networks.items()
        for key, tensor in state.items()
    }
    maps = MapsGenerator(preset="paper").state().facts | {"canvas": _CANVAS}
    method = PhyCHarmPaper()
    facts = {"canvas": _CANVAS, "directions": directions, "maps": maps}
    method.restore(FittedState(tensors=tensors, facts=facts))
    pairs = [direction.split("->") for direction in directions]
    method.fitted_on = {
        "subjects": [],
        "validation": [],
        "scanners": [
            s.as_record() for s in PAPER_SCANNERS if any(s.name in pair for pair in pairs)
        ],
        "directions": pairs,
    }
    return method
