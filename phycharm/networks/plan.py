"""How long and how a network is trained."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Schedule = Literal["constant", "cosine", "linear-second-half"]


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """Hyper-parameters of one training.

    Parameters
    ----------
    epochs : int
        Passes over the training slices.
    batch_size : int
        Slices per step.
    learning_rate : float
        Adam's, at the start.
    betas : tuple of float
        Adam's.
    schedule : {"constant", "cosine", "linear-second-half"}
        How the learning rate falls to (nearly) zero, if it does: along half a cosine, or in a
        straight line over the second half of the epochs (Isola 2017).
    """

    epochs: int
    batch_size: int
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Schedule = "constant"

    def __post_init__(self) -> None:
        # JSON and TOML give lists.
        object.__setattr__(self, "betas", tuple(self.betas))

    def factor(self, progress: float) -> float:
        """Return what the learning rate is multiplied by after this part (0 to 1) of training."""
        if self.schedule == "constant":
            return 1.0
        if self.schedule == "cosine":
            from math import cos, pi

            return 0.5 * (1 + cos(pi * progress))
        return min(1.0, 2 * (1 - progress))

    def changed(self, changes: dict[str, Any] | None) -> Self:
        """Return the plan with some values replaced."""
        return replace(self, **(changes or {}))
