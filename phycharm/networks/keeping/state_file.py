"""Nested tensors and plain data in one safetensors file; never a pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...utils.atomic import atomic_file

_FORMAT = "1"


class DamagedStateError(Exception):
    """A file that holds no state, or not the one that was written."""


def write_state_file(path: Path, content: Any) -> None:
    """Write a state atomically: dictionaries and lists of tensors, numbers and strings.

    The tensors are those of a safetensors file; what lies around them stands as JSON in its header,
    with the SHA-256 of all.

    Parameters
    ----------
    path : Path
        File; its folder is made if need be.
    content : dict, list, Tensor, number, str or None
        May be nested. Tuples come back as lists.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is still there.
    TypeError
        If something in it is of another kind.

    Examples
    --------
    >>> import tempfile
    >>> content = {"step": {0: torch.ones(2)}, "best": float("inf")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_state_file(Path(folder) / "state.safetensors", content)
    ...     read_state_file(Path(folder) / "state.safetensors")
    ...
    {'step': {0: tensor([1., 1.])}, 'best': inf}
    """
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    text = json.dumps(_packed(content, tensors))
    about = {"format": _FORMAT, "content": text, "sha256": _digest(text, tensors)}
    with atomic_file(path) as temporary:
        save_file(tensors, temporary, metadata=about)


def read_state_file(path: Path) -> Any:
    """Read a state, to the CPU.

    Raises
    ------
    DamagedStateError
        If the file is no such file, cannot be read, or is not as it was written.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            # No dict: it has `keys` and cannot be iterated.
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about.get("format") != _FORMAT:
            raise DamagedStateError(f"format {about.get('format')!r} instead of {_FORMAT!r}")
        if about["sha256"] != _digest(about["content"], tensors):
            raise DamagedStateError("its content is not what was written")
        return _unpacked(json.loads(about["content"]), tensors)
    except (OSError, SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise DamagedStateError(" ".join(str(error).split())) from error


def _packed(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Move tensors from nested data into a dictionary, and leave their names in their places."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        # A copy of its own: tensors of one file may share no memory.
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {"tensor": name}
    if isinstance(value, dict):
        # As pairs: keys of JSON are strings alone, and an optimizer counts its parameters.
        return {"items": [[key, _packed(one, tensors)] for key, one in value.items()]}
    if isinstance(value, list | tuple):
        return [_packed(one, tensors) for one in value]
    return value


def _unpacked(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpacked(one, tensors) for one in value]
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _unpacked(one, tensors) for key, one in value["items"]}
    return value


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        raw: Any = tensors[name].reshape(-1).view(torch.uint8).numpy()
        digest.update(raw)
    return digest.hexdigest()
