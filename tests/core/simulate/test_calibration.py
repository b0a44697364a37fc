import pytest

from phycharm.simulate.calibration import contrasts, main, similarities
from phycharm.simulate.scanners.scanner_models import SCANNERS


@pytest.mark.slow
def test_scanners_differ_as_much_as_calibrated():
    """The contest says something: nothing is nearly perfect, and knowing more helps."""
    table = (
        similarities(voxel_size=3.0, subjects=2)
        .groupby(["source", "target"])
        .mean(numeric_only=True)
    )
    assert len(table) == 6
    assert table["none"].between(0.75, 0.88).all()
    assert (table["ceiling"] - table["none"] >= 0.08).all()
    assert (table["ceiling"] - table["histogram"] >= 0.015).all()
    assert (table["linear"] > table["none"] - 0.01).all()


@pytest.mark.slow
def test_contrast_lies_within_what_protocols_give():
    table = contrasts(voxel_size=3.0, subjects=2).groupby("scanner").mean(numeric_only=True)
    assert set(table.index) == set(SCANNERS)
    assert table["WM/GM"].between(1.2, 1.9).all()
    assert table["CSF/WM"].between(0.05, 0.5).all()
    assert table["SNR"].between(25, 31).all()


def test_prints_both_tables(capsys):
    main(["--voxel-size", "8", "--subjects", "1"])
    printed = capsys.readouterr().out
    assert printed.count("Philips") == 4
    assert "ceiling" in printed
    assert "WM/GM" in printed
