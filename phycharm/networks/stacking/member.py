"""A training that takes its steps together with others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ...utils.random_state import RandomState
from ..keeping.starting_point import StartingPoint
from ..training_course import TrainingCourse
from .regression import Regression
from .stacked_networks import StackedNetworks, can_be_stacked


class Member:
    """A training with the random numbers that it would have drawn alone.

    Parameters
    ----------
    course : TrainingCourse
        Of a regression, where it begins or goes on; the random numbers are those of now.
    """

    def __init__(self, course: TrainingCourse) -> None:
        self.course = course
        # Of Python and NumPy too, for a state that is kept; a training draws from torch's alone.
        self._all_numbers = RandomState().state_dict()
        self._numbers = _torchs_numbers()

    @property
    def regression(self) -> Regression[Any]:
        """What is learned."""
        regression = self.course.training.regression
        assert regression is not None
        return regression

    @property
    def kind(self) -> tuple[object, ...]:
        """What trainings have in common that can be done together."""
        course, regression = self.course, self.regression
        training, networks = course.training, list(regression.networks.values())
        weight = next(networks[0].parameters())
        if not all(map(can_be_stacked, networks)):
            return (id(self),)
        return (
            training.plan,
            tuple(course.rounds),
            course.progress.batches,
            len(networks),
            {repr(network) for network in networks} == {repr(networks[0])},
            repr(networks[0]),
            tuple(regression.shape),
            weight.device,
            type(regression.optimizer),
            repr(regression.optimizer.defaults),
        )

    def next_batch(self) -> Any:
        """Deal out the next slices, and draw what varies in them."""
        with self.own_numbers():
            return self.regression.batch(self.course.next_indices())

    def draw(
        self, stack: StackedNetworks, seen: dict[str, Tensor], slices: int
    ) -> list[dict[str, Tensor]]:
        """Draw what dropout multiplies by, for each of the networks."""
        with self.own_numbers():
            return [stack.draw(seen, slices) for _ in self.regression.networks]

    def end_round(self) -> float:
        """End a round of the course; return the number to show."""
        with self.own_numbers():
            return self.course.end_round()

    def keep(self, *, share: float) -> None:
        """Keep the state, with the numbers that the training would have drawn next."""
        numbers = RandomState()
        others = numbers.state_dict()
        numbers.load_state_dict(self._all_numbers)
        try:
            with self.own_numbers():
                self.course.keep(share=share)
        finally:
            numbers.load_state_dict(others)

    def starting_point(self) -> StartingPoint | None:
        """Return where the training is now."""
        with self.own_numbers():
            return StartingPoint.of(self.course.parts())

    def go_back(self, start: StartingPoint) -> None:
        """Go back to where the training was."""
        with self.own_numbers():
            start.restore(self.course.parts())

    @contextmanager
    def own_numbers(self) -> Iterator[None]:
        """Draw inside the block from the training's own random numbers."""
        others = _torchs_numbers()
        _set_torchs_numbers(self._numbers)
        try:
            yield
        finally:
            self._numbers = _torchs_numbers()
            _set_torchs_numbers(others)

    def hand_back_numbers(self) -> None:
        """Let the random numbers that come next be those after the training."""
        _set_torchs_numbers(self._numbers)


def _torchs_numbers() -> list[Tensor]:
    """Return where torch's generators are."""
    # A GPU that nobody has asked for anything has no state, and shall not get one by this.
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return [torch.get_rng_state(), *gpus]


def _set_torchs_numbers(numbers: list[Tensor]) -> None:
    torch.set_rng_state(numbers[0])
    if len(numbers) > 1:
        torch.cuda.set_rng_state_all(numbers[1:])
