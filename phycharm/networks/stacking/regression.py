"""What networks learn by regression, told apart from how: so that many can learn as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

from ..in_batches import in_batches
from ..training_progress import Terms

_Batch = TypeVar("_Batch")


@dataclass(frozen=True, kw_only=True)
class Regression(Generic[_Batch]):
    """Networks that see the same input, and one loss of what they make of it.

    Parameters
    ----------
    networks : mapping of str to Module
        That learn; an answer to a slice depends on no other slice.
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

    def step(self, indices: Tensor) -> Terms:
        """Do one step of the optimizer; the `step` of a `Training`."""
        terms = self.terms(self.batch(indices))
        self.optimizer.zero_grad(set_to_none=True)
        total: Any = terms["loss"]
        total.backward()
        self.optimizer.step()
        return terms

    def terms(self, batch: _Batch) -> Terms:
        """Return the loss terms of a batch.

        Parameters
        ----------
        batch : object
            As `batch` returns it, or people to validate by.
        """
        inputs = self.inputs(batch)
        return self.loss({n: in_batches(one, inputs) for n, one in self.networks.items()}, batch)
