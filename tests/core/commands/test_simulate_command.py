"""`phycharm simulate`: numbers and names that make no sense cost nothing."""

import pytest


def test_dataset_that_is_there_already(refused, tmp_path):
    (tmp_path / "precious.txt").write_text("")
    text = refused("simulate", tmp_path, "--subjects", "1", "--voxel-size", "8")
    assert str(tmp_path) in text


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--voxel-size", "0", "voxel size 0"),
        ("--voxel-size", "100", "voxel size 100"),
        ("--subjects", "-1", "at least one subject"),
        ("--quantitative-subjects", "-1", "subject"),
        ("--seed", "-1", "seed -1"),
        ("--scanners", "GE,Simens", "Simens"),
        ("--scanners", "", "scanner"),
        ("--anatomy", "no-such-folder", "no-such-folder"),
        ("--atrophy", "05", "LABEL=FRACTION"),
        ("--atrophy", "05=much", "LABEL=FRACTION"),
        ("--atrophy", "05=0.1,05=0.2", "stands there twice"),
        ("--atrophy", "77=0.1", "nobody has this label"),
        ("--atrophy", "05=2", "between 0 and 0.5"),
    ],
)
def test_simulations_that_make_no_sense(refused, tmp_path, option, value, named):
    assert named in refused("simulate", tmp_path / "out", option, value)
    assert not (tmp_path / "out").exists()
