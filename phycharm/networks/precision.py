"""In which type of numbers a network is trained."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .smaller_parts import called_modules

Precision = Literal["float32", "bfloat16", "auto"]


def training_dtype(precision: Precision, device: str) -> torch.dtype:
    """Return the type of numbers in which convolutions are trained.

    Parameters
    ----------
    precision : {"float32", "bfloat16", "auto"}
        `auto` is bfloat16 where the machine multiplies such numbers in hardware (AVX512-BF16 or AMX
        on a CPU; a GPU since Ampere), for elsewhere it would be slower.
    device : str
        `cpu` or `cuda`.

    Examples
    --------
    >>> training_dtype("float32", "cpu")
    torch.float32
    """
    if precision == "auto":
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _multiplies_bfloat16(device: str) -> bool:
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # What the oneDNN of torch itself asks; there is no public question yet.
    asked: list[Any] = [torch.cpu._is_avx512_bf16_supported(), torch.cpu._is_amx_tile_supported()]
    return any(asked)


@contextmanager
def trained_in(dtype: torch.dtype, networks: Iterable[nn.Module], device: str) -> Iterator[None]:
    """Have networks compute in a type of numbers as long as they are in training mode.

    Weights, sums of norms, what a network returns, and so every loss, stay in float32. In
    evaluation mode nothing changes: a trained model gives the same images on every machine.

    Parameters
    ----------
    dtype : torch.dtype
        `torch.float32` changes nothing.
    networks : iterable of Module
        One without a `forward` of its own stands for its parts.
    device : str
        `cpu` or `cuda`.
    """
    if dtype == torch.float32:
        yield
        return
    kind = torch.device(device).type
    handles = [
        handle
        for network in networks
        for called in called_modules(network)
        for handle in _hooked(called, dtype, kind)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hooked(network: nn.Module, dtype: torch.dtype, kind: str) -> list[Any]:
    open_casts: list[torch.autocast] = []

    def before(module: nn.Module, _: Any) -> None:
        if module.training:
            cast = torch.autocast(kind, dtype)
            cast.__enter__()
            open_casts.append(cast)

    def after(module: nn.Module, _: Any, made: Any) -> Any:
        if not open_casts:
            return made
        open_casts.pop().__exit__(None, None, None)
        return _in_float32(made)

    return [
        network.register_forward_pre_hook(before),
        # Called after an error too, or everything that follows would be cast.
        network.register_forward_hook(after, always_call=True),
    ]


def _in_float32(made: Any) -> Any:
    if isinstance(made, Tensor):
        return made.float()
    return tuple(part.float() for part in made) if isinstance(made, tuple) else made
