"""Raw heads in known poses, and what becomes of them; made once for all tests."""

import pytest

from phycharm.preprocess import PreprocessSettings, preprocess_dataset

from support.whole_heads import write_raw_dataset

QUICK = PreprocessSettings(voxel_size=6, bias="none")


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """A raw dataset of two people on three scanners, and the poses of the heads."""
    root = tmp_path_factory.mktemp("raw") / "heads"
    poses = write_raw_dataset(
        root, voxel_size=6, people=("01", "02"), scanners=("GE", "Siemens", "Philips"), masks=True
    )
    return root, poses


@pytest.fixture(scope="session")
def preprocessed(raw, tmp_path_factory):
    """The dataset preprocessed."""
    out = tmp_path_factory.mktemp("out") / "brains"
    return preprocess_dataset(raw[0], out, PreprocessSettings(voxel_size=4, bias="none"))
