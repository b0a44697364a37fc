"""Times that a method needs and nobody says are asked for before anything is computed."""

import json

import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.training import train_harmonizer
from phycharm.errors import InputError

from support.bids_folder import sidecar_path, t1w_path
from support.tiny_protocols import tiny_protocol


@pytest.fixture
def silent(dataset):
    """A dataset whose GE says no inversion time."""
    for person in ("01", "02", "03"):
        path = sidecar_path(t1w_path(dataset, person, "GE"))
        content = json.loads(path.read_text())
        del content["InversionTime"]
        path.write_text(json.dumps(content))
    return dataset


def test_a_benchmark_is_refused_before_it_begins(silent, tmp_path):
    with pytest.raises(InputError, match="phycharm-paper needs inversion_time of GE"):
        run_benchmark(
            tiny_protocol(),
            dataset=silent,
            harmonizers=["none", "phycharm-paper"],
            out=tmp_path / "out",
        )
    assert not (tmp_path / "out").exists()


def test_training_is_refused_before_it_begins(silent, tmp_path):
    with pytest.raises(InputError, match="phycharm-paper needs inversion_time of GE"):
        train_harmonizer(
            "phycharm-paper", tiny_protocol(), silent, tmp_path / "model", device="cpu"
        )


def test_who_can_fit_it_runs_and_says_what_was_taken(silent, tmp_path):
    done = run_benchmark(
        tiny_protocol(), dataset=silent, harmonizers=["phycharm-physics"], out=tmp_path / "out"
    )
    assert not done.failed
    path = tmp_path / "out" / "cells" / "phycharm-physics_GE-Siemens_fold-1_seed-0" / "cell.json"
    found = json.loads(path.read_text())["findings"]
    assert found["signal"] == "train"
    ge = found["acquisitions"]["GE"]
    assert ge["sidecar"]["inversion_time"] is None
    assert "inversion_time" in ge["acquisition"]["assumed"]
    assert 400 <= ge["acquisition"]["inversion_time"] <= 1400
    assert "inversion_time" in [one["name"] for one in ge["parameters"]]


def test_who_needs_none_runs(silent, tmp_path):
    done = run_benchmark(
        tiny_protocol(), dataset=silent, harmonizers=["none"], out=tmp_path / "out"
    )
    assert not done.failed
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["scanners"]["GE"]["inversion_time"] is None


def test_a_dataset_file_says_it(silent, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[scanners.GE]\ninversion_time = 450\n")
    run_benchmark(
        tiny_protocol(),
        dataset=silent,
        dataset_file=rules,
        harmonizers=["none"],
        out=tmp_path / "out",
    )
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["scanners"]["GE"]["inversion_time"] == 450
    assert record["dataset"]["rules"] == {"scanners": {"GE": {"inversion_time": 450.0}}}


def test_a_dataset_file_without_dataset(tmp_path):
    with pytest.raises(InputError, match="--dataset"):
        run_benchmark(tiny_protocol(), dataset_file=tmp_path / "x.toml", out=tmp_path / "out")
