"""`compare`: units, directions, families and what is said of them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from phycharm.benchmarks.metrics import METRICS, as_records
from phycharm.benchmarks.statistics import SCORE_COLUMNS, compare, holm
from phycharm.benchmarks.statistics.comparison import COLUMNS
from phycharm.errors import InputError

from support.score_factory import random_scores, scores_of, table


def one(scores, **options):
    """The only comparison of scope `direction`."""
    result = compare(scores, METRICS, **options)
    return result[result["scope"] == "direction"].iloc[0]


def test_columns_and_one_worked_example():
    ours = [0.9, 0.8, 0.85, 0.7, 0.95, 0.9, 0.88, 0.75]
    theirs = [0.8, 0.75, 0.83, 0.71, 0.8, 0.82, 0.85, 0.7]
    result = compare(scores_of({"phycharm": ours, "unet": theirs}), METRICS)
    assert tuple(result.columns) == COLUMNS
    row = result[result["scope"] == "direction"].iloc[0]
    assert (row["source"], row["target"], row["rival"], row["n"]) == ("GE", "Siemens", "unet", 8)
    gains = np.subtract(ours, theirs)
    assert row["gain"] == pytest.approx(gains.mean())
    assert row["interval_low"] < row["gain"] < row["interval_high"]
    assert row["p"] == pytest.approx(wilcoxon(gains, method="exact").pvalue)
    assert row["rank_biserial"] == pytest.approx(34 / 36)
    assert row["verdict"] == "better"
    overall = result[result["scope"] == "global"].iloc[0]
    assert (overall["source"], overall["target"]) == ("all", "all")
    assert overall["p"] == row["p"]


@pytest.mark.parametrize(
    ("metric", "ours", "theirs"),
    [("ssim", 0.9, 0.5), ("nrmse", 0.5, 0.9), ("sharpness", 0.9, 1.5), ("sharpness", 1.1, 0.5)],
)
def test_positive_gain_means_better_whatever_the_metric(metric, ours, theirs):
    rng = np.random.default_rng(0)
    series = {"phycharm": ours + 0.01 * rng.normal(size=7), "unet": [theirs] * 7}
    row = one(scores_of(series, metric=metric))
    assert row["gain"] > 0
    assert row["shift"] > 0
    assert row["rank_biserial"] == 1
    assert row["verdict"] == "better"
    assert row["reference_mean"] == pytest.approx(ours, abs=0.02)
    turned = one(scores_of(series, metric=metric), reference="unet")
    assert turned["verdict"] == "worse"
    assert turned["gain"] == pytest.approx(-row["gain"])


def test_errors_of_opposite_sign_do_not_cancel():
    rows = [
        {"harmonizer": name, "subject": f"{s}", "metric": "volume_difference_ml", "tissue": "GM"}
        | {"value": value, "fold": fold}
        for s in range(7)
        for name, values in {"phycharm": (2.0 + s / 99, 2.0), "unet": (20.0, -20.0)}.items()
        for fold, value in enumerate(values)
    ]
    row = one(table(rows))
    assert row["rival_mean"] == 0
    assert row["gain"] == pytest.approx(18, abs=0.1)
    assert row["verdict"] == "better"


def test_folds_and_seeds_are_no_subjects():
    few = random_scores({"phycharm": 1, "unet": 0}, folds=(1,), seeds=(0,), noise=0.1)
    many = pd.concat([few.assign(fold=f, seed=s) for f in range(5) for s in range(3)])
    pd.testing.assert_frame_equal(compare(many, METRICS), compare(few, METRICS))


def test_a_fold_with_more_seeds_does_not_weigh_more():
    fits = [(0, 0), (0, 1), (0, 2), (1, 0)]
    rows = [
        {
            "harmonizer": name,
            "seed": seed,
            "fold": fold,
            "value": float(name != "unet" and not seed),
        }
        for name in ("phycharm", "unet")
        for seed, fold in fits
    ]
    assert one(table(rows))["reference_mean"] == 0.5


def test_only_fits_that_both_have_are_compared():
    """The rival's second fold failed: ours counts there for nothing."""
    rows = [
        {"harmonizer": name, "fold": fold, "subject": f"{s}", "value": value}
        for s in range(7)
        for name, values in {"phycharm": (0.5, 0.9), "unet": (0.6, None)}.items()
        for fold, value in enumerate(values)
        if value is not None
    ]
    row = one(table(rows))
    assert (row["reference_mean"], row["rival_mean"]) == (0.5, 0.6)
    assert row["verdict"] == "worse"


