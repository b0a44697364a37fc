"""Blessing: scores become the reference, with a history that says why."""

import json
import tomllib

import numpy as np
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics.regression import (
    bless,
    compare_scores,
    read_score_set,
    read_tolerances,
    tolerances_for,
)
from phycharm.benchmarks.statistics.regression.machine_spread import machine_spread, round_up
from phycharm.errors import InputError

from support.score_factory import random_scores

MANIFEST = {
    "status": "finished",
    "fingerprint": "f",
    "dataset": {"name": "people", "simulated": True, "fingerprint": "d", "path": "/elsewhere"},
    "environment": {
        "phycharm": "0.1.0",
        "git_commit": "c0ffee",
        "python": "3.11",
        "packages": {"torch": "2.13.0"},
    },
    "hardware": {"cpu": 'a "quoted"\nname', "threads": 2, "device": "cpu"},
    "segmenter": "hmrf",
}


def write_run(folder, scores=None, **manifest):
    folder.mkdir(parents=True)
    scores = table() if scores is None else scores
    scores.to_parquet(folder / "scores.parquet")
    (folder / "run.json").write_text(json.dumps({**MANIFEST, **manifest}))
    records = [METRICS[name].as_record() for name in ("ssim", "psnr", "nrmse")]
    (folder / "metrics.json").write_text(json.dumps(records))
    (folder / "cells").mkdir()
    return folder


def table(**options):
    return random_scores({"none": 0.0, "unet": 1.0}, metrics=("ssim", "psnr"), **options)


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


@pytest.fixture
def reference(tmp_path):
    return tmp_path / "reference" / "mine"


def history(reference):
    return tomllib.loads((reference / "reference.toml").read_text())["history"]


def compare(reference, run):
    return compare_scores(read_score_set(reference), read_score_set(run), tolerances_for(reference))


def test_a_blessed_run_has_not_moved(run, reference):
    assert bless(reference, run, why="The first.") is None
    delta = compare(reference, run)
    assert not delta.moved
    assert delta.simulated
    assert delta.notes == []
    for section in ("environment", "hardware"):
        was, now = (side.section(section) for side in (delta.reference, delta.run))
        assert {key: was[key] for key in now} == dict(now)


def test_why_when_and_what_stand_in_the_file(run, reference):
    bless(reference, run, why="  The\nfirst. ")
    (entry,) = history(reference)
    assert entry["why"] == "The first."
    assert entry["when"].startswith("20")
    assert (entry["git_commit"], entry["threads"], entry["protocol_version"]) == ("c0ffee", 2, 1)
    assert entry["cpu"] == 'a "quoted"\nname'
    assert entry["packages"] == {"torch": "2.13.0"}
    assert entry["moved"] == ["the first reference"]
    assert "/elsewhere" not in (reference / "reference.toml").read_text()


def test_the_history_is_kept_and_says_what_moved(run, reference, tmp_path):
    bless(reference, run, why="The first.")
    better = table()
    rows = (better["harmonizer"] == "unet") & (better["metric"] == "ssim")
    better.loc[rows, "value"] += 1
    delta = bless(reference, write_run(tmp_path / "b", better), why="The U-Net is wider.")
    assert delta.moved
    first, second = history(reference)
    assert first["why"] == "The first."
    assert second["why"] == "The U-Net is wider."
    (moved,) = second["moved"]
    was = table().loc[rows, "value"].mean()
    assert moved == f"unet ssim: {was:.6g} to {was + 1:.6g}"
    assert not compare(reference, tmp_path / "b").moved


def test_only_definitions_that_have_scores_are_kept(run, reference):
    bless(reference, run, why="x")
    names = [record["name"] for record in json.loads((reference / "metrics.json").read_text())]
    assert names == ["ssim", "psnr"]


