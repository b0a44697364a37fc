"""Killed in the middle and started again: it goes on, and the scores are the same."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from phycharm.baselines.linear import LinearScaling
from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.errors import InputError

from support.tiny_protocols import TINY, pair_protocol, tiny_protocol

METHODS = ["none", "unet", "support.tiny_methods:Mortal"]
TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def diary(tmp_path_factory):
    return tmp_path_factory.mktemp("diary") / "fits.txt"


@pytest.fixture(scope="module")
def killed(protocol, diary, shared_dataset, tmp_path_factory):
    """A run that died of SIGKILL while Mortal was fitted to its second pair."""
    out = tmp_path_factory.mktemp("killed") / "run"
    command = [sys.executable, "-m", "phycharm", "benchmark", str(protocol), "--out", str(out)]
    command += ["--dataset", str(shared_dataset), "--device", "cpu"]
    for method in METHODS:
        command += ["--harmonizer", method]
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        "MORTAL_DIARY": str(diary),
        "MORTAL_DIES_AT": "GE-Siemens",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return out


def collected(out):
    RunFolder(out).collect()
    return read_scores(out / "scores.parquet")


@pytest.fixture(scope="module")
def state(killed):
    """What the killed run left, before anybody goes on."""
    return {
        "manifest": json.loads((killed / "run.json").read_text()),
        "cells": {p.parent.name: p.stat().st_mtime_ns for p in killed.glob("cells/*/cell.json")},
        "partial": list(killed.rglob(".partial-*")),
        "scores": collected(killed),
    }


@pytest.fixture(scope="module")
def resumed(killed, state, protocol, diary, shared_dataset):
    os.environ["MORTAL_DIARY"] = str(diary)
    return run_benchmark(
        load_protocol(str(protocol)),
        out=killed,
        dataset=shared_dataset,
        harmonizers=METHODS,
        device="cpu",
    )


def test_killed_run_kept_its_finished_cells(state):
    assert state["manifest"]["status"] == "running"
    finished = {name for name in state["cells"] if not name.startswith(".")}
    assert "mortal_GE-Philips_fold-1_seed-0" in finished
    assert "mortal_GE-Siemens_fold-1_seed-0" not in finished
    assert len([name for name in finished if name.startswith("unet")]) == 3
    assert state["partial"], "the cell it died in was under way"
    assert set(state["scores"]["harmonizer"]) >= {"none", "unet", "mortal"}


def test_it_goes_on_without_fitting_anything_again(resumed, state, killed, diary):
    assert resumed.failed == ()
    assert diary.read_text().split() == [
        "GE-Philips",
        "GE-Siemens",
        "GE-Siemens",
        "Philips-Siemens",
    ]
    for name, written in state["cells"].items():
        if not name.startswith("."):
            assert (killed / "cells" / name / "cell.json").stat().st_mtime_ns == written


def test_nothing_is_left_of_the_death(resumed, killed):
    assert not list(killed.rglob(".partial-*"))
    assert json.loads((killed / "run.json").read_text())["status"] == "finished"


def test_scores_are_those_of_a_run_that_was_left_alone(
    resumed, killed, protocol, shared_dataset, tmp_path
):
    run_benchmark(
        load_protocol(str(protocol)),
        out=tmp_path / "whole",
        dataset=shared_dataset,
        harmonizers=METHODS,
        device="cpu",
    )
    whole = read_scores(tmp_path / "whole" / "scores.parquet")
    pd.testing.assert_frame_equal(
        read_scores(killed / "scores.parquet"), whole, check_exact=False, rtol=0, atol=1e-6
    )


class TestAnotherConfiguration:
    def refusal(self, out, dataset, protocol):
        before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
        with pytest.raises(InputError) as error:
            run_benchmark(protocol, out=out, dataset=dataset, harmonizers=["none"], device="cpu")
        assert str(out) in str(error.value)
        assert "--fresh" in str(error.value)
        assert {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()} == before

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 4},
            {"metrics": ["ssim"]},
            {"scanners": ["GE", "Siemens"]},
            {"training": {"epochs": 2, "batch_size": 8}},
            {"acquisitions": {"GE": {"inversion_time": 500.0}}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_protocol(self, resumed, killed, shared_dataset, change):
        self.refusal(killed, shared_dataset, tiny_protocol(**change))

    def test_dataset(self, resumed, killed, dataset):
        (path,) = dataset.rglob("sub-01_ses-GE_T1w.json")
        path.write_text(path.read_text() + " ")
        self.refusal(killed, dataset, tiny_protocol())

    def test_methods_and_words_are_no_other_configuration(self, resumed, killed, shared_dataset):
        protocol = tiny_protocol(summary="Other words.", harmonizers=["none"])
        result = run_benchmark(protocol, out=killed, dataset=shared_dataset, device="cpu")
        assert "unet" in set(read_scores(result.folder / "scores.parquet")["harmonizer"])


def quick_protocol(**changes):
    """One metric on two scanners, for what is about folders only."""
    return pair_protocol(**{"metrics": ["nrmse"], **changes})


class TestFresh:
    def test_starts_over(self, dataset, tmp_path):
        out = tmp_path / "run"
        run_benchmark(
            quick_protocol(), out=out, dataset=dataset, harmonizers=["none"], device="cpu"
        )
        changed = quick_protocol(version=4)
        run_benchmark(
            changed, out=out, dataset=dataset, harmonizers=["linear"], device="cpu", fresh=True
        )
        scores = read_scores(out / "scores.parquet")
        assert "none" not in set(scores["harmonizer"])
        assert set(scores["protocol_version"]) == {4}

    def test_dataset_that_cannot_be_used_costs_no_results(self, dataset, tmp_path):
        out = tmp_path / "run"
        run_benchmark(
            quick_protocol(), out=out, dataset=dataset, harmonizers=["none"], device="cpu"
        )
        before = (out / "scores.parquet").read_bytes()
        with pytest.raises(InputError):
            run_benchmark(quick_protocol(), out=out, dataset=tmp_path / "typo", fresh=True)
        assert (out / "scores.parquet").read_bytes() == before

    def test_dataset_inside_the_folder_stays(self, dataset, tmp_path):
        out = dataset.parent
        run_benchmark(
            quick_protocol(),
            out=out,
            dataset=dataset,
            harmonizers=["none"],
            device="cpu",
            fresh=True,
        )
        run_benchmark(
            quick_protocol(),
            out=out,
            dataset=dataset,
            harmonizers=["none"],
            device="cpu",
            fresh=True,
        )
        assert (dataset / "dataset_description.json").is_file()

    def test_own_dataset_of_a_user_is_neither_used_nor_deleted(self, dataset):
        out = dataset.parent
        files = sorted(dataset.rglob("*"))
        for fresh in (False, True):
            with pytest.raises(InputError, match="--dataset"):
                run_benchmark(
                    quick_protocol(), out=out, harmonizers=["none"], device="cpu", fresh=fresh
                )
        assert sorted(dataset.rglob("*")) == files

    @pytest.mark.parametrize(
        "change",
        [
            {"simulation": {"scanners": ["GE", "Simens"]}},
            {"simulation": {"atrophy": {"77": 0.1}}},
            {"split": {"training": 20, "folds": [1]}},
        ],
        ids=["scanner", "atrophy", "split"],
    )
    def test_simulation_that_cannot_be_made_costs_no_results(self, dataset, tmp_path, change):
        out = tmp_path / "run"
        run_benchmark(
            quick_protocol(), out=out, dataset=dataset, harmonizers=["none"], device="cpu"
        )
        before = (out / "scores.parquet").read_bytes()
        with pytest.raises(InputError):
            run_benchmark(quick_protocol(**change), out=out, harmonizers=["none"], fresh=True)
        assert (out / "scores.parquet").read_bytes() == before


def test_a_full_disk_ends_the_run_and_loses_nothing(shared_dataset, tmp_path, monkeypatch):
    out = tmp_path / "run"
    spec = {"out": out, "dataset": shared_dataset, "device": "cpu"}
    protocol = pair_protocol(harmonizers=["none", "linear"])
    write = LinearScaling.save

    def full(self, folder):
        write(self, folder)
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(LinearScaling, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run_benchmark(protocol, **spec)
    cells = {path.name for path in (out / "cells").iterdir()}
    assert any(name.startswith("none") for name in cells)
    assert not any(name.startswith(("linear", ".partial")) for name in cells)
    assert json.loads((out / "run.json").read_text())["status"] == "interrupted"
    monkeypatch.undo()
    assert not run_benchmark(protocol, **spec).failed
    assert set(read_scores(out / "scores.parquet")["harmonizer"]) >= {"none", "linear"}
