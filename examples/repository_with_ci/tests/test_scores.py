"""The method does not fall below what it scored when somebody last looked."""

from pathlib import Path

import pytest

import phycharm
from phycharm.testing import assert_scores

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    protocol = HERE.parent / "benchmark.toml"
    return phycharm.run_benchmark(protocol, out=tmp_path_factory.mktemp("run")).folder


def test_scores_are_not_worse_than_the_reference(run):
    assert_scores(run, HERE / "reference", harmonizer="deciles")


def test_it_is_worth_its_name(run):
    assert_scores(run, {"ssim": 0.95, "nrmse": 0.16}, harmonizer="deciles")