class TestSpread:
    def test_tolerances_are_some_times_what_was_measured(self, run, reference, tmp_path):
        other = table()
        unet = (other["harmonizer"] == "unet") & (other["metric"] == "ssim")
        other.loc[other.index[unet][3], "value"] += 0.0123
        there = write_run(tmp_path / "there", other)
        bless(reference, run, why="x", spread=[there])
        tolerances = tolerances_for(reference)
        assert tolerances.limit("unet", "ssim") == 0.05
        assert tolerances.limit("none", "ssim") == 1e-6
        assert tolerances.limit("unet", "psnr") == 1e-4
        text = (reference / "tolerance.toml").read_text()
        assert "ssim = { absolute = 0.05 }  # measured: 0.012" in text
        assert text.count("torch 2.13.0") == 2
        assert not compare(reference, there).moved

    def test_tolerances_stay_where_none_are_measured(self, run, reference, tmp_path):
        bless(reference, run, why="x", spread=[run])
        text = (reference / "tolerance.toml").read_text() + "\n[metrics.dice]\nabsolute = 7\n"
        (reference / "tolerance.toml").write_text(text)
        bless(reference, run, why="y")
        assert (reference / "tolerance.toml").read_text() == text

    def test_the_spread_over_seeds_is_kept(self, reference, tmp_path):
        run = write_run(tmp_path / "one", table(seeds=(0,)))
        bless(reference, run, why="x", spread=[run], seeds=write_run(tmp_path / "two"))
        tolerances = read_tolerances(reference / "tolerance.toml")
        assert tolerances.spread("unet", "ssim") > 0.1
        delta = compare(reference, run)
        assert delta.rows["seed_sd"].notna().all()

    def test_other_scores_are_no_spread(self, run, tmp_path):
        fewer = read_score_set(write_run(tmp_path / "fewer", table(subjects=7)))
        undefined = table()
        undefined.loc[3, "value"] = np.nan
        nan = read_score_set(write_run(tmp_path / "nan", undefined))
        for other in (fewer, nan):
            with pytest.raises(InputError):
                machine_spread(read_score_set(run), [other])

    @pytest.mark.parametrize(
        ("value", "wanted"), [(0.01, 0.01), (0.011, 0.02), (9.1, 10.0), (2e-7, 2e-7), (31.0, 40.0)]
    )
    def test_rounding_up(self, value, wanted):
        assert round_up(value) == pytest.approx(wanted)


class TestRefused:
    @pytest.mark.parametrize("why", ["", "  \n"])
    def test_no_reason(self, run, reference, why):
        with pytest.raises(InputError, match="--why is empty"):
            bless(reference, run, why=why)
        assert not reference.exists()

    @pytest.mark.parametrize("status", ["running", "interrupted", None])
    def test_an_unfinished_run(self, tmp_path, reference, status):
        run = write_run(tmp_path / "a", status=status)
        with pytest.raises(InputError, match="only a finished run"):
            bless(reference, run, why="x")

    def test_a_run_in_which_something_failed(self, run, reference):
        cell = run / "cells" / "unet_all_fold-1_seed-0"
        cell.mkdir()
        (cell / "cell.json").write_text('{"status": "failed", "error": "no luck"}')
        with pytest.raises(InputError, match=r"unet_all_fold-1_seed-0 failed \(no luck\)"):
            bless(reference, run, why="x")

    def test_a_run_without_definitions(self, run, reference):
        (run / "metrics.json").unlink()
        with pytest.raises(InputError, match=r"metrics\.json is missing"):
            bless(reference, run, why="x")

    def test_a_folder_of_something_else(self, run, tmp_path):
        before = sorted(tmp_path.rglob("*"))
        for place in (run, tmp_path):
            with pytest.raises(InputError, match="is no reference"):
                bless(place, run, why="x")
        assert sorted(tmp_path.rglob("*")) == before

    def test_the_reference_stays_where_a_run_is_refused(self, run, reference, tmp_path):
        bless(reference, run, why="x")
        before = {path: path.read_bytes() for path in reference.iterdir()}
        with pytest.raises(InputError):
            bless(reference, write_run(tmp_path / "a", status="running"), why="y")
        with pytest.raises(InputError):
            bless(reference, run, why="y", spread=[tmp_path / "absent"])
        assert {path: path.read_bytes() for path in reference.iterdir()} == before
