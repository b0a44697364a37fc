"""Fixtures of the tests of runs."""

import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator

from support import bids_folder, phantom
from support.tiny_protocols import tiny_protocol


@pytest.fixture
def pair(tmp_path):
    """Two scanners, three people and one more with maps, for this test to spoil."""
    return bids_folder.write_dataset(
        tmp_path / "dataset", scanners=(phantom.GE, phantom.SIEMENS), quantitative=("Q1", "Q2")
    )


@pytest.fixture
def no_training(monkeypatch):
    """Fail if anything is trained: mistakes have to be found before."""

    def fit(self, *_, **__):
        raise AssertionError(f"{self!r} was trained")

    monkeypatch.setattr(Harmonizer, "fit", fit)
    monkeypatch.setattr(MapsGenerator, "fit", fit)


@pytest.fixture(scope="session")
def result(shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("with a space") / "run"
    return run_benchmark(tiny_protocol(), out=out, dataset=shared_dataset, device="cpu")


@pytest.fixture(scope="session")
def run(result):
    return result.folder


@pytest.fixture(scope="session")
def scores(run):
    return read_scores(run / "scores.parquet")
