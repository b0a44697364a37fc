"""Fixtures that several rooms share; all data is made here, in memory or in temporary folders."""

import pytest
import torch

from support import bids_folder, phantom

# One thread: tests share their machine, and sums in another order are other sums.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def cohort():
    """Three people on GE, Philips and Siemens, standardized; 24 x 32 x 8 voxels."""
    return phantom.cohort()


@pytest.fixture(scope="session")
def quantitative():
    """Two other people with T1 and M0 maps."""
    return phantom.quantitative_cohort()


@pytest.fixture
def dataset(tmp_path):
    """The same people as a BIDS dataset on disk, for this test to spoil."""
    return bids_folder.write_dataset(tmp_path / "dataset")


@pytest.fixture(scope="session")
def shared_dataset(tmp_path_factory):
    """A BIDS dataset of the same people that no test may change."""
    return bids_folder.write_dataset(tmp_path_factory.mktemp("bids") / "dataset")


@pytest.fixture(scope="session")
def simulated_dataset(tmp_path_factory):
    """Digital travelling subjects at 8 mm: 3 on GE and Siemens, 1 with maps; not to be changed."""
    from phycharm.simulate import simulate_dataset

    return simulate_dataset(
        tmp_path_factory.mktemp("simulated") / "dataset",
        subjects=3,
        quantitative_subjects=1,
        voxel_size=8.0,
        scanners=("GE", "Siemens"),
        seed=0,
    )
