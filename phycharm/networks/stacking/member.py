"""A training that takes its steps together with others."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ...utils.random_state import RandomState
from ..keeping.starting_point import StartingPoint
from ..lessons.ask import Ask
from ..lessons.learn import Learn
from ..lessons.lesson import Lesson
from ..lessons.open_step import Answers, OpenStep
from ..training_course import TrainingCourse
from .stacked_networks import can_be_stacked


class Member:
    """A training with the random numbers that it would have drawn alone.

    Parameters
    ----------
    course : TrainingCourse
        Of a lesson, where it begins or goes on; the random numbers are those of now.
    """

    def __init__(self, course: TrainingCourse) -> None:
        self.course = course
        # Of Python and NumPy too, for a state that is kept; a training draws from torch's alone.
        self._all_numbers = RandomState().state_dict()
        self._numbers = _torchs_numbers()

    @property
    def lesson(self) -> Lesson:
        """What is learned."""
        lesson = self.course.training.lesson
        assert lesson is not None
        return lesson

    @property
    def kind(self) -> tuple[object, ...]:
        """What trainings have in common that can be done together."""
        course, lesson = self.course, self.lesson
        rows = [[repr(lesson.networks[name]) for name in row] for row in lesson.rows]
        stackable = all(map(can_be_stacked, lesson.networks.values()))
        if not stackable or any(len(set(row)) > 1 for row in rows):
            return (id(self),)
        return (
            course.training.plan,
            tuple(course.rounds),
            course.progress.batches,
            tuple(lesson.rows),
            repr(rows),
            tuple(lesson.shape),
            next(next(iter(lesson.networks.values())).parameters()).device,
            *((name, type(one), repr(one.defaults)) for name, one in lesson.optimizers.items()),
        )

    def begin_step(self) -> Ask | Learn | None:
        """Begin a step with the next slices; return what it wants first."""
        with self.own_numbers():
            self._indices = self.course.next_indices()
            self._step = OpenStep(self.lesson.script(self._indices))
        return self._wanted()

    def go_on(self, answers: Answers) -> Ask | Learn | None:
        """Go on with the step; return what it wants next, or None at its end."""
        with self.own_numbers():
            self._step.go_on(answers)
        return self._wanted()

    def _wanted(self) -> Ask | Learn | None:
        if self._step.wanted is None:
            self.course.count(self._step.terms, len(self._indices))
        return self._step.wanted

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
