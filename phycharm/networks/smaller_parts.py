"""Networks that take a batch in parts, where a device's memory does not hold it whole."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def can_be_parted(networks: Iterable[nn.Module]) -> bool:
    """Whether each network's answer to a slice depends on no other slice of the batch."""
    return not any(
        isinstance(part, _BatchNorm) for network in networks for part in network.modules()
    )


@contextmanager
def in_parts(networks: Iterable[nn.Module], parts: int) -> Iterator[None]:
    """Have networks take every batch in parts, with the gradients of the whole.

    A part's inner images are computed anew on the way back (Chen 2016, arXiv:1604.06174), so that
    memory holds those of one part. Losses see the whole batch, so that nothing but the order of
    sums changes.

    Parameters
    ----------
    networks : iterable of Module
        One without a `forward` of its own stands for its parts.
    parts : int
        How many; 1 changes nothing.
    """
    with ExitStack() as stack:
        if parts > 1:
            for network in networks:
                for called in called_modules(network):
                    stack.enter_context(_parted(called, parts))
        yield


def called_modules(network: nn.Module) -> list[nn.Module]:
    """Return the network, or its parts where it has no `forward` of its own."""
    own = type(network).forward is not nn.Module.forward
    return [network] if own else list(network.children())


@contextmanager
def _parted(network: nn.Module, parts: int) -> Iterator[None]:
    whole = network.forward
    # A hook cannot call `forward` several times; an attribute of the object hides the class's own.
    vars(network)["forward"] = lambda *given: _in_parts(whole, parts, given)
    try:
        yield
    finally:
        del vars(network)["forward"]


def _in_parts(whole: Callable[..., Any], parts: int, given: tuple[Any, ...]) -> Any:
    count = next(len(one) for one in given if isinstance(one, Tensor))
    size = -(-count // parts)
    made = [_call(whole, _cut(given, start, size)) for start in range(0, count, size)]
    return _joined(made)


def _call(whole: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    if not torch.is_grad_enabled():
        return whole(*given)
    return checkpoint(whole, *given, use_reentrant=False)


def _cut(given: tuple[Any, ...], start: int, size: int) -> tuple[Any, ...]:
    return tuple(one[start : start + size] if isinstance(one, Tensor) else one for one in given)


def _joined(made: list[Any]) -> Any:
    if isinstance(made[0], Tensor):
        return torch.cat(made)
    return tuple(torch.cat(same) for same in zip(*made, strict=True))
