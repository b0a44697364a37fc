"""How steady standardizations are: the measurement, and what it says."""

import numpy as np
import pandas as pd
import pytest

from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.errors import InputError
from phycharm.simulate import simulate_dataset
from phycharm.simulate.steadiness import SHADINGS, main, steadiness, white_matter_levels


@pytest.fixture(scope="module")
def levels(simulated_dataset):
    return white_matter_levels(simulated_dataset).assign(dataset="one")


def test_every_scan_by_every_rule_under_every_shading(levels):
    keys = ["standardization", "scanner", "subject", "shading"]
    assert not levels.duplicated(keys).any()
    assert len(levels) == len(STANDARDIZATIONS) * 2 * 3 * len(SHADINGS)
    assert levels["level"].between(0.6, 1.4).all()
    assert levels["repeat"].isna().all(), "nobody was scanned twice"


def test_no_shading_is_the_scan_itself(levels):
    own = levels.pivot(
        index=["scanner", "subject", "standardization"], columns="shading", values="level"
    )
    assert (own[0.0] != own[0.2]).all()


def test_spreads_are_those_of_people_and_of_repeats():
    rows = [
        {"standardization": "p90", "dataset": d, "scanner": "GE", "subject": s, "shading": 0.0,
         "level": level, "repeat": level * np.exp(0.02)}
        for d, values in (("a", (1.0, 1.1)), ("b", (1.0, 1.0))) for s, level in enumerate(values)
    ]  # fmt: skip
    (row,) = steadiness(pd.DataFrame(rows)).to_dict("records")
    assert row["rescan"] == pytest.approx(100 * 0.02 / np.sqrt(2))
    own = np.std([1.0, 1.1], ddof=1) / 1.05
    assert row["shading 0%"] == pytest.approx(100 * np.sqrt((own**2 + 0) / 2))


def test_prints_both_tables(simulated_dataset, capsys):
    main([str(simulated_dataset)])
    printed = capsys.readouterr().out
    assert printed.count("wm_mean") == 2
    assert "shading 20%" in printed
    assert "Siemens" in printed


def test_people_without_truth(shared_dataset):
    with pytest.raises(InputError, match="sub-01 has no true tissues; give simulated people"):
        white_matter_levels(shared_dataset)


@pytest.mark.slow
def test_white_matter_is_steadier_by_the_new_rules(tmp_path):
    """What the choice of the protocols' default rests on, on people that no protocol has."""
    root = simulate_dataset(
        tmp_path / "people", subjects=4, quantitative_subjects=0, voxel_size=3.0, seed=1001
    )
    table = steadiness(white_matter_levels(root).assign(dataset="one"))
    for shading in ("shading 0%", "shading 5%", "shading 10%", "shading 20%"):
        assert table[shading].idxmin() in ("p90", "wm_mean")
        assert table.loc["p90", shading] < table.loc["p99", shading] / 1.5