def test_one_fit_of_what_draws_nothing_stands_beside_all_seeds():
    rows = [
        {"harmonizer": "phycharm", "seed": seed, "subject": f"{s}", "value": 0.5 + 0.2 * seed}
        for s in range(7)
        for seed in (0, 1)
    ]
    rows += [{"harmonizer": "none", "subject": f"{s}", "value": 0.55} for s in range(7)]
    row = one(table(rows), deterministic=["none"])
    assert (row["reference_mean"], row["verdict"]) == (pytest.approx(0.6), "better")
    assert one(table(rows))["reference_mean"] == 0.5


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_subjects_cannot_reach_alpha(n):
    row = one(scores_of({"phycharm": np.arange(1, n + 1), "unet": np.zeros(n)}))
    assert row["verdict"] == f"cannot reach alpha with n = {n}"
    assert row["p"] == row["smallest_p"] == 2.0 ** (1 - n)


def test_dropped_zeros_can_make_alpha_unreachable():
    row = one(scores_of({"phycharm": [0, 1, 2, 3, 4, 5], "unet": [0] * 6}))
    assert (row["n"], row["nonzero"]) == (6, 5)
    assert row["verdict"] == "cannot reach alpha with n = 5"


def test_a_large_family_can_make_alpha_unreachable():
    rivals = {f"m{i}": np.zeros(6) for i in range(4)}
    ours = {"phycharm": np.arange(1, 7)}
    alone = one(scores_of(ours | {"m0": np.zeros(6)}))
    assert alone["verdict"] == "better"
    row = one(scores_of(ours | rivals))
    assert row["family_size"] == 4
    assert row["p"] <= 0.05 < row["p_holm"]
    assert row["verdict"] == "cannot reach alpha with n = 6 in a family of 4"


def test_identical_methods():
    row = one(scores_of({"phycharm": [1, 2, 3], "unet": [1, 2, 3]}))
    assert (row["p"], row["rank_biserial"], row["gain"], row["shift"]) == (1, 0, 0, 0)
    assert np.isnan(row["interval_low"])  # three people make no interval
    assert row["verdict"] == "identical in all 3 subjects"


def test_methods_missing_for_some_or_all_subjects():
    scores = scores_of({"phycharm": np.arange(8.0), "unet": np.zeros(8), "linear": np.zeros(8)})
    scores = scores[~((scores["harmonizer"] == "unet") & (scores["subject"] > "06"))]
    scores.loc[scores["harmonizer"] == "linear", "value"] = np.nan
    result = compare(scores, METRICS).query("scope == 'direction'").set_index("rival")
    assert result.loc["unet", "n"] == 6
    assert result.loc["unet", "reference_mean"] == 2.5
    assert result.loc["linear", "n"] == 0
    assert result.loc["linear", "verdict"] == "no subject in common"
    assert np.isnan(result.loc["linear", ["p", "gain", "shift", "interval_low"]].tolist()).all()
    assert result.loc["unet", "family_size"] == 1


def test_a_metric_without_any_value_does_no_harm():
    good = random_scores({"phycharm": 1, "unet": 0}, metrics=["ssim"])
    bad = good.assign(metric="psnr", value=np.inf)
    result = compare(pd.concat([good, bad]), METRICS)
    pd.testing.assert_frame_equal(
        result[result["metric"] == "ssim"].reset_index(drop=True), compare(good, METRICS)
    )


