"""Fixtures of the scoring tests."""

import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring.tissue_scorer import TissueScorer
from phycharm.data.bids.bids_dataset import BidsDataset

from support.tissue_engines import PROTOCOL, Threshold


@pytest.fixture
def data(shared_dataset):
    return RunData(BidsDataset(shared_dataset), PROTOCOL)


@pytest.fixture
def engine():
    return Threshold()


@pytest.fixture
def scorer(data, engine, tmp_path):
    return TissueScorer(data=data, segmenter=engine, scans=tmp_path / "scans")
