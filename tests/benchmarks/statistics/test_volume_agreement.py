"""Reliability of volumes over scanners: the right volumes go together, nothing is invented."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.scoring.volumes import VOLUME_TYPES
from phycharm.benchmarks.statistics.inference.agreement import within_person_cv
from phycharm.benchmarks.statistics.inference.intraclass import icc_agreement, icc_consistency
from phycharm.benchmarks.statistics.reliability.volume_agreement import (
    LIMITS_COLUMNS,
    RELIABILITY_COLUMNS,
    volume_limits,
    volume_reliability,
)

from support.volume_factory import SCANNERS, volume_rows

PEOPLE = ["01", "02", "03", "04", "05"]
NAN = float("nan")


def noisy(seed=0, bias=5.0):
    rng = np.random.default_rng(seed)
    own = {one: rng.normal(600, 40) for one in PEOPLE}
    return lambda who, source, target: own[who] + bias * SCANNERS.index(source) + rng.normal(0, 3)


@pytest.fixture(scope="module")
def volumes():
    return volume_rows(noisy(), PEOPLE)


def of_target(volumes, target):
    rows = volumes[volumes["target"] == target]
    return rows.pivot(index="subject", columns="source", values="volume_ml")


def test_a_target_s_volumes_are_those_of_all_sources_and_its_own(volumes):
    found = volume_reliability(volumes).set_index("target")
    for target in SCANNERS:
        table = of_target(volumes, target)
        row = found.loc[target]
        assert row["icc_agreement"] == icc_agreement(table).value
        assert row["icc_consistency_low"] == icc_consistency(table).low
        assert row["cv"] == within_person_cv(table)
        assert row["mean_ml"] == pytest.approx(table.to_numpy().mean())
        assert (row["people"], row["left_out"], row["scanners"]) == (5, 0, 3)
    mean = found.loc["all"]
    assert mean["icc_agreement"] == pytest.approx(found.loc[[*SCANNERS], "icc_agreement"].mean())
    assert np.isnan([mean["icc_agreement_low"], mean["icc_consistency_high"]]).all()


def test_a_bias_that_a_method_takes_away_shows():
    before = volume_rows(noisy(bias=60.0), PEOPLE)
    after = volume_rows(noisy(bias=0.0), PEOPLE, harmonizer="good")
    found = volume_reliability(pd.concat([before, after])).query("target == 'all'")
    found = found.set_index("harmonizer")
    assert found.loc["none", "icc_agreement"] < 0.6 < 0.95 < found.loc["good", "icc_agreement"]
    assert found.loc["good", "cv"] < 0.01 < found.loc["none", "cv"]
    # A bias forgiven: people stay in order.
    assert found.loc["none", "icc_consistency"] > 0.95


def test_limits_are_of_people_and_pairs(volumes):
    found = volume_limits(volumes)
    assert list(found) == list(LIMITS_COLUMNS)
    # Three targets, three pairs each.
    assert len(found) == 9
    row = found.set_index(["target", "first", "second"]).loc[("GE", "Siemens", "GE")]
    table = of_target(volumes, "GE")
    difference = table["Siemens"] - table["GE"]
    assert row["bias"] == pytest.approx(difference.mean())
    assert row["high"] - row["bias"] == pytest.approx(1.96 * difference.std(ddof=1))
    assert row["bias"] == pytest.approx(10, abs=5)
    names = found[["target", "first", "second"]].itertuples(index=False, name=None)
    assert ("GE", "Philips", "Siemens") in set(names)


def test_folds_then_seeds_are_averaged_and_a_gap_is_not_filled(volumes):
    more = volumes.assign(seed=1, volume_ml=volumes["volume_ml"] + 10)
    both = pd.concat([volumes, more])
    found, alone = volume_reliability(both), volume_reliability(volumes)
    np.testing.assert_allclose(found["mean_ml"], alone["mean_ml"] + 5)
    gap = (more["subject"] == "02") & (more["source"] == "GE")
    holed = pd.concat([volumes, more.assign(volume_ml=more["volume_ml"].mask(gap))])
    found = volume_reliability(holed)
    assert set(found["people"]) == {4}
    assert set(found["left_out"]) == {1}


def test_a_failed_segmentation_and_a_missing_scanner_leave_a_person_out(volumes):
    failed = volumes.assign(
        volume_ml=volumes["volume_ml"].mask(
            (volumes["subject"] == "01") & (volumes["source"] == "GE")
        )
    )
    missing = volumes[(volumes["subject"] != "01") | (volumes["source"] != "GE")]
    for rows in (failed, missing):
        found = volume_reliability(rows).query("target == 'Siemens'").iloc[0]
        others = of_target(volumes, "Siemens").drop(index="01")
        assert (found["people"], found["left_out"]) == (4, 1)
        assert found["icc_agreement"] == icc_agreement(others).value
        pairs = volume_limits(rows).query("target == 'Siemens'").set_index(["first", "second"])
        assert pairs.loc[("GE", "Siemens"), "people"] == 4
        assert pairs.loc[("Philips", "Siemens"), "people"] == 5


def test_an_undefined_target_leaves_the_mean_undefined(volumes):
    constant = volumes.assign(volume_ml=volumes["volume_ml"].mask(volumes["target"] == "GE", 600.0))
    found = volume_reliability(constant).set_index("target")
    assert np.isnan(found.loc["GE", "icc_agreement"])
    assert found.loc["GE", "cv"] == 0
    assert np.isnan(found.loc["all", "icc_agreement"])
    assert found.loc["Siemens", "icc_agreement"] > 0


@pytest.mark.parametrize(
    "rows",
    [
        volume_rows(noisy(), ["01"]),
        volume_rows(noisy(), PEOPLE).assign(volume_ml=NAN),
        volume_rows(noisy(), PEOPLE).assign(volume_ml=600.0),
    ],
    ids=["one person", "nothing segmented", "constant"],
)
def test_degenerate(rows):
    found = volume_reliability(rows)
    assert len(found) == 4
    assert (
        found[["icc_agreement", "icc_consistency", "spearman", "kendall_w"]].isna().all(axis=None)
    )
    limits = volume_limits(rows)
    assert (limits["low"].isna() | (limits["low"] == limits["high"])).all()


def test_two_scanners(volumes):
    pair = volumes[volumes["source"].isin(SCANNERS[:2]) & volumes["target"].isin(SCANNERS[:2])]
    found = volume_reliability(pair).set_index("target")
    assert set(found["scanners"]) == {2}
    assert found["icc_agreement"].notna().all()
    assert len(volume_limits(pair)) == 2


def test_nothing():
    empty = pd.DataFrame(columns=list(VOLUME_TYPES)).astype(VOLUME_TYPES)
    assert list(volume_reliability(empty)) == list(RELIABILITY_COLUMNS)
    assert volume_reliability(empty).empty
    assert list(volume_limits(empty)) == list(LIMITS_COLUMNS)
