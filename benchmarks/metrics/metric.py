"""What is known of a metric besides its value."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Name, meaning and direction of one score.

    Parameters
    ----------
    name : str
        Identifier, as in the column `metric` of the scores.
    definition : str
        One sentence, printed with every table that shows the metric.
    higher_is_better : bool or None
        True and False say which way is better; None says that values closer to `best` are
        better, from both sides (a ratio, a signed difference).
    bounds : tuple of (float or None, float or None)
        Smallest and largest possible value; None where there is no bound.
    best : float or None
        Value of a perfect image; None where it is not known beforehand.
    group : str
        `similarity`, `histogram`, `texture` or `tissue`.
    unit : str
        Unit of the value; empty for a pure number.
    primary : bool
        Whether the metric counts in overall ranks; variants and diagnostics do not.
    """

    name: str
    definition: str
    higher_is_better: bool | None
    bounds: tuple[float | None, float | None]
    best: float | None
    group: str = "similarity"
    unit: str = ""
    primary: bool = False

    def __post_init__(self) -> None:
        if self.higher_is_better is None and self.best is None:
            raise ValueError(f"metric {self.name!r}: closer to what is better? Give `best`.")

    @property
    def per_tissue(self) -> bool:
        """Whether there is one value for each of CSF, GM and WM."""
        return self.group == "tissue"

    def merit(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Turn values so that larger is always better.

        Parameters
        ----------
        values : array_like
            Scores of this metric.

        Returns
        -------
        ndarray of float64
            The values, their negatives, or minus their distance from `best`.

        Examples
        --------
        >>> ratio = Metric(
        ...     name="r", definition="", higher_is_better=None, bounds=(0, None), best=1.0
        ... )
        >>> ratio.merit([0.75, 1.0, 1.5])
        array([-0.25, -0.  , -0.5 ])
        """
        numbers = np.asarray(values, dtype=np.float64)
        if self.higher_is_better is not None:
            return numbers if self.higher_is_better else -numbers
        assert self.best is not None  # __post_init__ refuses it
        return -np.abs(numbers - self.best)

    def as_record(self) -> dict[str, Any]:
        """Return the metric as plain data for JSON."""
        return {
            "name": self.name,
            "definition": self.definition,
            "higher_is_better": self.higher_is_better,
            "bounds": list(self.bounds),
            "best": self.best,
            "group": self.group,
            "tissue": self.per_tissue,
            "unit": self.unit,
            "primary": self.primary,
        }
