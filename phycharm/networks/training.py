"""One training engine for every method that learns by gradient steps."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..utils.progress import progress_bar
from ..utils.random_state import random_fingerprint
from ..utils.untrusted.printable import say
from ..version import __version__
from .curves import Rows, training_curves
from .keeping.kept_training import KeptOptimizer, KeptTraining, Stateful, next_training
from .keeping.starting_point import StartingPoint
from .plan import TrainingPlan
from .precision import trained_in, training_dtype
from .smaller_parts import can_be_parted, in_parts
from .training_progress import Terms, TrainingProgress
from .trial_run import Trial, current_trial

_MOST_ROUNDS = 20
_OPTIMIZER = "optimizer"


@dataclass(kw_only=True)
class Training:
    """Train networks for a plan's epochs or steps and keep the state that validates best.

    The engine shuffles, counts, schedules, records and selects; what one step does is the
    method's own business, so that one engine serves regression and adversarial training alike.
    It records and validates after every epoch; where the plan counts steps, twenty times at equal
    distances, for an epoch is then nobody's unit. Inside of `kept_in` it keeps its state every few
    minutes, and goes on with a state that is there: an optimizer serves one training. Inside of
    `trial` it does a few steps only.

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
    memory : Stateful, optional
        What `step` and `validate` remember from call to call besides networks and optimizers (whose
        turn it is, a pool of images), so that it is kept with the rest.
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
    memory: Stateful | None = None

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
        trial = current_trial()
        if trial is not None:
            with trained_in(dtype, self.modules.values(), device):
                return self._attempt(trial)
        kept = next_training(self._identity(dtype, device))
        with trained_in(dtype, self.modules.values(), device):
            return self._run_in_memory(kept)

    def _run_in_memory(self, kept: KeptTraining | None) -> list[dict[str, Any]]:
        """Train; where memory does not hold a batch, begin anew with one taken in parts.

        What fills the memory is the same in every step, so that little is lost; and whoever begins
        anew cannot have half a step behind them.
        """
        start = StartingPoint.of(self._parts(TrainingProgress()))
        parts = 1
        while True:
            try:
                with in_parts(self.modules.values(), parts):
                    return self._run(kept)
            except torch.OutOfMemoryError:
                whole = not can_be_parted(self.modules.values())
                if start is None or whole or 2 * parts > self.plan.batch_size:
                    raise
            start.restore(self._parts(TrainingProgress()))
            parts *= 2
            size = -(-self.plan.batch_size // parts)
            say(
                f"{self.label}: out of memory; networks take {size} slices at a time",
                file=sys.stderr,
            )

    def _run(self, kept: KeptTraining | None) -> list[dict[str, Any]]:
        schedule = _Schedule(self.optimizers, self._factor)
        progress = TrainingProgress()
        parts = self._parts(progress)
        ended = kept is not None and kept.restore(parts)
        with training_curves(self.label) as curves:
            curves(progress.history)
            if not ended:
                schedule.go_to(progress.batches)
                keep = _nothing if kept is None else partial(kept.keep_if_due, parts)
                self._train(progress, schedule, keep, curves)
        self._finish(progress)
        if kept is not None and not ended:
            kept.end({n: part for n, part in parts.items() if not n.startswith(_OPTIMIZER)})
        return progress.history

    def _attempt(self, trial: Trial) -> list[dict[str, Any]]:
        """Do a few steps, to tell how long all of them take."""
        progress, ends = TrainingProgress(), self._rounds()
        for module in self.modules.values():
            module.train()
        trial.attempt(
            lambda: self._one_step(progress),
            lambda: self._end_round(progress.batches, progress),
            steps=ends[-1],
            rounds=len(ends),
        )
        self._finish(progress)
        return progress.history

    def _one_step(self, progress: TrainingProgress) -> None:
        indices = progress.next_batch(self.samples, self.plan.batch_size)
        progress.count(self.step(indices), len(indices))

    def _identity(self, dtype: torch.dtype, device: str) -> dict[str, Any]:
        """Return what tells this training from others; see `KeptTraining`."""
        return {
            "label": self.label,
            "tags": self.tags,
            "plan": self.plan.model_dump(mode="json"),
            "numbers": str(dtype),
            "device": torch.device(device).type,
            "samples": self.samples,
            "directions": self.directions,
            "turns": self.turns,
            "done": self.done,
            "chosen by": None if self.validate is None else self.select_by,
            "networks": {
                name: {key: list(value.shape) for key, value in module.state_dict().items()}
                for name, module in self.modules.items()
            },
            "parts": [len(self.optimizers), self.memory is not None],
            "random numbers": random_fingerprint(),
            "phycharm": __version__,
            "torch": torch.__version__,
        }

    def _parts(self, progress: TrainingProgress) -> dict[str, Stateful]:
        """Return all that a state of the training consists of, except for the random numbers."""
        parts: dict[str, Stateful] = {f"module {n}": one for n, one in self.modules.items()}
        parts |= {f"{_OPTIMIZER} {n}": KeptOptimizer(o) for n, o in enumerate(self.optimizers)}
        parts["progress"] = progress
        return parts if self.memory is None else parts | {"memory": self.memory}

    def _train(
        self,
        progress: TrainingProgress,
        schedule: "_Schedule",
        keep: Callable[[], None],
        curves: Callable[[Rows], None],
    ) -> None:
        ends = self._rounds()[progress.rounds :]
        begin = f", from batch {progress.batches}" if progress.batches else ""
        with progress_bar(f"{self.label}{begin}", len(ends)) as bar:
            for end in ends:
                self._train_until(end, progress, schedule, keep)
                known = len(progress.history)
                shown = self._end_round(end, progress)
                curves(progress.history[known:])
                bar.advance(detail=f"loss {shown:.4g}")

    def _train_until(
        self,
        end: int,
        progress: TrainingProgress,
        schedule: "_Schedule",
        keep: Callable[[], None],
    ) -> None:
        for module in self.modules.values():
            module.train()
        while progress.batches < end:
            self._one_step(progress)
            schedule.go_to(progress.batches)
            keep()

    def _end_round(self, end: int, progress: TrainingProgress) -> float:
        """Record, validate and choose; return the number to show."""
        train = progress.means()
        progress.history += self._rows(end, "train", train)
        shown = train.get("loss", float("nan"))
        if self.validate is not None:
            valid = self._validation_terms(self.validate)
            progress.history += self._rows(end, "validation", valid)
            shown = valid[self.select_by]
            if shown < progress.best:
                progress.best, progress.chosen = shown, self._snapshot()
        progress.rounds += 1
        return shown

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

    def _finish(self, progress: TrainingProgress) -> None:
        for name, module in self.modules.items():
            if progress.chosen is not None:
                module.load_state_dict(progress.chosen[name])
            module.eval()
        progress.chosen = None


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


def _nothing() -> None:
    """Keep nothing, outside of `kept_in`."""


def adam(module: nn.Module, plan: TrainingPlan) -> Adam:
    """Return the plan's Adam optimizer for a network."""
    return Adam(module.parameters(), lr=plan.learning_rate, betas=plan.betas, fused=True)


def in_batches(network: nn.Module, slices: Tensor, *, size: int | None = None) -> Tensor:
    """Run a network over many slices, a few at a time.

    Parameters
    ----------
    network : Module
        Whose answer to a slice depends on no other slice.
    slices : Tensor, shape (N, C, H, W)
        What it is asked.
    size : int, optional
        Slices at once; by default what bounds a GPU's memory, or fits a CPU's cache.

    Returns
    -------
    Tensor, shape (N, ...)
        Its answers.
    """
    learning = torch.is_grad_enabled()
    if size is None:
        # On a CPU 64 slices of 64 x 80 take half as long again as 8 at a time. Where something is
        # learned, a batch is what the plan says, and its dropout is drawn at once.
        size = 64 if learning or slices.device.type != "cpu" else 8
    while True:
        try:
            return torch.cat([network(batch) for batch in slices.split(size)])
        except torch.OutOfMemoryError:
            if learning or size == 1:
                raise
        size //= 2
