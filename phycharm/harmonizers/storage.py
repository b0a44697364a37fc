"""Fitted methods on disk: one safetensors file and one JSON file, never a pickle."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import InputError
from ..utils.atomic import atomic_file, write_json
from ..utils.json_file import read_object

_FACTS, _TENSORS = "harmonizer.json", "state.safetensors"


@dataclass
class FittedState:
    """What a method learned.

    Parameters
    ----------
    tensors : dict of str to Tensor
        Weights and the like.
    facts : dict
        Everything else, as JSON knows it.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def write_state(folder: Path, state: FittedState) -> None:
    """Write a fitted state into a folder, which is made if need be.

    Examples
    --------
    >>> import tempfile
    >>> import torch
    >>> state = FittedState(tensors={"gain": torch.ones(2)}, facts={"harmonizer": "mine"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_state(Path(folder), state)
    ...     read_state(Path(folder), method="mine").tensors
    ...
    {'gain': tensor([1., 1.])}
    """
    from safetensors.torch import save_file

    tensors = {
        name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.tensors.items()
    }
    with atomic_file(folder / _TENSORS) as path:
        save_file(tensors, path)
    write_json(folder / _FACTS, state.facts)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read what a model folder says of itself.

    Raises
    ------
    InputError
        If there is no saved method in the folder, or its JSON is damaged.
    """
    path = folder / _FACTS
    if not path.is_file():
        raise InputError(
            f"{folder}: no {_FACTS}, so no model is here; make one with `phycharm train`."
        )
    return read_object(path, remedy="train the model again")


def read_state(folder: Path, *, method: str) -> FittedState:
    """Read a fitted state.

    Parameters
    ----------
    folder : Path
        Where `write_state` put it.
    method : str
        Name of the method that it must be of.

    Raises
    ------
    InputError
        If there is none, it is damaged, or it is another method's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    facts = read_facts(folder)
    if facts.get("harmonizer") != method:
        raise InputError(
            f"{folder}: holds a model of {facts.get('harmonizer')!r}, not of {method!r}; give the "
            "folder of the right method."
        )
    try:
        tensors = load_file(folder / _TENSORS)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{folder / _TENSORS}: missing or damaged ({error}); train the model again."
        ) from error
    return FittedState(tensors=tensors, facts=facts)
