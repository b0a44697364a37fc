"""`preprocess`, and `benchmark` on raw data."""

import shutil

import pytest

from .conftest import PROTOCOL
from support.bids_folder import mask_path, t1w_path, write_dataset
from support.whole_heads import write_raw_dataset


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    root = tmp_path_factory.mktemp("raw") / "heads"
    write_raw_dataset(root, voxel_size=8, people=("01", "02", "03"), masks=True)
    return root


@pytest.fixture
def protocol(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(PROTOCOL + "[simulation]\nvoxel_size = 8\n")
    return path


def test_raw_data_are_told_in_one_line(call, raw, protocol, tmp_path):
    code, _, said = call("benchmark", protocol, "--dataset", raw, "--out", tmp_path / "run")
    assert code == 2
    assert said.count("\n") == 1
    assert "different grids" in said
    assert "--preprocess" in said


def test_heads_without_masks_are_raw(call, protocol, tmp_path):
    root = write_dataset(tmp_path / "data", quantitative=())
    shutil.rmtree(root / "derivatives")
    code, _, said = call("benchmark", protocol, "--dataset", root, "--out", tmp_path / "run")
    assert code == 2
    assert "9 of 9 T1w images have no brain mask" in said


def test_one_lost_mask_makes_no_raw_data(call, protocol, tmp_path):
    root = write_dataset(tmp_path / "data", quantitative=())
    mask_path(root, "01", "GE").unlink()
    _, _, said = call("benchmark", protocol, "--dataset", root, "--out", tmp_path / "run")
    assert "--preprocess" not in said


def test_from_raw_heads_to_the_report(call, raw, protocol, tmp_path):
    out = tmp_path / "run"
    arguments = ("benchmark", protocol, "--dataset", raw, "--out", out, "--preprocess")
    code, said, _ = call(*arguments)
    assert code == 0
    assert "Report:" in said
    assert t1w_path(out / "preprocessed", "01", "GE").is_file()
    before = t1w_path(out / "preprocessed", "01", "GE").stat().st_mtime_ns
    code, _, said = call(*arguments, "--fresh")
    assert code == 0
    assert t1w_path(out / "preprocessed", "01", "GE").stat().st_mtime_ns == before


def test_command_writes_dataset_and_page(call, raw, tmp_path):
    out = tmp_path / "brains"
    code, said, _ = call(
        "preprocess", raw, out, "--voxel-size", 8, "--bias", "none", "--reference", "Siemens"
    )
    assert code == 0
    assert "6 scans, 0 excluded" in said
    assert (out / "quality.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--size", "large"), "--size large"),
        (("--jobs", "0"), "--jobs 0"),
        (("--brain", "bet"), "no such engine"),
        (("--reference", "Phillips"), "no such scanner"),
    ],
)
def test_mistakes_are_one_line(call, raw, tmp_path, arguments, told):
    code, _, said = call("preprocess", raw, tmp_path / "out", *arguments)
    assert code == 2
    assert told in said
    assert said.count("\n") == 1


def test_place_that_cannot_be_written(call, raw, tmp_path):
    (tmp_path / "file").write_text("mine")
    code, _, said = call("preprocess", raw, tmp_path / "file")
    assert code == 2
    assert "is a file" in said
