"""Several trainings of one kind, step by step together."""

from collections.abc import Sequence
from typing import Any

import torch

from ...utils.progress import progress_bar
from ..lessons.ask import Ask
from ..lessons.learn import Learn
from ..lessons.open_step import Answers
from ..precision import trained_in, training_dtype
from ..trial_run import Trial, current_trial
from .asked_stack import AskedStack
from .member import Member
from .stacked_optimizer import StackedOptimizer


class StackedTraining:
    """Trainings whose networks take every step as one stack.

    Each has its own order of slices, random numbers, loss, validation and best state, so that it
    ends as it would have alone, but for the order in which sums are taken.

    Parameters
    ----------
    members : sequence of Member
        Of one `kind`, each where its training begins or goes on.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = list(members)
        first = members[0].lesson
        self._stacks = {names: AskedStack(members, names) for names in first.rows}
        self._optimizers = {
            name: StackedOptimizer(
                [one.stack for one in self._stacks.values()],
                [member.lesson.optimizers[name] for member in members],
            )
            for name in first.optimizers
        }
        self._device = str(next(next(iter(first.networks.values())).parameters()).device)

    def run(self) -> None:
        """Train to the end; afterwards every network has its last weights.

        Inside of `trial` it does a few steps only.
        """
        courses = [member.course for member in self._members]
        first, count = courses[0], len(courses)
        dtype = training_dtype(first.training.plan.precision, self._device)
        ends = first.rounds[first.progress.rounds :]
        networks = [
            one for row in self._stacks.values() for one in (row.stack.pattern, row.stack.single)
        ]
        with (
            trained_in(dtype, networks, self._device),
            progress_bar(f"{first.training.label} and {count - 1} more", len(ends)) as bar,
        ):
            if trial := current_trial():
                self._attempt(trial)
                return
            for end in ends:
                self._train_until(end)
                shown = [member.end_round() for member in self._members]
                bar.advance(detail=f"mean loss {sum(shown) / count:.4g}")

    def _train_until(self, end: int) -> None:
        courses = [member.course for member in self._members]
        while courses[0].progress.batches < end:
            courses[0].set_rates()
            self._step()
            if any(course.is_due for course in courses):
                self._write_back()
                # All at one step: what was kept at different ones could not go on together.
                for member in self._members:
                    member.keep(share=1 / len(courses))
        self._write_back()

    def _attempt(self, trial: Trial) -> None:
        """Do a few steps, to tell how long all of them take."""
        rounds = self._members[0].course.rounds
        trial.attempt(
            self._step,
            lambda: [member.end_round() for member in self._members],
            steps=rounds[-1],
            rounds=len(rounds),
            slices=self._members[0].course.training.plan.batch_size,
            together=len(self._members),
        )
        self._write_back()

    def _write_back(self) -> None:
        for row in self._stacks.values():
            row.stack.write_back()
        for optimizer in self._optimizers.values():
            optimizer.write_back()

    def _step(self) -> None:
        """Do a step of each; all want the same things in the same order."""
        wanted: list[Any] = [member.begin_step() for member in self._members]
        while any(wanted):
            answers = self._done(wanted)
            wanted = [member.go_on(own) for member, own in zip(self._members, answers, strict=True)]

    def _done(self, wanted: Sequence[Ask | Learn | None]) -> Sequence[Answers]:
        asked = [one for one in wanted if isinstance(one, Ask)]
        losses = [one for one in wanted if isinstance(one, Learn)]
        if len(asked) == len(wanted) and len({one.networks for one in asked}) == 1:
            return self._stacks[asked[0].networks].answer(asked)
        if len(losses) == len(wanted) and len({one.optimizer for one in losses}) == 1:
            total = torch.stack([one.loss for one in losses]).sum()
            self._optimizers[losses[0].optimizer].step(total)
            return [{}] * len(losses)
        raise RuntimeError("they do not want the same things")
