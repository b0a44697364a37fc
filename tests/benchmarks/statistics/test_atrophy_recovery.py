"""A known loss of grey matter is found where a method leaves it, and missed where it does not."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.statistics.reliability.atrophy_recovery import (
    ESTIMATE_COLUMNS,
    RECOVERY_COLUMNS,
    atrophy_recovery,
    loss_estimates,
)

from support.volume_factory import volume_rows

PEOPLE = ["01", "02", "03", "04", "05"]
LOSSES = {"04": 0.1, "05": 0.2}
# What a scanner's contrast makes of a true volume.
GAIN = {"GE": 0.9, "Philips": 1.0, "Siemens": 1.15}


def truth(who):
    return (700.0 + 20 * int(who)) * (1 - LOSSES.get(who, 0.0))


def rows(volume, **fixed):
    return volume_rows(volume, PEOPLE, losses=LOSSES, truth=truth, **fixed)


@pytest.fixture(scope="module")
def untouched():
    return rows(lambda who, source, target: GAIN[source] * truth(who))


@pytest.fixture(scope="module")
def harmonized():
    return rows(lambda who, source, target: GAIN[target] * truth(who), harmonizer="good")


def test_a_perfect_method_recovers_every_loss(harmonized):
    found = loss_estimates(harmonized)
    assert list(found) == list(ESTIMATE_COLUMNS)
    assert len(found) == 5 * 6
    np.testing.assert_allclose(found["estimated_loss"], found["known_loss"], atol=1e-12)
    (row,) = atrophy_recovery(harmonized).to_dict("records")
    assert (row["people"], row["healthy"]) == (2, 3)
    assert row["known_loss"] == pytest.approx(0.15)
    assert row["slope"] == pytest.approx(1)
    assert [row["bias"], row["error"], row["false_loss"]] == pytest.approx([0, 0, 0], abs=1e-12)


def test_before_harmonization_the_scanner_passes_for_loss(untouched, harmonized):
    found = loss_estimates(untouched).set_index(["source", "target", "subject"])["estimated_loss"]
    # By the formula: of 0.9 in place of 1.15, with a tenth lost.
    assert found["GE", "Siemens", "04"] == pytest.approx(1 - 0.9 * 0.9 / 1.15)
    assert found["GE", "Siemens", "01"] == pytest.approx(1 - 0.9 / 1.15)
    both = atrophy_recovery(pd.concat([untouched, harmonized])).set_index("harmonizer")
    assert both.loc["none", "error"] > 0.1 > 1e-9 > both.loc["good", "error"]
    assert both.loc["none", "false_loss"] > 0.1


def test_a_method_that_paints_normal_brains_loses_the_loss():
    painted = rows(lambda who, source, target: truth(who) / (1 - LOSSES.get(who, 0.0)))
    itself = painted["source"] == painted["target"]
    painted["volume_ml"] = painted["volume_ml"].mask(itself, painted["true_ml"])
    (row,) = atrophy_recovery(painted).to_dict("records")
    assert row["estimated_loss"] == pytest.approx(0)
    assert row["slope"] == pytest.approx(0)
    assert row["bias"] == pytest.approx(-0.15)


def test_who_has_lost_nothing_is_held_against_the_others(untouched):
    changed = untouched.copy()
    own = (changed["subject"] == "01") & (changed["source"] == changed["target"])
    changed.loc[own, "volume_ml"] *= 2
    one = loss_estimates(untouched).query("subject == '01'")["estimated_loss"]
    same = loss_estimates(changed).query("subject == '01'")["estimated_loss"]
    np.testing.assert_allclose(one, same)


def test_healthy_people_of_the_other_split_count_too(untouched):
    apart = untouched.assign(split=np.where(untouched["known_loss"] > 0, "external", "validation"))
    found = atrophy_recovery(apart)
    assert list(found["split"]) == ["external"]
    assert found.loc[0, "people"] == 2
    assert found.loc[0, "healthy"] == 0
    assert np.isnan(found.loc[0, "false_loss"])


def test_nobody_to_compare_with(untouched):
    assert atrophy_recovery(untouched[untouched["known_loss"] > 0]).empty
    one = untouched[(untouched["known_loss"] > 0) | (untouched["subject"] == "01")]
    # The only healthy person can be held against nobody.
    assert set(loss_estimates(one)["subject"]) == {"04", "05"}


@pytest.mark.parametrize(
    "change",
    [{"known_loss": 0.0}, {"known_loss": np.nan}, {"true_ml": np.nan}, {"volume_ml": np.nan}],
)
def test_nothing_is_known(untouched, change):
    assert loss_estimates(untouched.assign(**change)).empty
    assert list(atrophy_recovery(untouched.assign(**change))) == list(RECOVERY_COLUMNS)
    assert atrophy_recovery(untouched.assign(**change)).empty


def test_other_tissues_and_failed_images_do_not_count(untouched):
    fluid = untouched.assign(tissue="CSF", known_loss=np.nan)
    failed = untouched.assign(
        volume_ml=untouched["volume_ml"].mask(
            (untouched["subject"] == "04") & (untouched["source"] == "GE")
        )
    )
    found = loss_estimates(pd.concat([failed, fluid]))
    assert len(found) == 5 * 6 - 2
