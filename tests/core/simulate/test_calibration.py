import pytest

from phycharm.errors import InputError
from phycharm.simulate.calibration import contrasts, main, similarities
from phycharm.simulate.scanners.scanner_models import SCANNERS

SEED = 1001  # no protocol's


@pytest.mark.slow
@pytest.mark.parametrize("voxel_size", [0.8, 1.5, 3.0])
def test_scanners_differ_as_much_as_calibrated_at_every_voxel_size(voxel_size):
    """The contest says something: nothing is nearly perfect, and knowing more helps."""
    table = similarities(voxel_size=voxel_size, subjects=2, seed=SEED)
    means = table.groupby(["source", "target"]).mean(numeric_only=True)
    assert len(means) == 6
    assert 0.75 < means["none"].mean() < 0.88
    assert means["none"].between(0.68, 0.95).all()
    assert (means["ceiling"] - means["none"] >= 0.02).all()
    assert (means["ceiling"] - means["histogram"] >= 0.01).all()
    assert means["dice"].between(0.965, 0.985).all()


@pytest.mark.slow
def test_contrast_lies_within_what_protocols_give():
    table = contrasts(voxel_size=3.0, subjects=2, seed=SEED)
    means = table.groupby("scanner").mean(numeric_only=True)
    assert set(means.index) == set(SCANNERS)
    # Grey matter is the cortex alone: 1.38 (Philips) to 1.96 (GE).
    assert means["WM/GM"].between(1.2, 2.0).all()
    assert means["CSF/WM"].between(0.05, 0.5).all()


def test_prints_both_tables(capsys):
    main(["--voxel-size", "8", "--subjects", "2"])
    printed = capsys.readouterr().out
    assert printed.count("Philips") == 4
    assert "ceiling" in printed
    assert "WM/GM" in printed


def test_one_subject_teaches_nothing():
    with pytest.raises(InputError, match="needs two"):
        similarities(voxel_size=8.0, subjects=1)
