"""One person and one small dataset, made once."""

import pytest

from phycharm.simulate import simulate_dataset
from phycharm.simulate.grid import ScanGrid
from phycharm.simulate.people.anatomy import template_anatomy
from phycharm.simulate.people.subject import make_subject

VOXEL = 6.0


@pytest.fixture(scope="session")
def person():
    return make_subject("01", anatomy=template_anatomy(), grid=ScanGrid(voxel_size=VOXEL), seed=3)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    return simulate_dataset(
        tmp_path_factory.mktemp("simulated") / "digital people",
        subjects=2,
        quantitative_subjects=1,
        voxel_size=VOXEL,
        scanners=("GE", "Siemens"),
        seed=3,
    )
