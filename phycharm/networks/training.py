"""One training engine for every method that learns by gradient steps."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..utils.progress import progress_bar
from ..utils.random_state import random_fingerprint
from ..utils.untrusted.printable import say
from ..version import __version__
from .curves import training_curves
from .keeping.kept_training import Stateful, next_training
from .keeping.starting_point import StartingPoint
from .lessons.lesson import Lesson
from .plan import TrainingPlan
from .precision import trained_in, training_dtype
from .smaller_parts import can_be_parted, in_parts
from .stacking.fit_thread import current_fit_thread
from .training_course import TrainingCourse
from .training_progress import Terms
from .trial_run import Trial, current_trial


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
    lesson : Lesson, optional
        Of which `step` is, if it is of one: it can be trained together with others (see
        `fits_together`).
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
    lesson: Lesson | None = None

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
            return self._attempt(trial, dtype, device)
        kept = next_training(self._identity(dtype, device))
        with training_curves(self.label) as curves:
            course = TrainingCourse(self, kept=kept, curves=curves)
            if course.begin():
                return course.end()
            if share := self._trained_with_others(course):
                return course.end(share=share)
            with trained_in(dtype, self.modules.values(), device):
                self._train_in_memory(course)
            return course.end()

    def _trained_with_others(self, course: TrainingCourse) -> float:
        """Train as one with others that wait for it; return the part of the time, 0 if alone."""
        thread = current_fit_thread()
        return 0.0 if thread is None or self.lesson is None else thread.train(course)

    def _train_in_memory(self, course: TrainingCourse) -> None:
        """Train; where memory does not hold a batch, begin anew with one taken in parts.

        What fills the memory is the same in every step, so that little is lost; and whoever begins
        anew cannot have half a step behind them.
        """
        start = StartingPoint.of(course.parts())
        parts = 1
        while True:
            try:
                with in_parts(self.modules.values(), parts):
                    self._train(course)
                return
            except torch.OutOfMemoryError:
                whole = not can_be_parted(self.modules.values())
                if start is None or whole or 2 * parts > self.plan.batch_size:
                    raise
            start.restore(course.parts())
            parts *= 2
            size = -(-self.plan.batch_size // parts)
            say(
                f"{self.label}: out of memory; networks take {size} slices at a time",
                file=sys.stderr,
            )

    def _attempt(self, trial: Trial, dtype: torch.dtype, device: str) -> list[dict[str, Any]]:
        """Do a few steps, to tell how long all of them take."""
        course = TrainingCourse(self)
        if self._trained_with_others(course):
            return course.end()
        for module in self.modules.values():
            module.train()
        with trained_in(dtype, self.modules.values(), device):
            trial.attempt(
                lambda: self._one_step(course),
                course.end_round,
                steps=course.rounds[-1],
                rounds=len(course.rounds),
                slices=self.plan.batch_size,
            )
            return course.end()

    def _one_step(self, course: TrainingCourse) -> None:
        indices = course.next_indices()
        course.count(self.step(indices), len(indices))

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

    def _train(self, course: TrainingCourse) -> None:
        progress = course.progress
        ends = course.rounds[progress.rounds :]
        begin = f", from batch {progress.batches}" if progress.batches else ""
        course.set_rates()
        with progress_bar(f"{self.label}{begin}", len(ends)) as bar:
            for end in ends:
                self._train_until(end, course)
                bar.advance(detail=f"loss {course.end_round():.4g}")

    def _train_until(self, end: int, course: TrainingCourse) -> None:
        for module in self.modules.values():
            module.train()
        while course.progress.batches < end:
            self._one_step(course)
            course.set_rates()
            if course.is_due:
                course.keep()


def adam(module: nn.Module, plan: TrainingPlan) -> Adam:
    """Return the plan's Adam optimizer for a network."""
    return Adam(module.parameters(), lr=plan.learning_rate, betas=plan.betas, fused=True)