def test_families_are_as_declared():
    scores = random_scores({"phycharm": 0.2, "unet": 0, "linear": 0.1}, subjects=9)
    default = compare(scores, METRICS)
    assert default.query("scope == 'direction'")["family_size"].unique().tolist() == [4]
    assert default.query("scope == 'global'")["family_size"].unique().tolist() == [2]
    everything = compare(scores, METRICS, family=())
    assert everything["family_size"].unique().tolist() == [len(everything)]
    np.testing.assert_allclose(everything["p_holm"], holm(everything["p"]))
    by_metric = compare(scores, METRICS, family=("metric",))
    assert by_metric["family_size"].unique().tolist() == [6]
    with pytest.raises(InputError, match="unknown family column 'colour'"):
        compare(scores, METRICS, family=("colour",))


def test_global_test_is_on_subject_means_over_directions():
    scores = random_scores({"phycharm": 0.5, "unet": 0}, metrics=["ssim"], seed=3)
    means = scores.groupby(["harmonizer", "subject"])["value"].mean().unstack()
    gains = means.loc["phycharm"] - means.loc["unet"]
    row = compare(scores, METRICS).query("scope == 'global'").iloc[0]
    assert row["n"] == 8
    assert row["gain"] == pytest.approx(gains.mean())
    assert row["p"] == pytest.approx(wilcoxon(gains, method="exact").pvalue)


def test_order_of_rows_and_columns_does_not_matter():
    scores = random_scores({"phycharm": 0.3, "unet": 0, "none": -1})
    shuffled = scores.sample(frac=1, random_state=1)[list(reversed(SCORE_COLUMNS))]
    pd.testing.assert_frame_equal(compare(shuffled, METRICS), compare(scores, METRICS))
    repeated_index = scores.set_axis([0] * len(scores))
    pd.testing.assert_frame_equal(compare(repeated_index, METRICS), compare(scores, METRICS))


def test_splits_are_kept_apart_and_controls_out():
    scores = random_scores({"phycharm": 0.3, "unet": 0, "oracle": 9, "blurred": 2})
    both = pd.concat([scores, scores.assign(split="validation", value=-scores["value"])])
    result = compare(both, METRICS)
    assert set(result["rival"]) == {"unet"}
    external = result[result["split"] == "external"].reset_index(drop=True)
    pd.testing.assert_frame_equal(external, compare(scores, METRICS))
    chosen = compare(scores, METRICS, rivals=["oracle"])
    assert set(chosen["rival"]) == {"oracle"}


def test_null_hypothesis_is_rejected_as_rarely_as_promised():
    rng = np.random.default_rng(0)
    names = ("phycharm", "unet", "linear", "none")
    worlds = [
        scores_of({name: rng.normal(size=9) for name in names}, source=f"world {i}")
        for i in range(400)
    ]
    result = compare(pd.concat(worlds), METRICS, family=("source",))
    result = result[result["scope"] == "direction"]
    assert result["family_size"].unique().tolist() == [3]
    told = result["verdict"].isin(["better", "worse"]).groupby(result["source"]).any()
    assert len(told) == 400
    assert 0 < told.mean() <= 0.065


def test_records_serve_as_well_as_metrics():
    scores = random_scores({"phycharm": 0.3, "unet": 0})
    expected = compare(scores, METRICS)
    records = [*as_records(), {"name": "odd", "definition": "", "higher_is_better": None}]
    pd.testing.assert_frame_equal(compare(scores, records), expected)
    odd = pd.concat([scores, scores.assign(metric="odd")])
    pd.testing.assert_frame_equal(compare(odd, records), expected)


def test_unusable_scores_are_refused():
    scores = random_scores({"phycharm": 0, "unet": 0})
    with pytest.raises(InputError, match="lack the columns seed, value"):
        compare(scores.drop(columns=["seed", "value"]), METRICS)
    with pytest.raises(
        InputError, match="reference method 'phycarm': choose one of phycharm, unet"
    ):
        compare(scores, METRICS, reference="phycarm")
    with pytest.raises(InputError, match="none at all"):
        compare(scores.iloc[:0], METRICS)


def test_nobody_to_compare_with():
    result = compare(random_scores({"phycharm": 0}), METRICS)
    assert result.empty
    assert tuple(result.columns) == COLUMNS
