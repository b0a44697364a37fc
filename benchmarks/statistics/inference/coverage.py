"""How often intervals hold what they are named for: run this module for the table.

`python -m phycharm.benchmarks.statistics.inference.coverage`
"""

import sys
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from .bootstrap import mean_intervals
from .intervals import median_intervals

Floats = npt.NDArray[np.float64]

PEOPLE = (3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20)
SAMPLES = 4000


def t_intervals(rows: Floats, *, confidence: float = 0.95) -> Floats:
    """Student's t interval of the mean of each row.

    Parameters
    ----------
    rows : ndarray of float64, shape (M, N)
        One sample a row.
    confidence : float
        Nominal coverage.

    Returns
    -------
    ndarray of float64, shape (M, 2)
        Lower and upper end.

    Examples
    --------
    >>> t_intervals(np.array([[1.0, 2.0, 3.0]])).round(2)
    array([[-0.48,  4.48]])
    """
    people = rows.shape[1]
    means = rows.mean(axis=1)
    reach = (
        rows.std(axis=1, ddof=1) / np.sqrt(people) * student.isf((1 - confidence) / 2, people - 1)
    )
    return np.stack([means - reach, means + reach], axis=1)


def coverage(
    people: Sequence[int] = PEOPLE, *, samples: int = SAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Measure the coverage of 95 % intervals over few people.

    Parameters
    ----------
    people : sequence of int
        Sizes of the samples.
    samples : int
        How many are drawn of each size and distribution.
    seed : int
        Of the drawing.

    Returns
    -------
    DataFrame
        A row per size; columns named after distribution (standard normal, standard lognormal) and
        interval: `bca` and `t` of the mean, `median` of the median. NaN where none is made.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for count in people:
        row: dict[str, float] = {"people": count}
        for name, (draw, mean, median) in _distributions(rng).items():
            drawn = draw((samples, count))
            row[f"{name}, bca"] = _share(mean_intervals(list(drawn)), mean)
            row[f"{name}, t"] = _share(t_intervals(drawn), mean)
            row[f"{name}, median"] = _share(median_intervals(list(drawn)), median)
        rows.append(row)
    return pd.DataFrame(rows).astype({"people": int})


def _distributions(
    rng: np.random.Generator,
) -> dict[str, tuple[Callable[[tuple[int, int]], Floats], float, float]]:
    """Return how to draw, and the true mean and median."""
    return {
        "normal": (lambda shape: rng.normal(size=shape), 0.0, 0.0),
        "lognormal": (lambda shape: rng.lognormal(size=shape), float(np.exp(0.5)), 1.0),
    }


def _share(ends: Floats, true: float) -> float:
    if np.isnan(ends).any():
        return float("nan")
    return float(((ends[:, 0] <= true) & (true <= ends[:, 1])).mean())


if __name__ == "__main__":
    sys.stdout.write(coverage().to_string(index=False, float_format="{:.3f}".format) + "\n")
