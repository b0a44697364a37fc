"""One optimizer for stacked weights, in place of those of their networks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..lessons.lesson import learn_by
from .stacked_networks import StackedNetworks


class StackedOptimizer:
    """An optimizer of stacked weights; what it does to one number, no other number changes.

    Parameters
    ----------
    stacks : sequence of StackedNetworks
        Of which it takes the weights that are its optimizers'.
    optimizers : sequence of Optimizer
        Of the networks, one for each training; of one class and with one set of options, as many
        steps behind each of them.
    """

    def __init__(self, stacks: Sequence[StackedNetworks], optimizers: Sequence[Optimizer]) -> None:
        self._first = optimizers[0]
        owners = {
            parameter: one
            for one in optimizers
            for group in one.param_groups
            for parameter in group["params"]
        }
        self._parts = {
            stacked: [(parameter, owners[parameter]) for parameter in parts]
            for stack in stacks
            for stacked, parts in stack.parts.items()
            if parts[0] in owners
        }
        kind: Any = type(self._first)
        self._optimizer: Optimizer = kind(list(self._parts), **self._first.defaults)
        self._take_over()

    def step(self, total: Tensor) -> None:
        """Do one step, at the first optimizer's learning rate, down a sum of all losses."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._first.param_groups[0]["lr"]
        learn_by(self._optimizer, total)

    def write_back(self) -> None:
        """Give every network's optimizer its memory."""
        for stacked, parts in self._parts.items():
            memory = self._optimizer.state[stacked]
            for number, (parameter, owner) in enumerate(parts):
                owner.state[parameter] = {
                    key: _part(value, number, stacked) for key, value in memory.items()
                }

    def _take_over(self) -> None:
        """Go on with what the networks' optimizers remember, if they have done steps."""
        for stacked, parts in self._parts.items():
            memories = [owner.state.get(parameter) for parameter, owner in parts]
            known = [one for one in memories if one]
            if not known:
                continue
            self._optimizer.state[stacked] = {
                key: torch.stack([one[key] for one in known])
                if value.shape == stacked.shape[1:]
                else value.clone()
                for key, value in known[0].items()
            }


def _part(value: Tensor, number: int, stacked: Tensor) -> Tensor:
    """Return one network's part; what counts steps is the same for all."""
    return (value[number] if value.shape == stacked.shape else value).clone()
