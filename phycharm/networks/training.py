"""One training engine for every method that learns by gradient steps."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..utils.progress import progress_bar
from .plan import TrainingPlan

Terms = Mapping[str, Tensor | float]


@dataclass(kw_only=True)
class Training:
    """Train networks for a plan's epochs and keep the state that validates best.

    The engine shuffles, counts, schedules, records and selects; what one step does is the
    method's own business, so that one engine serves regression and adversarial training alike.

    Parameters
    ----------
    label : str
        What is trained, for the progress bar.
    plan : TrainingPlan
        Epochs, batch size and learning rate.
    samples : int
        How many training slices there are.
    step : callable
        `step(indices)` does one optimizer step on the slices with these indices (int64 tensor on
        the CPU) and returns loss terms by name, `loss` for the total. A term named `D.loss` is the
        `loss` of network `D`; a step need not return every term (rivals may take turns).
    validate : callable, optional
        `validate()` returns loss terms on the validation slices; the state with the lowest
        `select_by` is kept. Without it the last state is kept, for a training loss would choose
        overfitting.
    select_by : str
        Validation term to choose the state by.
    modules : mapping of str to Module
        Networks whose state is kept.
    optimizers : list of Optimizer
        Whose learning rate follows the plan.
    tags : dict
        Columns added to every row of the history (`network`, `source`, `target`).
    """

    label: str
    plan: TrainingPlan
    samples: int
    step: Callable[[Tensor], Terms]
    modules: Mapping[str, nn.Module]
    optimizers: list[Optimizer]
    validate: Callable[[], Terms] | None = None
    select_by: str = "loss"
    tags: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[dict[str, Any]]:
        """Train; afterwards the modules hold the kept state, in evaluation mode.

        Returns
        -------
        list of dict
            History rows: the tags, `epoch` (from 1), `split`, `term`, `value`.
        """
        schedule = _Schedule(self.optimizers, self._factor)
        history: list[dict[str, Any]] = []
        best = float("inf")
        kept = None
        with progress_bar(self.label, self.plan.epochs) as bar:
            for epoch in range(1, self.plan.epochs + 1):
                train = self._train_epoch(schedule)
                history += self._rows(epoch, "train", train)
                shown = train.get("loss", float("nan"))
                if self.validate is not None:
                    valid = self._validation_terms(self.validate)
                    history += self._rows(epoch, "validation", valid)
                    shown = valid[self.select_by]
                    if shown < best:
                        best, kept = shown, self._snapshot()
                bar.advance(detail=f"loss {shown:.4g}")
        self._finish(kept)
        return history

    def _steps_per_epoch(self) -> int:
        return -(-self.samples // self.plan.batch_size)

    def _factor(self, step: int) -> float:
        return self.plan.factor(step / (self.plan.epochs * self._steps_per_epoch()))

    def _batches(self) -> Iterator[Tensor]:
        return iter(torch.randperm(self.samples).split(self.plan.batch_size))

    def _train_epoch(self, schedule: "_Schedule") -> dict[str, float]:
        for module in self.modules.values():
            module.train()
        sums: dict[str, Tensor | float] = {}
        counts: Counter[str] = Counter()
        for indices in self._batches():
            for name, value in self.step(indices).items():
                detached = value.detach() if isinstance(value, Tensor) else value
                sums[name] = sums.get(name, 0.0) + detached * len(indices)
                counts[name] += len(indices)
            schedule.advance()
        return {name: float(total) / counts[name] for name, total in sums.items()}

    def _validation_terms(self, validate: Callable[[], Terms]) -> dict[str, float]:
        for module in self.modules.values():
            module.eval()
        with torch.no_grad():
            return {name: float(value) for name, value in validate().items()}

    def _rows(self, epoch: int, split: str, terms: Mapping[str, float]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for name, value in terms.items():
            network, _, term = name.rpartition(".")
            tags = self.tags | ({"network": network} if network else {})
            rows.append({**tags, "epoch": epoch, "split": split, "term": term, "value": value})
        return rows

    def _snapshot(self) -> dict[str, dict[str, Tensor]]:
        return {
            name: {key: value.detach().clone() for key, value in module.state_dict().items()}
            for name, module in self.modules.items()
        }

    def _finish(self, kept: dict[str, dict[str, Tensor]] | None) -> None:
        for name, module in self.modules.items():
            if kept is not None:
                module.load_state_dict(kept[name])
            module.eval()


class _Schedule:
    """Set the learning rates step by step.

    Torch's own schedulers warn where an optimizer has not stepped yet, as happens to one that
    takes turns with another.
    """

    def __init__(self, optimizers: list[Optimizer], factor: Callable[[int], float]) -> None:
        self._groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        self._rates = [group["lr"] for group in self._groups]
        self._factor = factor
        self._steps = 0

    def advance(self) -> None:
        """Set what the next step learns by."""
        self._steps += 1
        factor = self._factor(self._steps)
        for group, rate in zip(self._groups, self._rates, strict=True):
            group["lr"] = rate * factor


def adam(module: nn.Module, plan: TrainingPlan) -> Adam:
    """Return the plan's Adam optimizer for a network."""
    return Adam(module.parameters(), lr=plan.learning_rate, betas=plan.betas)


def in_batches(network: nn.Module, slices: Tensor, *, size: int = 64) -> Tensor:
    """Run a network over many slices, a few at a time to bound the memory."""
    return torch.cat([network(batch) for batch in slices.split(size)])
