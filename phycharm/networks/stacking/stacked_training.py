"""Several trainings of one kind, step by step together."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...utils.progress import progress_bar
from ..precision import trained_in, training_dtype
from ..trial_run import Trial, current_trial
from .member import Member
from .stacked_networks import StackedNetworks
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
        networks = [one for member in members for one in member.regression.networks.values()]
        self._stack = StackedNetworks(networks)
        self._optimizer = StackedOptimizer(
            self._stack.weights, networks, [member.regression.optimizer for member in members]
        )
        self._device = str(next(networks[0].parameters()).device)
        self._seen: dict[str, Tensor] | None = None

    def run(self) -> None:
        """Train to the end; afterwards every network has its last weights.

        Inside of `trial` it does a few steps only.
        """
        courses = [member.course for member in self._members]
        first, count = courses[0], len(courses)
        dtype = training_dtype(first.training.plan.precision, self._device)
        ends = first.rounds[first.progress.rounds :]
        with (
            trained_in(dtype, [self._stack.pattern, self._stack.single], self._device),
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
        self._stack.write_back()
        self._optimizer.write_back()

    def _step(self) -> None:
        batches = [member.next_batch() for member in self._members]
        inputs = [m.regression.inputs(b) for m, b in zip(self._members, batches, strict=True)]
        made = self._stack(*self._stacked(inputs))
        terms = self._terms(made, batches, inputs)
        self._optimizer.step(torch.stack([one["loss"] for one in terms]).sum())
        for member, one, slices in zip(self._members, terms, inputs, strict=True):
            member.course.count(one, len(slices))

    def _stacked(self, inputs: Sequence[Tensor]) -> tuple[Tensor, list[dict[str, Tensor]]]:
        """Lay out what all networks see, and what their dropout multiplies by."""
        longest = max(map(len, inputs))
        slices, factors = [], []
        for member, own in zip(self._members, inputs, strict=True):
            for drawn in member.draw(self._stack, self._seen_of(own), len(own)):
                slices.append(_padded(own, longest))
                factors.append({name: _padded(one, longest) for name, one in drawn.items()})
        return torch.stack(slices), factors

    def _seen_of(self, inputs: Tensor) -> dict[str, Tensor]:
        if self._seen is None or any(len(one) < len(inputs) for one in self._seen.values()):
            with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
                self._seen = self._stack.seen_by_dropout(inputs)
        return self._seen

    def _terms(
        self, made: Tensor, batches: Sequence[Any], inputs: Sequence[Tensor]
    ) -> list[Mapping[str, Any]]:
        rows = iter(made)
        found: list[Mapping[str, Any]] = []
        for member, batch, own in zip(self._members, batches, inputs, strict=True):
            # What was padded is nobody's: no loss looks at it.
            own_made = {name: next(rows)[: len(own)] for name in member.regression.networks}
            found.append(member.regression.loss(own_made, batch))
        return found


def _padded(slices: Tensor, count: int) -> Tensor:
    """Add empty slices until there are so many: the last batch of a pass may be shorter."""
    short = count - len(slices)
    return torch.cat([slices, slices.new_zeros(short, *slices.shape[1:])]) if short else slices
