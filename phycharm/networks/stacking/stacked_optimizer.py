"""One optimizer for stacked weights, in place of those of their networks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class StackedOptimizer:
    """An optimizer of stacked weights; what it does to one number, no other number changes.

    Parameters
    ----------
    weights : mapping of str to Tensor, shape (K, ...)
        Stacked, by their names in a network.
    networks : sequence of K Module
        Whose weights they are, those of one optimizer together.
    optimizers : sequence of Optimizer
        Theirs, of one class and with one set of options, as many steps behind each of them.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        networks: Sequence[nn.Module],
        optimizers: Sequence[Optimizer],
    ) -> None:
        first, each = optimizers[0], len(networks) // len(optimizers)
        kind: Any = type(first)
        self._weights = dict(weights)
        self._owned = [(one, optimizers[n // each]) for n, one in enumerate(networks)]
        self._first = first
        self._optimizer: Optimizer = kind(list(weights.values()), **first.defaults)
        self._take_over()

    def step(self, total: Tensor) -> None:
        """Do one step, at the first optimizer's learning rate, down a sum of all losses."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._first.param_groups[0]["lr"]
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        self._optimizer.step()

    def write_back(self) -> None:
        """Give every network's optimizer its memory."""
        for name, stacked in self._weights.items():
            memory = self._optimizer.state[stacked]
            for number, (parameter, owner) in enumerate(self._owners(name)):
                owner.state[parameter] = {
                    key: _part(value, number, stacked) for key, value in memory.items()
                }

    def _take_over(self) -> None:
        """Go on with what the networks' optimizers remember, if they have done steps."""
        for name, stacked in self._weights.items():
            memories = [owner.state.get(parameter) for parameter, owner in self._owners(name)]
            known = [one for one in memories if one]
            if not known:
                continue
            self._optimizer.state[stacked] = {
                key: torch.stack([one[key] for one in known])
                if value.shape == stacked.shape[1:]
                else value.clone()
                for key, value in known[0].items()
            }

    def _owners(self, name: str) -> Iterator[tuple[nn.Parameter, Optimizer]]:
        for network, owner in self._owned:
            yield network.get_parameter(name), owner


def _part(value: Tensor, number: int, stacked: Tensor) -> Tensor:
    """Return one network's part; what counts steps is the same for all."""
    return (value[number] if value.shape == stacked.shape else value).clone()
