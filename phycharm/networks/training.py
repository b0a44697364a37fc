"""One training engine for every method that learns by gradient steps."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..utils.progress import progress_bar
from .plan import TrainingPlan
from .precision import trained_in, training_dtype

Terms = Mapping[str, Tensor | float]
_MOST_ROUNDS = 20


@dataclass(kw_only=True)
class Training:
    """Train networks for a plan's epochs or steps and keep the state that validates best.

    The engine shuffles, counts, schedules, records and selects; what one step does is the
    method's own business, so that one engine serves regression and adversarial training alike.
    It records and validates after every epoch; where the plan counts steps, twenty times at equal
    distances, for an epoch is then nobody's unit.

    Parameters
    ----------
    label : str
        What is trained, for the progress bar.
    plan : TrainingPlan
        Epochs or steps, batch size and learning rate.
    samples : int
        How many training slices there are.
    directions : int
        How many directions the network serves: the plan's steps are for each of them.
    turns : int
        Calls of `step` to one update of the network that makes the image; 2 where every second
        call improves its rival. The plan's steps count that network's updates alone.
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
    done : int
        Updates that the networks had before this training; steps are counted on from there.
    """

    label: str
    plan: TrainingPlan
    samples: int
    step: Callable[[Tensor], Terms]
    modules: Mapping[str, nn.Module]
    optimizers: list[Optimizer]
    validate: Callable[[], Terms] | None = None
    select_by: str = "loss"
    directions: int = 1
    turns: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    done: int = 0

    def run(self) -> list[dict[str, Any]]:
        """Train; afterwards the modules hold the kept state, in evaluation mode.

        Returns
        -------
        list of dict
            History rows: the tags, `epoch` (passes over the slices so far), `step` (updates so far
            of the network that makes the image), `split`, `term`, `value`.
        """
        device = str(
            next(p for module in self.modules.values() for p in module.parameters()).device
        )
        dtype = training_dtype(self.plan.precision, device)
        with trained_in(dtype, self.modules.values(), device):
            return self._run()

    def _run(self) -> list[dict[str, Any]]:
        schedule = _Schedule(self.optimizers, self._factor)
        history: list[dict[str, Any]] = []
        best = float("inf")
        kept = None
        batches = self._batches()
        rounds = self._rounds()
        with progress_bar(self.label, len(rounds)) as bar:
            for begin, end in zip([0, *rounds], rounds, strict=False):
                train = self._train(islice(batches, end - begin), schedule)
                history += self._rows(end, "train", train)
                shown = train.get("loss", float("nan"))
                if self.validate is not None:
                    valid = self._validation_terms(self.validate)
                    history += self._rows(end, "validation", valid)
                    shown = valid[self.select_by]
                    if shown < best:
                        best, kept = shown, self._snapshot()
                bar.advance(detail=f"loss {shown:.4g}")
        self._finish(kept)
        return history

    def _rounds(self) -> list[int]:
        """List after how many batches to record and validate; the last ends the training."""
        if self.plan.steps is None:
            return [self._batches_per_epoch() * (n + 1) for n in range(self.plan.epochs)]
        updates = self.plan.steps * self.directions
        count = min(_MOST_ROUNDS, updates)
        return [self.turns * (updates * (n + 1) // count) for n in range(count)]

    def _batches_per_epoch(self) -> int:
        return -(-self.samples // self.plan.batch_size)

    def _factor(self, batches: int) -> float:
        if self.plan.steps is None:
            return self.plan.factor(batches / (self.plan.epochs * self._batches_per_epoch()))
        return self.plan.factor(batches / (self.plan.steps * self.directions * self.turns))

    def _batches(self) -> Iterator[Tensor]:
        """Deal out the slices in a new order again and again, without end."""
        while True:
            yield from torch.randperm(self.samples).split(self.plan.batch_size)

    def _train(self, batches: Iterator[Tensor], schedule: "_Schedule") -> dict[str, float]:
        for module in self.modules.values():
            module.train()
        sums: dict[str, Tensor | float] = {}
        counts: Counter[str] = Counter()
        for indices in batches:
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

    def _rows(self, batches: int, split: str, terms: Mapping[str, float]) -> list[dict[str, Any]]:
        passes = batches / self._batches_per_epoch()
        # Whole epochs are whole numbers, in the table as in people's minds.
        epoch = int(passes) if passes.is_integer() else round(passes, 3)
        progress = {"epoch": epoch, "step": self.done - (-batches // self.turns)}
        rows: list[dict[str, Any]] = []
        for name, value in terms.items():
            network, _, term = name.rpartition(".")
            tags = self.tags | ({"network": network} if network else {})
            rows.append({**tags, **progress, "split": split, "term": term, "value": value})
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
    return Adam(module.parameters(), lr=plan.learning_rate, betas=plan.betas, fused=True)


def in_batches(network: nn.Module, slices: Tensor, *, size: int = 64) -> Tensor:
    """Run a network over many slices, a few at a time to bound the memory."""
    return torch.cat([network(batch) for batch in slices.split(size)])
