"""How many travellers: from the spread of paired differences, with its uncertainty."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from phycharm.benchmarks.statistics.inference.signed_rank_power import people_needed
from phycharm.benchmarks.statistics.reliability.travellers import (
    TRAVELLER_COLUMNS,
    travellers_needed,
)

RNG = np.random.default_rng(0)
BASE = RNG.normal(0.9, 0.05, 8)
VALUES = pd.DataFrame(
    {"phycharm": BASE, "unet": BASE + RNG.normal(0, 0.01, 8), "none": BASE + RNG.normal(0, 0.05, 8)}
)


def test_spread_is_of_paired_differences():
    found = travellers_needed(VALUES, "phycharm", (0.01, 0.02)).set_index(["rival", "effect"])
    row = found.loc[("unet", 0.01)]
    wanted = (VALUES["phycharm"] - VALUES["unet"]).std(ddof=1)
    assert row["spread"] == pytest.approx(wanted)
    assert row["people"] == 8
    assert row["travellers"] == people_needed(0.01, wanted)
    assert row["travellers_low"] <= row["travellers"] <= row["travellers_high"]
    assert found.loc[("none", 0.01), "travellers"] > row["travellers"]
    assert found.loc[("unet", 0.02), "travellers"] < row["travellers"]


def test_the_interval_of_the_spread_covers_it():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        draws = pd.DataFrame({"a": np.zeros(5), "b": rng.normal(0, 2, 5)})
        row = travellers_needed(draws, "a", (1e-9,)).iloc[0]
        covered += row["spread_low"] <= 2 <= row["spread_high"]
    assert stats.binomtest(covered, 300, 0.95).pvalue > 0.001


def test_degenerate():
    assert list(travellers_needed(VALUES, "phycharm", ())) == list(TRAVELLER_COLUMNS)
    assert travellers_needed(VALUES[["phycharm"]], "phycharm", (0.01,)).empty
    assert travellers_needed(VALUES[:1], "phycharm", (0.01,)).empty
    same = travellers_needed(VALUES.assign(unet=BASE)[["phycharm", "unet"]], "phycharm", (0.01,))
    assert list(same["travellers"]) == [6]
    holed = VALUES.assign(unet=np.nan)
    assert set(travellers_needed(holed, "phycharm", (0.01,))["rival"]) == {"none"}
