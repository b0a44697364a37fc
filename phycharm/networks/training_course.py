"""One training on its way: where it stands, what comes next, what ends a round."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from .curves import Rows
from .keeping.kept_training import KeptOptimizer, KeptTraining, Stateful
from .training_progress import Terms, TrainingProgress

if TYPE_CHECKING:
    from .training import Training

_MOST_ROUNDS = 20
_OPTIMIZER = "optimizer"


def _nowhere(rows: Rows) -> None:
    """Draw no curves."""


class TrainingCourse:
    """The way of one training, whoever does its steps.

    Parameters
    ----------
    training : Training
        What is trained, and how.
    kept : KeptTraining, optional
        Where its state is kept.
    curves : callable, optional
        Takes the rows of the history as they come.
    """

    def __init__(
        self,
        training: "Training",
        *,
        kept: KeptTraining | None = None,
        curves: Callable[[Rows], None] = _nowhere,
    ) -> None:
        self.training = training
        self.progress = TrainingProgress()
        self.rounds = self._rounds()
        self._kept = kept
        self._curves = curves
        self._schedule = _Schedule(training.optimizers, self.factor)
        self._ended = False

    def begin(self) -> bool:
        """Go where the kept state is, if there is one; whether that is the end."""
        self._ended = self._kept is not None and self._kept.restore(self.parts())
        self._curves(self.progress.history)
        if not self._ended:
            self.set_rates()
        return self._ended

    def parts(self) -> dict[str, Stateful]:
        """Return all that a state of the training consists of, except for the random numbers."""
        training = self.training
        parts: dict[str, Stateful] = {f"module {n}": one for n, one in training.modules.items()}
        parts |= {f"{_OPTIMIZER} {n}": KeptOptimizer(o) for n, o in enumerate(training.optimizers)}
        parts["progress"] = self.progress
        return parts if training.memory is None else parts | {"memory": training.memory}

    def next_indices(self) -> Tensor:
        """Deal out the slices of the next batch."""
        return self.progress.next_batch(self.training.samples, self.training.plan.batch_size)

    def count(self, terms: Terms, slices: int) -> None:
        """Count a batch that was learned from."""
        self.progress.count(terms, slices)

    def set_rates(self) -> None:
        """Set what the optimizers' next step learns by."""
        self._schedule.go_to(self.progress.batches)

    @property
    def is_due(self) -> bool:
        """Whether it is time to keep the state."""
        return self._kept is not None and self._kept.is_due

    def keep(self, *, share: float = 1.0) -> None:
        """Keep the state, inside of `kept_in`.

        Parameters
        ----------
        share : float
            Part of the time that is this training's, where several are done at once.
        """
        if self._kept is not None:
            self._kept.keep(self.parts(), share=share)

    def factor(self, batches: int) -> float:
        """Return what the learning rate is multiplied by after so many batches."""
        training, plan = self.training, self.training.plan
        if plan.steps is None:
            return plan.factor(batches / (plan.epochs * self._batches_per_epoch()))
        return plan.factor(batches / (plan.steps * training.directions * training.turns))

    def end_round(self) -> float:
        """Record, validate and choose; return the number to show."""
        progress, training = self.progress, self.training
        end, known = progress.batches, len(progress.history)
        train = progress.means()
        progress.history += self._rows(end, "train", train)
        shown = train.get("loss", float("nan"))
        if training.validate is not None:
            valid = self._validation_terms(training.validate)
            progress.history += self._rows(end, "validation", valid)
            shown = valid[training.select_by]
            if shown < progress.best:
                progress.best, progress.chosen = shown, self.snapshot()
        progress.rounds += 1
        self._curves(progress.history[known:])
        return shown

    def snapshot(self) -> dict[str, dict[str, Tensor]]:
        """Copy the networks' states."""
        return {
            name: {key: value.detach().clone() for key, value in module.state_dict().items()}
            for name, module in self.training.modules.items()
        }

    def end(self, *, share: float = 1.0) -> list[dict[str, Any]]:
        """Put the chosen state in its place, and keep it; return the history.

        Parameters
        ----------
        share : float
            See `keep`.
        """
        progress = self.progress
        for name, module in self.training.modules.items():
            if progress.chosen is not None:
                module.load_state_dict(progress.chosen[name])
            module.eval()
        progress.chosen = None
        if self._kept is not None and not self._ended:
            left = {n: part for n, part in self.parts().items() if not n.startswith(_OPTIMIZER)}
            self._kept.end(left, share=share)
        return progress.history

    def _rounds(self) -> list[int]:
        """List after how many batches to record and validate; the last ends the training."""
        training, plan = self.training, self.training.plan
        if plan.steps is None:
            return [self._batches_per_epoch() * (n + 1) for n in range(plan.epochs)]
        updates = plan.steps * training.directions
        count = min(_MOST_ROUNDS, updates)
        return [training.turns * (updates * (n + 1) // count) for n in range(count)]

    def _batches_per_epoch(self) -> int:
        return -(-self.training.samples // self.training.plan.batch_size)

    def _validation_terms(self, validate: Callable[[], Terms]) -> dict[str, float]:
        for module in self.training.modules.values():
            module.eval()
        with torch.no_grad():
            return {name: float(value) for name, value in validate().items()}

    def _rows(self, batches: int, split: str, terms: Mapping[str, float]) -> list[dict[str, Any]]:
        training = self.training
        passes = batches / self._batches_per_epoch()
        # Whole epochs are whole numbers, in the table as in people's minds.
        epoch = int(passes) if passes.is_integer() else round(passes, 3)
        place = {"epoch": epoch, "step": training.done - (-batches // training.turns)}
        rows: list[dict[str, Any]] = []
        for name, value in terms.items():
            network, _, term = name.rpartition(".")
            tags = training.tags | ({"network": network} if network else {})
            rows.append({**tags, **place, "split": split, "term": term, "value": value})
        return rows


class _Schedule:
    """Set the learning rates step by step.

    Torch's own schedulers warn where an optimizer has not stepped yet, as happens to one that
    takes turns with another.
    """

    def __init__(self, optimizers: list[Optimizer], factor: Callable[[int], float]) -> None:
        self._optimizers = optimizers
        self._rates = [group["lr"] for group in self._groups()]
        self._factor = factor

    def go_to(self, batches: int) -> None:
        """Set what the next step learns by, after so many."""
        factor = self._factor(batches)
        for group, rate in zip(self._groups(), self._rates, strict=True):
            group["lr"] = rate * factor

    def _groups(self) -> list[dict[str, Any]]:
        # Asked anew: an optimizer that takes back a state has new ones.
        return [group for optimizer in self._optimizers for group in optimizer.param_groups]
