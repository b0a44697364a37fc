"""A run held against a reference: whatever is different is seen, and rounding is not."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics.regression import (
    ScoreSet,
    Tolerances,
    compare_scores,
    read_score_set,
)
from phycharm.benchmarks.statistics.regression.delta import (
    EXTRA,
    FROM_NAN,
    MISSING,
    MOVED,
    SAME,
    TO_NAN,
    WITHIN,
)
from phycharm.benchmarks.statistics.regression.score_comparison import seed_spreads
from phycharm.errors import InputError

from support.score_factory import random_scores, scores_of

RECORDS = {name: metric.as_record() for name, metric in METRICS.items()}
TIGHT = Tolerances.model_validate({"default": {"absolute": 1e-6}})


def scores(path="run", table=None, **more):
    table = scores_of({"unet": [0.8, 0.9, 0.7]}) if table is None else table
    return ScoreSet(path=path, scores=table, metrics=RECORDS, **more)


def changed(position, value):
    table = scores_of({"unet": [0.8, 0.9, 0.7]})
    table.loc[position, "value"] = value
    return table


def states(delta):
    return delta.rows.sort_values("subject")["state"].tolist()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def compare(reference, run, tolerances=TIGHT, **more):
    from pathlib import Path

    return compare_scores(
        scores(Path("reference"), reference), scores(Path("run"), run, **more), tolerances
    )


def test_the_same_scores_have_not_moved():
    delta = compare(changed(0, np.nan), changed(0, np.nan))
    assert not delta.moved
    assert set(states(delta)) == {SAME}
    assert delta.headline == "Nothing moved: 3 scores are within their tolerances."


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0.8 + 5e-7, WITHIN),
        (0.8 + 2e-6, MOVED),
        (0.8 - 2e-6, MOVED),
        (np.nan, TO_NAN),
        (np.inf, MOVED),
    ],
)
def test_one_value(value, state):
    delta = compare(None, changed(0, value))
    assert states(delta) == [state, SAME, SAME]
    assert delta.moved == (state != WITHIN)


def test_a_value_where_there_was_none():
    assert states(compare(changed(1, np.nan), None)) == [SAME, FROM_NAN, SAME]


def test_infinite_values_are_the_same_as_themselves():
    assert not compare(changed(0, np.inf), changed(0, np.inf)).moved
    assert states(compare(changed(0, np.inf), None))[0] == MOVED


def test_missing_and_extra_rows():
    whole = scores_of({"unet": [0.8, 0.9, 0.7]})
    assert states(compare(whole, whole.iloc[1:])) == [MISSING, SAME, SAME]
    assert states(compare(whole.iloc[1:], whole)) == [EXTRA, SAME, SAME]


@pytest.mark.parametrize("side", ["reference", "run"])
def test_duplicate_rows(side):
    whole = scores_of({"unet": [0.8, 0.9, 0.7]})
    twice = pd.concat([whole, whole.iloc[:1].assign(value=0.1)], ignore_index=True)
    delta = compare(*((twice, whole) if side == "reference" else (whole, twice)))
    assert delta.moved
    assert set(states(delta)) == {SAME}
    assert delta.duplicates["side"].tolist() == [side]
    assert delta.counts["duplicate"] == 1


def test_every_key_tells_rows_apart():
    whole = scores_of({"unet": [0.8, 0.9, 0.7]})
    for column in ("split", "source", "target", "subject", "harmonizer", "metric", "tissue"):
        assert compare(whole, whole.assign(**{column: "other"})).counts[EXTRA] > 0, column
    for column in ("fold", "seed"):
        assert compare(whole, whole.assign(**{column: 7})).counts[EXTRA] > 0, column


def test_a_raised_version_is_told_and_its_scores_are_still_compared():
    whole = scores_of({"unet": [0.8, 0.9, 0.7]})
    delta = compare(whole, whole.assign(protocol_version=2))
    assert delta.settings == ["The protocol is test 2, and the reference is of test 1."]
    assert delta.moved
    assert set(states(delta)) == {SAME}


def test_a_changed_definition_moves_though_no_value_does():
    other = {**RECORDS, "ssim": {**RECORDS["ssim"], "definition": "Something else."}}
    whole = scores()
    run = ScoreSet(path=whole.path, scores=whole.scores, metrics=other)
    delta = compare_scores(whole, run, TIGHT)
    assert delta.moved
    (sentence,) = delta.definitions
    assert sentence.startswith("ssim: definition is 'Something else.' and was 'Structural")


def test_a_definition_of_an_older_version_that_lacks_a_key_has_not_changed():
    lacking = {"ssim": {k: v for k, v in RECORDS["ssim"].items() if k != "bounds"}}
    run = ScoreSet(path="x", scores=scores().scores, metrics=lacking)
    assert not compare_scores(scores(), run, TIGHT).moved


def test_the_farthest_beyond_its_limit_comes_first():
    before = random_scores({"unet": 0.0, "linear": 0.0})
    after = before.copy()
    for method, metric, by in (("unet", "psnr", 0.5), ("linear", "ssim", 0.1)):
        rows = (before["harmonizer"] == method) & (before["metric"] == metric)
        after.loc[before.index[rows][0], "value"] += by
    limits = {"default": {"absolute": 1e-6}, "metrics": {"psnr": {"absolute": 0.4}}}
    delta = compare(before, after, Tolerances.model_validate(limits))
    table = delta.moved_summary()
    assert table[["harmonizer", "metric"]].values.tolist() == [["linear", "ssim"], ["unet", "psnr"]]
    assert table["largest"].tolist() == pytest.approx([0.1, 0.5])
    assert table["mean_change"].iloc[0] == pytest.approx(0.1 / table["rows"].iloc[0])
    assert delta.where()["change"].tolist() == pytest.approx([0.1, 0.5])


def test_the_spread_over_seeds_is_the_pooled_standard_deviation():
    table = random_scores({"unet": 0.0}, metrics=("ssim",), seeds=(0, 1, 2), subjects=4)
    images = ["split", "fold", "source", "target", "subject"]
    variances = [own["value"].to_numpy().var(ddof=1) for _, own in table.groupby(images)]
    (found,) = seed_spreads(table)["seed_sd"]
    assert found == pytest.approx(np.sqrt(np.mean(variances)))
    assert seed_spreads(table[table["seed"] == 0])["seed_sd"].isna().all()


def test_tolerance_in_seed_sds():
    table = random_scores({"unet": 0.0}, metrics=("ssim",))
    (spread,) = seed_spreads(table)["seed_sd"]
    limits = {"default": {"absolute": 0.0}, "methods": {"unet": {"seed_sds": 2}}}
    tolerances = Tolerances.model_validate(limits)
    for times, moved in ((1.9, False), (2.1, True)):
        delta = compare(table, table.assign(value=table["value"] + times * spread), tolerances)
        assert delta.moved is moved
        assert delta.rows["limit"].unique() == pytest.approx([2 * spread])


def test_failed_cells_say_why_scores_are_missing():
    failed = {"unet_GE-Siemens_fold-2_seed-0": "ArithmeticError: no luck"}
    whole = scores_of({"unet": [0.8, 0.9, 0.7]})
    delta = compare(whole, whole.iloc[1:], failed=failed)
    assert delta.reasons() == ["unet_GE-Siemens_fold-2_seed-0 failed: ArithmeticError: no luck"]


def test_other_data_are_told_by_their_files():
    def data(sums):
        return {"dataset": {"fingerprint": str(sums), "checksums": sums}}

    same = scores_of({"unet": [0.8]})
    was, now = (
        ScoreSet(path="x", scores=same, metrics=RECORDS, manifest=data(sums))
        for sums in ({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    )
    assert compare_scores(was, now, TIGHT).notes == [
        "The data are not those of the reference: b, c."
    ]


def test_a_name_in_the_tolerances_that_no_score_has_is_told():
    limits = {"default": {"absolute": 0}, "metrics": {"sim": {"absolute": 1}}}
    delta = compare(None, None, Tolerances.model_validate(limits))
    assert delta.notes == ["The tolerances name 'sim', of which there is no score."]


def test_scores_that_nobody_defined_are_told():
    some = {name: record for name, record in RECORDS.items() if name != "ssim"}
    run = ScoreSet(path="x", scores=scores().scores, metrics=some)
    assert compare_scores(scores(), run, TIGHT).notes == ["Run: ssim has scores and no definition."]


class TestReading:
    def test_an_old_folder_says_what_it_lacks(self, tmp_path):
        scores_of({"unet": [0.8]}).to_parquet(tmp_path / "scores.parquet")
        found = read_score_set(tmp_path)
        assert found.notes == [
            "run.json is missing.",
            "metrics.json is missing.",
            "cells is missing: which fits failed, nobody says.",
        ]
        assert not compare_scores(found, found, TIGHT).moved

    def test_damaged_files_are_told(self, tmp_path):
        scores_of({"unet": [0.8]}).to_parquet(tmp_path / "scores.parquet")
        (tmp_path / "run.json").write_text("[]")
        (tmp_path / "metrics.json").write_text("{")
        cell = tmp_path / "cells" / "unet_all_fold-1_seed-0"
        cell.mkdir(parents=True)
        (cell / "cell.json").write_text("\x00")
        first, second, third = read_score_set(tmp_path).notes
        assert first == "run.json does not hold a dict."
        assert second.startswith("metrics.json cannot be read (")
        assert third.startswith("cell.json cannot be read (")

    def test_an_unfinished_run_is_told(self, tmp_path):
        scores_of({"unet": [0.8]}).to_parquet(tmp_path / "scores.parquet")
        (tmp_path / "run.json").write_text('{"status": "interrupted"}')
        assert "The run is not finished (interrupted)." in read_score_set(tmp_path).notes

    def test_a_table_alone(self, tmp_path):
        scores_of({"unet": [0.8]}).to_parquet(tmp_path / "old.parquet")
        (note,) = read_score_set(tmp_path / "old.parquet").notes
        assert note.startswith("old.parquet is a table alone")

    @pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir()])
    def test_no_scores(self, tmp_path, make):
        path = tmp_path / "absent"
        make(path)
        with pytest.raises(InputError, match="absent: "):
            read_score_set(path)

    def test_a_table_of_something_else(self, tmp_path):
        pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "scores.parquet")
        with pytest.raises(InputError, match="has no column"):
            read_score_set(tmp_path)
