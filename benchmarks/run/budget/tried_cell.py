"""What one cell takes, as far as a little of it tells."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TriedCell:
    """What one cell takes, as far as a little of it tells.

    Parameters
    ----------
    fit_seconds : float
        Fitting it; where several are fitted together, its part of that.
    evaluate_seconds : float
        Harmonizing and scoring everybody.
    together : int
        How many trainings took their steps as one.
    steps_per_second, slices_per_second : float
        Of its trainings, those that are done as one taken together; NaN where there are none.
    harmonize_seconds, score_seconds : float
        An image, first calls among them; NaN where none was made.
    """

    fit_seconds: float = 0.0
    evaluate_seconds: float = 0.0
    together: int = 1
    steps_per_second: float = math.nan
    slices_per_second: float = math.nan
    harmonize_seconds: float = math.nan
    score_seconds: float = math.nan

    @property
    def seconds(self) -> float:
        """The whole cell."""
        return self.fit_seconds + self.evaluate_seconds
