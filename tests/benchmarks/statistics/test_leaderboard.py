"""The leaderboard on tables whose answer can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics import leaderboard
from phycharm.benchmarks.statistics.contest.ahead import behind
from phycharm.benchmarks.statistics.leaderboard import COLUMNS
from phycharm.errors import InputError

from support.score_factory import random_scores, scores_of, table


def overall(board):
    """One row per method."""
    return board.drop_duplicates("harmonizer").set_index("harmonizer")


def test_ranks_and_borda_by_hand():
    """Two metrics, two subjects: ssim orders a > b > c, psnr b > a > c by mean."""
    scores = pd.concat(
        [
            scores_of({"a": [3, 3], "b": [2, 2], "c": [1, 1]}, metric="ssim"),
            scores_of({"a": [2, 5], "b": [8, 4], "c": [1, 1]}, metric="psnr"),
        ]
    )
    board = leaderboard(scores, METRICS)
    assert tuple(board.columns) == COLUMNS
    got = overall(board)
    assert got["mean_rank"].to_dict() == {"a": 1.5, "b": 1.5, "c": 3}
    assert got["borda"].to_dict() == {"a": 7 / 8, "b": 5 / 8, "c": 0}
    assert got["place"].to_dict() == {"a": 1, "b": 1, "c": 3}
    assert overall(leaderboard(scores, METRICS, order="borda"))["place"].to_dict() == {
        "a": 1,
        "b": 2,
        "c": 3,
    }
    by_psnr = leaderboard(scores, METRICS, order="psnr")
    assert by_psnr["harmonizer"].unique().tolist() == ["b", "a", "c"]
    psnr = by_psnr[by_psnr["metric"] == "psnr"].set_index("harmonizer")
    assert psnr["rank"].to_dict() == {"b": 1, "a": 2, "c": 3}
    assert psnr["mean"].to_dict() == {"b": 6, "a": 3.5, "c": 1}


def test_lower_and_closer_are_better_where_they_are():
    scores = pd.concat(
        [
            scores_of({"a": [0.1, 0.2], "b": [0.5, 0.6]}, metric="nrmse"),
            scores_of({"a": [0.5, 1.5], "b": [1.1, 1.1]}, metric="sharpness"),
        ]
    )
    board = leaderboard(scores, METRICS).set_index(["metric", "harmonizer"])
    assert board.loc[("nrmse", "a"), "rank"] == 1
    assert board.loc[("sharpness", "b"), "rank"] == 1
    assert board.loc[("sharpness", "a"), "mean"] == 1


def test_only_primary_metrics_decide():
    scores = pd.concat(
        [
            scores_of({"a": [2, 3], "b": [1, 1]}, metric="ssim"),
            scores_of({"a": [0, 0], "b": [1, 1]}, metric="structure"),
            scores_of({"a": [0, 0], "b": [1, 1]}, metric="ssim_fov"),
        ]
    )
    assert overall(leaderboard(scores, METRICS))["mean_rank"].to_dict() == {"a": 1, "b": 2}
    rest = scores[scores["metric"] != "ssim"]
    assert overall(leaderboard(rest, METRICS))["mean_rank"].to_dict() == {"b": 1, "a": 2}


def test_tissues_count_each_for_themselves():
    parts = [
        scores_of({"a": [0.9, 0.8], "b": [0.7, 0.7]}, metric="dice", tissue=tissue)
        for tissue in ("CSF", "GM", "WM")
    ]
    board = leaderboard(pd.concat(parts), METRICS, order="dice")
    assert board["tissue"].tolist() == ["CSF", "GM", "WM"] * 2
    assert overall(board).loc["a", "mean_rank"] == 1


def test_equal_methods_are_tied_and_clear_ones_are_not():
    scores = random_scores({"a": 5.0, "b": 5.02, "c": 0.0}, noise=0.3, subjects=9)
    for order in ("mean-rank", "borda", "ssim"):
        got = overall(leaderboard(scores, METRICS, order=order))
        assert got["tied_for_first"].to_dict() == {"a": True, "b": True, "c": False}
    board = leaderboard(scores, METRICS).set_index(["metric", "harmonizer"])
    assert board.loc[("psnr", "b"), "tied_with_best"]
    assert not board.loc[("psnr", "c"), "tied_with_best"]


def test_identical_methods_share_rank_and_place():
    series = np.random.default_rng(0).normal(size=8)
    board = leaderboard(scores_of({"a": series, "b": series, "c": series - 9}), METRICS)
    got = overall(board)
    assert got["place"].to_dict() == {"a": 1, "b": 1, "c": 3}
    assert got["tied_for_first"].to_dict() == {"a": True, "b": True, "c": False}
    assert board["rank"].tolist() == [1.5, 1.5, 3]
    assert got["borda"].to_dict() == {"a": 0.75, "b": 0.75, "c": 0}


@pytest.mark.parametrize("draw", ["normal", "lognormal"])
@pytest.mark.parametrize(("subjects", "methods"), [(3, 2), (5, 8), (9, 5)])
def test_nobody_is_told_a_winner_that_is_none(subjects, methods, draw):
    rng = np.random.default_rng(subjects)
    told = 0
    for _ in range(400):
        merits = getattr(rng, draw)(size=(subjects, methods))
        told += behind(merits, int(merits.mean(axis=0).argmax()), alpha=0.05).any()
    assert told / 400 <= 0.075


def test_a_method_that_missed_an_image_is_not_ranked():
    scores = random_scores({"a": 2, "b": 1, "c": 0}, noise=0.1)
    lost = (scores["harmonizer"] == "a") & (scores["subject"] == "00")
    lost &= (scores["source"] == "GE") & (scores["metric"] == "ssim")
    board = leaderboard(scores.assign(value=scores["value"].where(~lost)), METRICS)
    got = overall(board)
    assert got["place"].to_dict() == {"b": 1, "c": 2, "a": 3}
    assert np.isnan(got.loc["a", "mean_rank"])
    assert not got.loc["a", "tied_for_first"]
    row = board.set_index(["metric", "harmonizer"]).loc[("ssim", "a")]
    assert (row["images"], row["missing"], row["n"]) == (15, 1, 8)
    assert np.isnan(row["rank"])
    assert not row["tied_with_best"]
    assert row["mean"] > 0


def test_what_no_method_has_is_missing_from_none():
    scores = random_scores({"a": 2, "b": 1}, noise=0.1)
    nobody = (scores["subject"] == "00") & (scores["source"] == "GE")
    assert leaderboard(scores[~nobody], METRICS)["missing"].unique().tolist() == [0]


def test_seeds_differ_by_training_and_not_by_what_is_missing():
    rows = [
        {"harmonizer": "a", "subject": str(subject), "seed": seed, "value": 10.0 * subject + seed}
        for subject in range(3)
        for seed in (0, 2)
    ]
    del rows[-1]
    (row,) = leaderboard(table(rows), METRICS).to_dict("records")
    assert row["seed_spread"] == pytest.approx(np.std([0, 2], ddof=1))
    assert row["seeds"] == 2


def test_a_method_that_was_fitted_with_fewer_seeds():
    rows = [
        {"harmonizer": name, "subject": str(subject), "seed": seed, "value": subject + seed}
        for name, seeds in (("a", (0, 1, 2)), ("b", (0, 1)), ("c", (2,)))
        for subject in range(3)
        for seed in seeds
    ]
    board = leaderboard(table(rows), METRICS).set_index("harmonizer")
    assert dict(board["seeds"]) == {"a": 3, "b": 2, "c": 1}
    assert board["seed_spread"]["a"] == pytest.approx(1)
    assert board["seed_spread"]["b"] == pytest.approx(np.std([0, 1], ddof=1))
    assert np.isnan(board["seed_spread"]["c"])


def test_spreads_of_seeds_and_subjects():
    rows = [
        {"harmonizer": "a", "subject": str(s), "seed": seed, "value": s + 10 * seed, "fold": f}
        for s in (1, 2, 3)
        for seed in (0, 1)
        for f in (1, 2)
    ]
    row = leaderboard(table(rows), METRICS).iloc[0]
    assert (row["n"], row["seeds"], row["mean"]) == (3, 2, 7)
    assert row["subject_spread"] == pytest.approx(1)
    assert row["seed_spread"] == pytest.approx(np.std([0, 10], ddof=1))
    single = leaderboard(table(rows).query("seed == 0"), METRICS).iloc[0]
    assert single["seeds"] == 1
    assert np.isnan(single["seed_spread"])


def test_one_subject_and_one_method():
    one_subject = leaderboard(scores_of({"a": [1], "b": [0]}), METRICS)
    assert one_subject["tied_with_best"].all()
    assert one_subject["tied_for_first"].all()
    assert one_subject["interval_low"].isna().all()
    alone = overall(leaderboard(scores_of({"a": [1, 2, 3]}), METRICS))
    assert alone.loc["a", ["place", "mean_rank", "tied_for_first"]].tolist() == [1, 1, True]
    assert np.isnan(alone.loc["a", "borda"])


def test_controls_and_other_splits_stay_out():
    scores = random_scores({"a": 1, "none": 0, "oracle": 9, "rescan": 8})
    both = pd.concat([scores, scores.assign(split="validation", value=-scores["value"])])
    board = leaderboard(both, METRICS)
    assert set(board["harmonizer"]) == {"a", "none"}
    pd.testing.assert_frame_equal(board, leaderboard(scores, METRICS))
    assert leaderboard(both, METRICS, split="validation")["harmonizer"].iloc[0] == "none"
    assert leaderboard(scores, METRICS, split="validation").empty
    assert "oracle" in set(leaderboard(scores, METRICS, methods=["a", "oracle"])["harmonizer"])


def test_order_of_rows_does_not_matter():
    scores = random_scores({"a": 0.1, "b": 0.2, "c": 0})
    shuffled = scores.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(leaderboard(shuffled, METRICS), leaderboard(scores, METRICS))


def test_a_metric_without_any_value_is_left_out():
    scores = random_scores({"a": 0.1, "b": 0.2}, metrics=["ssim"])
    nothing = scores.assign(metric="psnr", value=np.nan)
    pd.testing.assert_frame_equal(
        leaderboard(pd.concat([scores, nothing]), METRICS), leaderboard(scores, METRICS)
    )
    empty = leaderboard(nothing, METRICS)
    assert empty.empty
    assert tuple(empty.columns) == COLUMNS


def test_an_unknown_order_is_refused():
    scores = random_scores({"a": 0.1, "b": 0.2}, metrics=["ssim"])
    with pytest.raises(InputError, match="order of the leaderboard 'mean-ranks': did you mean"):
        leaderboard(scores, METRICS, order="mean-ranks")
    with pytest.raises(InputError, match="choose from mean-rank, borda, ssim"):
        leaderboard(scores, METRICS, order="zzz")
    with pytest.raises(InputError, match="no scores of the metric 'dice'"):
        leaderboard(scores, METRICS, order="dice")
