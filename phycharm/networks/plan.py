"""How long and how a network is trained."""

import math
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError
from ..utils.validation import first_problem
from .precision import Precision

Schedule = Literal["constant", "cosine", "linear-second-half"]
_LENGTH = {"epochs", "steps"}


class TrainingPlan(BaseModel):
    """Hyper-parameters of one training.

    Parameters
    ----------
    epochs : int
        Passes over the training slices.
    steps : int, optional
        Updates of the network that makes the image, for each direction that it serves; takes the
        place of `epochs`. Passes give much to whoever has many slices or small batches, and to a
        network that takes turns with a rival half of what they seem to; steps are the same for all.
    batch_size : int
        Slices per step.
    learning_rate : float
        Adam's, at the start.
    betas : tuple of float
        Adam's.
    schedule : {"constant", "cosine", "linear-second-half"}
        How the learning rate falls to (nearly) zero, if it does: along half a cosine, or in a
        straight line over the second half of the training (Isola 2017).
    precision : {"float32", "bfloat16", "auto"}
        Of the numbers that networks compute with while they are trained (see `training_dtype`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(ge=1)
    steps: int | None = Field(None, ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Schedule = "constant"
    precision: Precision = "float32"

    def factor(self, progress: float) -> float:
        """Return what the learning rate is multiplied by after this part (0 to 1) of training.

        Examples
        --------
        >>> kept = {"epochs": 10, "batch_size": 8, "learning_rate": 1e-3}
        >>> plan = TrainingPlan(**kept, schedule="linear-second-half")
        >>> [plan.factor(progress) for progress in (0.0, 0.5, 0.75, 1.0)]
        [1.0, 1.0, 0.5, 0.0]
        """
        if self.schedule == "constant":
            return 1.0
        if self.schedule == "cosine":
            return 0.5 * (1 + math.cos(math.pi * progress))
        return min(1.0, 2 * (1 - progress))

    def of_steps(self, steps: int) -> Self:
        """Return the plan with another number of steps in place of its epochs or steps."""
        return self.model_copy(update={"steps": steps})

    def length(self, samples: int) -> int:
        """Return how many updates the plan is, for so many slices.

        Examples
        --------
        >>> plan = TrainingPlan(epochs=10, batch_size=8, learning_rate=1e-3)
        >>> plan.length(20), plan.of_steps(7).length(20)
        (30, 7)
        """
        batches = -(-samples // self.batch_size)
        return self.epochs * batches if self.steps is None else self.steps

    def changed(self, changes: dict[str, Any] | None) -> Self:
        """Return the plan with some values replaced.

        Raises
        ------
        InputError
            If a name or a value makes no sense.
        """
        try:
            return type(self).model_validate({**self.model_dump(), **(changes or {})})
        except ValidationError as error:
            raise InputError(f"[training] {first_problem(error)}; correct it.") from error

    def deviations(self, paper: Self) -> tuple[str, ...]:
        """Say in one sentence which values are not the paper's; or say nothing.

        Parameters
        ----------
        paper : TrainingPlan
            The plan of the method's paper.

        Examples
        --------
        >>> paper = TrainingPlan(epochs=200, batch_size=8, learning_rate=1e-3)
        >>> paper.changed({"epochs": 20}).deviations(paper)
        ('Training plan: epochs 20 instead of 200.',)
        >>> paper.changed({"steps": 1000, "batch_size": 4}).deviations(paper)
        ('Training plan: 1000 steps a direction instead of 200 epochs, batch size 4 instead of 8.',)
        """
        wanted = paper.model_dump(exclude=_LENGTH)
        changed = [
            f"{name.replace('_', ' ')} {value} instead of {wanted[name]}"
            for name, value in self.model_dump(exclude=_LENGTH).items()
            if value != wanted[name]
        ]
        changed = [*self._other_length(paper), *changed]
        return (f"Training plan: {', '.join(changed)}.",) if changed else ()

    def _other_length(self, paper: Self) -> list[str]:
        if self.steps is not None:
            return [f"{self.steps} steps a direction instead of {paper.epochs} epochs"]
        if self.epochs == paper.epochs:
            return []
        return [f"epochs {self.epochs} instead of {paper.epochs}"]
