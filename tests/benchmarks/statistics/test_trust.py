"""Trust checks: made-up orders, and the real metrics on real controls."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.ndimage import gaussian_filter

from phycharm.benchmarks.metrics import METRICS, score_image
from phycharm.benchmarks.statistics import ceiling, trust
from phycharm.benchmarks.statistics.trust import COLUMNS

from support.score_factory import DIRECTIONS, table

GOOD = {"oracle": 1.0, "none": 0.7, "blurred": 0.8, "constant": 0.1}


def controls(values, metric="ssim", **fixed):
    return table(
        [
            {"harmonizer": name, "subject": subject, "source": source, "target": target}
            | {"metric": metric, "value": value, **fixed}
            for name, value in values.items()
            for subject in ("01", "02", "03")
            for source, target in DIRECTIONS
        ]
    )


def only(scores):
    result = trust(scores, METRICS)
    assert tuple(result.columns) == COLUMNS
    assert len(result) == 1
    return result.iloc[0]


def test_right_order_is_trusted():
    row = only(controls(GOOD))
    assert row["verdict"] == "trusted"
    assert row["reason"] == ""
    assert row[list(GOOD)].to_dict() == pytest.approx(GOOD)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (GOOD | {"oracle": 0.98}, "the target itself does not reach the ideal value"),
        (
            GOOD | {"none": 1.0},
            "doing nothing scores at least as well as the target itself",
        ),
        (
            GOOD | {"blurred": 1.0},
            "the blurred target scores at least as well as the target itself",
        ),
        (
            GOOD | {"constant": 0.75},
            "a featureless image scores at least as well as doing nothing",
        ),
        (
            GOOD | {"constant": 0.85},
            "a featureless image scores at least as well as doing nothing and "
            "a featureless image scores at least as well as the blurred target",
        ),
    ],
)
def test_wrong_order_is_not_trusted_and_says_why(values, reason):
    row = only(controls(values))
    assert row["verdict"] == "not to be trusted here"
    assert row["failing"] == tuple(DIRECTIONS)
    assert row["directions"] == len(DIRECTIONS)
    assert row["reason"] == f"in every direction {reason}"


def test_a_bad_direction_is_named_and_the_others_stay_trusted():
    scores = controls(GOOD)
    bad = (scores["harmonizer"] == "constant") & (scores["source"] == "Siemens")
    row = only(scores.assign(value=scores["value"].where(~bad, 0.75)))
    assert row["verdict"] == "not to be trusted in some directions"
    assert row["failing"] == (("Siemens", "GE"),)
    assert row["reason"] == (
        "from Siemens to GE a featureless image scores at least as well as doing nothing"
    )


def test_different_faults_in_different_directions_are_told_apart():
    scores = controls(GOOD)
    there = scores["source"] == "Siemens"
    values = scores["value"].mask(there & (scores["harmonizer"] == "constant"), 0.75)
    values = values.mask(~there & (scores["harmonizer"] == "none"), 1.0)
    row = only(scores.assign(value=values))
    assert row["verdict"] == "not to be trusted here"
    assert row["reason"] == (
        "from GE to Siemens doing nothing scores at least as well as the target itself; "
        "from Siemens to GE a featureless image scores at least as well as doing nothing"
    )


def test_lower_is_better_where_it_is():
    turned = {name: 1 - value for name, value in GOOD.items()}
    assert only(controls(turned, metric="nrmse"))["verdict"] == "trusted"
    assert only(controls(GOOD, metric="nrmse"))["verdict"] == "not to be trusted here"


def test_sharpness_asks_nothing_of_a_noisy_source():
    values = {"oracle": 1.0, "none": 7.0, "blurred": 0.3, "constant": 0.0}
    assert only(controls(values, metric="sharpness"))["verdict"] == "trusted"
    assert only(controls(values | {"blurred": 3}, metric="sharpness"))["verdict"] != "trusted"


def test_structure_belongs_to_the_source():
    values = {"oracle": 0.8, "none": 1.0, "blurred": 0.85, "constant": 0.0}
    assert only(controls(values, metric="structure"))["verdict"] == "trusted"
    row = only(controls(GOOD, metric="structure"))
    assert "doing nothing does not reach the ideal value" in row["reason"]


def test_truth_is_beyond_the_oracle():
    values = {"oracle": 0.9, "none": 0.93, "blurred": 0.8, "constant": 0.1}
    scores = controls(values, metric="dice_truth", tissue="GM")
    assert only(scores)["verdict"] == "trusted"
    assert only(controls(values, metric="dice", tissue="GM"))["verdict"] != "trusted"


def test_missing_controls():
    without = {name: GOOD[name] for name in ("oracle", "none", "blurred")}
    row = only(controls(without))
    assert row["verdict"] == "trusted"
    assert row["reason"] == "no score of a featureless image: not all orders are checked"
    row = only(controls({"none": 0.5, "unet": 0.6}))
    assert row["verdict"] == "not checked"
    assert row["reason"] == (
        "no score of the target itself, the blurred target, a featureless image"
    )
    row = only(controls(GOOD).assign(value=np.nan))
    assert row["verdict"] == "not checked"
    assert trust(controls(GOOD).iloc[:0], METRICS).empty


ONE_WAY = DIRECTIONS[1]


def without(scores, *names):
    """Take the scores of some controls away in the second direction, Siemens to GE."""
    gone = scores["harmonizer"].isin(names) & (scores["source"] == ONE_WAY[0])
    return scores.assign(value=scores["value"].mask(gone))


def test_a_control_without_scores_in_one_direction_is_said_and_not_counted():
    row = only(without(controls(GOOD), "constant"))
    assert (row["verdict"], row["directions"]) == ("trusted", 2)
    assert row["reason"] == (
        "no score of a featureless image from Siemens to GE: not all orders are checked"
    )
    row = only(without(controls(GOOD), "oracle"))
    assert (row["verdict"], row["directions"]) == ("trusted", 1)
    assert row["reason"].startswith("no score of the target itself from Siemens to GE")


def test_a_direction_that_only_methods_have_scores_in_is_unchecked():
    scores = without(pd.concat([controls(GOOD), controls({"unet": 0.9})]), *GOOD)
    row = only(scores)
    assert (row["verdict"], row["directions"]) == ("trusted", 1)
    assert row["reason"].endswith(
        "a featureless image from Siemens to GE: not all orders are checked"
    )


def test_what_fails_where_it_was_checked_does_not_fail_elsewhere():
    row = only(without(controls(GOOD | {"constant": 0.75}), "oracle", "none", "blurred"))
    assert row["verdict"] == "not to be trusted in some directions"
    assert (row["failing"], row["directions"]) == ((DIRECTIONS[0],), 1)
    assert row["reason"] == (
        "from GE to Siemens a featureless image scores at least as well as doing nothing; "
        "no score of the target itself, doing nothing, the blurred target from Siemens to GE"
    )


def test_gaps_in_many_directions_are_counted():
    scores = pd.concat(
        [controls(GOOD).assign(source=source, target="X") for source in "ABCDE"]
    ).drop_duplicates(["subject", "harmonizer", "source"])
    gone = scores["harmonizer"].eq("none") & scores["source"].isin([*"BCD"])
    row = only(scores[~gone])
    assert row["directions"] == 5
    assert row["reason"].startswith("no score of doing nothing in 3 of 5 directions:")


def head(*, seed, contrast, noise, width):
    """One person (always the same) on a scanner with a contrast, noise and sharpness."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, 28)] * 3, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2) + 0.12 * np.sin(7 * x) * np.cos(6 * y) * np.sin(5 * z)
    tissue = np.select([radius < 0.45, radius < 0.8, radius < 0.95], contrast, 0)
    image = gaussian_filter(tissue, width)
    image = image + noise * np.random.default_rng(seed).normal(size=image.shape)
    mask = radius < 0.95
    return np.where(mask, image, 0).clip(0), mask


