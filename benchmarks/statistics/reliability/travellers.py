"""How many travelling people a study needs, from the spread of a run."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from ..inference.signed_rank_power import people_needed

TRAVELLER_COLUMNS = (
    "rival", "people", "spread", "spread_low", "spread_high", "effect",
    "travellers", "travellers_low", "travellers_high",
)  # fmt: skip


def travellers_needed(
    values: pd.DataFrame,
    reference: str,
    effects: Sequence[float],
    *,
    alpha: float = 0.05,
    power: float = 0.8,
) -> pd.DataFrame:
    """Count the travellers with whom a paired test would find a difference of two methods.

    The test is the exact two-sided signed-rank test of people's means over directions; differences
    are taken as normal with the standard deviation that the run has.

    Parameters
    ----------
    values : DataFrame
        A row per person, a column per method; NaN where there is no value.
    reference : str
        Column that every other is compared with.
    effects : sequence of float
        Mean differences to be found, in the units of the values.
    alpha : float
        Level of the test.
    power : float
        Chance to find the effect.

    Returns
    -------
    DataFrame
        Columns `TRAVELLER_COLUMNS`, a row per rival and effect: `people` with both, `spread` of
        their differences with its interval (chi-squared, coverage `1 - alpha`; exact under a normal
        distribution), and the travellers for each of the three; infinite beyond a thousand. Rivals
        with fewer than two people are left out.
    """
    rows = []
    for rival in (str(name) for name in values if name != reference):
        differences = (values[reference] - values[rival]).dropna().to_numpy(dtype=np.float64)
        n = differences.size
        if n < 2:
            continue
        spread = float(differences.std(ddof=1))
        # Equal methods differ by rounding at most.
        spread = 0.0 if spread < 1e-12 * float(np.abs(values[reference]).max()) else spread
        ends = [
            spread * float(np.sqrt((n - 1) / scipy.stats.chi2.ppf(q, n - 1))) for q in _tails(alpha)
        ]
        for effect in effects:
            counts = [people_needed(effect, s, alpha=alpha, power=power) for s in (spread, *ends)]
            rows.append([rival, n, spread, *ends, effect, *counts])
    return pd.DataFrame(rows, columns=list(TRAVELLER_COLUMNS))


def _tails(alpha: float) -> tuple[float, float]:
    return 1 - alpha / 2, alpha / 2
