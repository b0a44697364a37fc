"""`phycharm.testing.assert_scores`: worse fails, better passes, a failure does not hide."""

import json
import subprocess
import sys

import numpy as np
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.errors import InputError
from phycharm.testing import assert_scores

from support.score_factory import random_scores

LIMITS = {"ssim": 0.0, "nrmse": 0.0}


def write(folder, scores):
    folder.mkdir()
    scores.to_parquet(folder / "scores.parquet")
    records = [metric.as_record() for metric in METRICS.values()]
    (folder / "metrics.json").write_text(json.dumps(records))
    return folder


def table(**options):
    return random_scores({"none": 0.0, "mine": 1.0, "oracle": 2.0}, **options)


def moved(metric, by, method="mine"):
    scores = table()
    rows = (scores["harmonizer"] == method) & (scores["metric"] == metric)
    scores.loc[rows, "value"] += by
    return scores


@pytest.fixture
def reference(tmp_path):
    return write(tmp_path / "reference", table())


@pytest.mark.parametrize(("metric", "better"), [("ssim", 0.1), ("psnr", 0.1), ("nrmse", -0.1)])
def test_better_passes_and_worse_fails(reference, tmp_path, metric, better):
    assert_scores(write(tmp_path / "better", moved(metric, better)), reference)
    worse = write(tmp_path / "worse", moved(metric, -better))
    with pytest.raises(AssertionError) as found:
        assert_scores(worse, reference)
    head, line = str(found.value).splitlines()
    assert head == f"{worse}: worse than it must be:"
    was, now = (x[(x["harmonizer"] == "mine") & (x["metric"] == metric)]["value"].mean()
                for x in (table(), moved(metric, -better)))  # fmt: skip
    assert line.startswith(f"  mine {metric}: {now:.6g}, and the reference has {was:.6g} (tol")


def test_the_same_passes(reference):
    assert_scores(reference, reference)


def test_worse_within_the_tolerance_passes(reference, tmp_path):
    (reference / "tolerance.toml").write_text("[default]\nabsolute = 0.2")
    worse = write(tmp_path / "worse", moved("ssim", -0.1))
    assert_scores(worse, reference)
    (tmp_path / "tight.toml").write_text("[default]\nabsolute = 0.05")
    with pytest.raises(AssertionError, match=r"tolerance 0\.05"):
        assert_scores(worse, reference, tolerance=tmp_path / "tight.toml")


def test_only_the_chosen_method_counts(reference, tmp_path):
    worse = write(tmp_path / "worse", moved("ssim", -0.1, "none"))
    assert_scores(worse, reference, harmonizer="mine")
    with pytest.raises(AssertionError, match="none ssim"):
        assert_scores(worse, reference, harmonizer=["mine", "none"])


def test_controls_do_not_count(reference, tmp_path):
    assert_scores(write(tmp_path / "worse", moved("ssim", -1, "oracle")), reference)


def test_scores_that_are_missing_or_nan_fail(reference, tmp_path):
    scores = table()
    mine = scores.index[(scores["harmonizer"] == "mine") & (scores["metric"] == "ssim")]
    lacking = write(tmp_path / "lacking", scores.drop(mine[:3]))
    with pytest.raises(AssertionError, match=r"mine ssim: of \d+ scores 3 missing"):
        assert_scores(lacking, reference)
    scores.loc[mine[:2], "value"] = np.nan
    with pytest.raises(AssertionError, match=r"mine ssim: of \d+ scores 2 became NaN"):
        assert_scores(write(tmp_path / "nan", scores), reference)


def test_a_method_that_failed_everywhere_says_why(reference, tmp_path):
    scores = table()
    run = write(tmp_path / "failed", scores[scores["harmonizer"] != "mine"])
    cell = run / "cells" / "mine_all_fold-1_seed-0"
    cell.mkdir(parents=True)
    (cell / "cell.json").write_text('{"status": "failed", "error": "no luck"}')
    for floor in (reference, LIMITS):
        with pytest.raises(AssertionError, match="mine_all_fold-1_seed-0 failed: no luck"):
            assert_scores(run, floor, harmonizer="mine")


class TestWorstMeans:
    def mean(self, metric):
        scores = table()
        rows = (scores["harmonizer"] == "mine") & (scores["metric"] == metric)
        return scores.loc[rows, "value"].mean()

    @pytest.mark.parametrize(("metric", "sign"), [("ssim", 1), ("nrmse", -1)])
    def test_the_side_is_the_metric_s(self, reference, metric, sign):
        mean = self.mean(metric)
        assert_scores(reference, {metric: mean - sign * 0.01}, harmonizer="mine")
        side = "at least" if sign > 0 else "at most"
        with pytest.raises(AssertionError, match=f"mine {metric}: .*, and it must be {side} "):
            assert_scores(reference, {metric: mean + sign * 0.01}, harmonizer="mine")

    def test_nearness_to_the_best(self, tmp_path):
        scores = random_scores({"mine": 0.0}, metrics=("ssim",)).assign(metric="sharpness")
        run = write(tmp_path / "run", scores.assign(value=1.2))
        assert_scores(run, {"sharpness": 0.75})
        with pytest.raises(AssertionError, match=r"it must be as near to 1 as 0\.9 is"):
            assert_scores(run, {"sharpness": 0.9})

    def test_a_tissue(self, tmp_path):
        scores = random_scores({"mine": 0.0}, metrics=("dice",)).assign(tissue="GM", value=0.8)
        run = write(tmp_path / "run", scores)
        assert_scores(run, {"dice/GM": 0.79})
        with pytest.raises(
            AssertionError, match=r"mine dice/GM: 0\.8, and it must be at least 0\.81"
        ):
            assert_scores(run, {"dice/GM": 0.81})

    def test_images_that_another_method_has_must_not_be_missing(self, tmp_path):
        scores = table()
        mine = scores.index[(scores["harmonizer"] == "mine") & (scores["metric"] == "ssim")]
        run = write(tmp_path / "run", scores.drop(mine[:3]))
        with pytest.raises(AssertionError, match=r"mine ssim: 3 of \d+ scores are missing or NaN"):
            assert_scores(run, {"ssim": -100})

    def test_what_was_not_measured_is_refused(self, reference):
        with pytest.raises(InputError, match="'sim' was not measured; did you mean 'ssim'"):
            assert_scores(reference, {"sim": 0.9})


def test_an_unknown_method_is_refused(reference):
    with pytest.raises(InputError, match="no method 'mein'; did you mean 'mine'"):
        assert_scores(reference, reference, harmonizer="mein")


def test_the_import_brings_nothing_heavy():
    code = "import sys, phycharm.testing; print({'numpy', 'pandas', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
