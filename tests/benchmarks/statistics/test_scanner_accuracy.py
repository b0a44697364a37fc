"""Scanner predictability: certain where images tell, chance where they do not, people as units."""

import itertools

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.statistics.reliability.scanner_accuracy import (
    COLUMNS,
    _permutation_p,
    scanner_accuracy,
)

from support.volume_factory import SCANNERS, feature_rows

PEOPLE = [f"{number:02d}" for number in range(1, 7)]


def test_scanners_that_show_are_told():
    found = scanner_accuracy(feature_rows(PEOPLE, told_by=5.0)).set_index("target")
    assert [*found.index] == [*SCANNERS, "all"]
    assert (found["accuracy"] > 0.95).all()
    assert (found["sources_accuracy"] > 0.9).all()
    assert (found["p"] < 0.001).all()
    assert set(found["chance"]) == {1 / 3}
    assert set(found["sources_chance"]) == {1 / 2}
    assert set(found["people"]) == {6}


def test_images_that_are_all_the_same_are_at_chance_exactly():
    rows = feature_rows(PEOPLE)
    names = [name for name in rows if name.startswith("f") and name != "fold"]
    rows[names] = rows.groupby("subject")[names].transform("first")
    found = scanner_accuracy(rows)
    np.testing.assert_allclose(found["accuracy"], 1 / 3)
    np.testing.assert_allclose(found["spread"], 0, atol=1e-12)
    assert (found["p"] == 1).all()


def test_level_without_any_difference():
    people = PEOPLE[:4]
    ps = [
        scanner_accuracy(feature_rows(people, seed=seed, scanners=SCANNERS[:2]))["p"].iloc[-1]
        for seed in range(12)
    ]
    # With hundreds of samples it was at most .04; this many would show a test gone wrong.
    assert sum(p <= 0.05 for p in ps) <= 3


def test_a_person_is_never_asked_about_by_who_learned_of_it():
    # Scanners differ in another way in every person: nothing can be learned for the next.
    rng = np.random.default_rng(0)
    rows = feature_rows(PEOPLE)
    names = [name for name in rows if name.startswith("f") and name != "fold"]
    for _, own in rows.groupby(["subject", "source"]):
        rows.loc[own.index, names] += 5 * rng.standard_normal(len(names))
    assert scanner_accuracy(rows)["accuracy"].iloc[-1] < 0.6


def test_the_p_is_that_of_all_orders():
    rng = np.random.default_rng(2)
    answers = rng.integers(0, 3, (2, 3, 3))
    orders = [*itertools.permutations(range(3))]
    observed = (answers == np.arange(3)).sum()
    reached = 0
    for chosen in itertools.product(orders, repeat=3):
        right = sum((answers[:, one] == np.array(chosen[one])).sum() for one in range(3))
        reached += right >= observed
    assert _permutation_p(answers, 0) == pytest.approx(reached / len(orders) ** 3)


def test_many_scanners_draw_orders():
    answers = np.tile(np.arange(8), (1, 3, 1))
    assert 0 < _permutation_p(answers, 0) < 1e-6
    assert _permutation_p((answers + 1) % 8, 0) == pytest.approx(1)


def test_more_people_than_folds_are_all_asked():
    people = [f"{number:02d}" for number in range(23)]
    found = scanner_accuracy(feature_rows(people, told_by=5.0, scanners=SCANNERS[:2]))
    assert set(found["people"]) == {23}
    assert (found["accuracy"] > 0.9).all()
    # Of two scanners there is one source for a target.
    assert found[["sources_accuracy", "sources_chance"]].isna().all(axis=None)


def test_features_that_lack_and_that_never_vary_do_no_harm():
    rows = feature_rows(PEOPLE, told_by=5.0).assign(flat=1.0, absent=np.nan)
    rows.loc[rows["subject"] == "02", "f1"] = np.nan
    assert (scanner_accuracy(rows)["accuracy"] > 0.9).all()


def test_who_lacks_an_image_is_left_out():
    rows = feature_rows(PEOPLE, told_by=5.0)
    rows = rows[~((rows["subject"] == "03") & (rows["source"] == "GE"))]
    assert set(scanner_accuracy(rows)["people"]) == {5}


@pytest.mark.parametrize(
    "rows",
    [
        feature_rows(PEOPLE[:2]),
        feature_rows(PEOPLE, scanners=("GE",)),
        feature_rows(PEOPLE).iloc[:0],
        feature_rows(PEOPLE, features=0),
        pd.DataFrame(),
    ],
    ids=["two people", "one scanner", "no rows", "no features", "nothing"],
)
def test_too_little(rows):
    found = scanner_accuracy(rows)
    assert list(found) == list(COLUMNS)
    assert found.empty
