"""Where a training stands, besides its networks and optimizers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

Terms = Mapping[str, Tensor | float]


def _nobody() -> Tensor:
    return torch.empty(0, dtype=torch.int64)


@dataclass(kw_only=True)
class TrainingProgress:
    """Batches done, the rest of the present pass, sums of the present round, and what was found.

    Parameters
    ----------
    batches : int
        Calls of the step so far.
    rounds : int
        Rounds that were recorded and validated.
    rest : Tensor of int64
        Slices of the present pass that are still to come, in their order.
    sums : dict of str to Tensor or float
        Loss terms since the last round, each times the slices it is of.
    counts : dict of str to int
        Over how many slices each sum runs.
    best : float
        Lowest validation term so far.
    chosen : dict, optional
        States of the networks where it was reached.
    history : list of dict
        Rows so far.
    """

    batches: int = 0
    rounds: int = 0
    rest: Tensor = field(default_factory=_nobody)
    sums: dict[str, Tensor | float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=Counter)
    best: float = float("inf")
    chosen: dict[str, dict[str, Tensor]] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def next_batch(self, samples: int, size: int) -> Tensor:
        """Deal out the next slices; after a pass all of them, in a new order."""
        if not len(self.rest):
            self.rest = torch.randperm(samples)
        batch, self.rest = self.rest[:size], self.rest[size:]
        return batch

    def count(self, terms: Terms, slices: int) -> None:
        """Add the loss terms of a batch, without a look at their values."""
        for name, value in terms.items():
            detached = value.detach() if isinstance(value, Tensor) else value
            self.sums[name] = self.sums.get(name, 0.0) + detached * slices
            self.counts[name] += slices
        self.batches += 1

    def means(self) -> dict[str, float]:
        """Return the mean of every term over the slices of the round, and begin a new one."""
        means = {name: float(total) / self.counts[name] for name, total in self.sums.items()}
        self.sums, self.counts = {}, Counter()
        return means

    def state_dict(self) -> dict[str, Any]:
        """Return all of it, to be kept."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""
        for one in fields(self):
            setattr(self, one.name, state_dict[one.name])
        self.counts = Counter(self.counts)