def test_every_image_metric_deserves_belief_on_plausible_heads():
    scanners = {"GE": ((0.9, 0.6, 0.2), 0.03, 0.6), "Siemens": ((1.0, 0.5, 0.1), 0.02, 0.8)}
    rows = []
    for subject in range(3):
        scans = {
            name: head(seed=subject, contrast=c, noise=n, width=w)
            for name, (c, n, w) in scanners.items()
        }
        for source, target in DIRECTIONS:
            image, mask = scans[target]
            candidates = {
                "oracle": image,
                "none": scans[source][0],
                "blurred": gaussian_filter(image, 1.5),
                "constant": np.where(mask, image[mask].mean(), 0),
            }
            for name, candidate in candidates.items():
                tensors = [torch.from_numpy(v) for v in (image, candidate, mask)]
                values = score_image(*tensors, source=torch.from_numpy(scans[source][0]))
                place = {"subject": str(subject), "source": source, "target": target}
                rows += [
                    {**place, "harmonizer": name, "metric": metric, "value": value}
                    for metric, value in values.items()
                ]
    result = trust(table(rows), METRICS)
    assert len(result) == 11
    assert result["verdict"].eq("trusted").all(), result[["metric", "reason"]]


def test_ceiling_is_what_a_rescan_scores():
    scores = pd.concat([controls({"rescan": 0.9}), controls(GOOD)])
    extra = (scores["harmonizer"] == "rescan") & (scores["subject"] == "01")
    scores = scores.assign(value=scores["value"].where(~extra, 0.96))
    result = ceiling(scores, METRICS)
    assert len(result) == len(DIRECTIONS) + 1
    assert result["n"].tolist() == [3, 3, 3]
    np.testing.assert_allclose(result["mean"], 0.92)
    assert result["interval_low"].isna().all()  # three people make no interval
    assert result.query("source == 'all'")["target"].tolist() == ["all"]
    assert ceiling(controls(GOOD), METRICS).empty
