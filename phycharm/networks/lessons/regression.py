"""The lesson of networks that learn by regression."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..in_batches import in_batches
from ..training_progress import Terms
from .ask import Ask
from .learn import Learn
from .lesson import Lesson
from .open_step import Script

_Batch = TypeVar("_Batch")
# Dropout is drawn part by part: what larger batches give shall stay what it was.
_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Regression(Generic[_Batch]):
    """Networks that see the same input, and one loss of what they make of it.

    Parameters
    ----------
    networks : mapping of str to Module
        That learn, of one architecture; an answer to a slice depends on no other slice.
    optimizer : Optimizer
        Of them all.
    batch : callable
        `batch(indices)` returns the slices with these indices (int64 tensor on the CPU), and draws
        whatever varies from step to step.
    shape : sequence of int
        Of a slice as every network sees it, (C, H, W).
    inputs : callable
        `inputs(batch)` returns what every network sees, shape (N, C, H, W).
    loss : callable
        `loss(made, batch)` returns the loss terms, `loss` for the total, of what the networks made
        (by their names, shape (N, C, H, W)); it draws nothing.
    """

    networks: Mapping[str, nn.Module]
    optimizer: Optimizer
    batch: Callable[[Tensor], _Batch]
    shape: Sequence[int]
    inputs: Callable[[_Batch], Tensor]
    loss: Callable[[Mapping[str, Tensor], _Batch], Terms]

    @property
    def lesson(self) -> Lesson:
        """What is learned in a step."""
        return Lesson(
            networks=self.networks,
            optimizers={"all": self.optimizer},
            shape=self.shape,
            script=self._script,
            asked_together=[tuple(self.networks)],
        )

    def _script(self, indices: Tensor) -> Script:
        batch = self.batch(indices)
        parts = []
        for inputs in self.inputs(batch).split(_AT_ONCE):
            parts.append((yield Ask(tuple(self.networks), (inputs,))))
        terms = self.loss({n: torch.cat([one[n] for one in parts]) for n in self.networks}, batch)
        total: Any = terms["loss"]
        yield Learn("all", total)
        return terms

    def terms(self, batch: _Batch) -> Terms:
        """Return the loss terms of a batch, without learning.

        Parameters
        ----------
        batch : object
            As `batch` returns it, or people to validate by.
        """
        inputs = self.inputs(batch)
        return self.loss({n: in_batches(one, inputs) for n, one in self.networks.items()}, batch)
