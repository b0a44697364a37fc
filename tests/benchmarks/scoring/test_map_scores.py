"""Scores of the maps: against measured maps, and against the truth of simulated travellers."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring.map_scores import MAP_TYPES, score_maps
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_volume

from support.tiny_protocols import tiny_protocol

ALONE = {"quantitative_training": 1, "quantitative_validation": 0}


class Oracle:
    """A generator that knows the truth, with M0 on a scale of its own, and errs as it is told."""

    preset, case, file_units = "paper", 2, True

    def __init__(self, data, *, error=0.0):
        self.known = {}
        for one, _ in data.true_maps():
            wrong = np.float32(1 + error * (one.scan.scanner.name == "GE"))
            key = (one.scan.subject, one.scan.scanner.name)
            self.known[key] = one.t1 * wrong, one.m0 * np.float32(7)
        *_, people = data.quantitative_parts()
        for subject in people.subjects:
            one = people.read(subject)
            key = (subject, one.scan.scanner.name)
            self.known[key] = one.t1, one.m0 * np.float32(one.m0_scale)

    def predict(self, scan):
        return self.known[scan.subject, scan.scanner.name]


@pytest.fixture(scope="module")
def data(simulated_dataset):
    split = {"training": 2, "external": 1, "folds": [1], **ALONE}
    return RunData(BidsDataset(simulated_dataset), tiny_protocol(split=split))


def scored(data, folder, **settings):
    folder.mkdir()
    score_maps(Oracle(data, **settings), data, folder, seed=5)
    return pd.read_parquet(folder / "maps.parquet")


def test_travellers_are_scored_from_every_scanner(data, tmp_path):
    table = scored(data, tmp_path / "cell", error=0.1)
    assert list(table.columns) == list(MAP_TYPES)
    assert (set(table["case"]), set(table["preset"]), set(table["seed"])) == ({2}, {"paper"}, {5})
    table = table[table["cohort"] == "travelling"]
    # Only who is evaluated: the left-out person of the fold and the external one.
    assert set(table["subject"]) == set(data.design.evaluated) == {"01", "03"}
    assert set(table["source"]) == {"GE", "Siemens"}
    errors = table[(table["metric"] == "median_relative_error") & (table["map"] == "T1")]
    assert set(errors["tissue"]) == {"GM", "WM"}
    for source, wanted in (("GE", 0.1), ("Siemens", 0.0)):
        found = errors.loc[errors["source"] == source, "value"]
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_scale_of_m0_is_free_against_the_truth(data, tmp_path):
    table = scored(data, tmp_path / "cell")
    m0 = table[(table["cohort"] == "travelling") & (table["map"] == "M0")]
    np.testing.assert_allclose(m0.loc[m0["metric"] == "nrmse", "value"], 0, atol=1e-5)
    np.testing.assert_allclose(m0.loc[m0["metric"] == "ssim", "value"], 1, atol=1e-5)


def test_m0_in_the_units_of_a_file_comes_to_the_measured_one(tmp_path, shared_dataset):
    real = RunData(BidsDataset(shared_dataset), tiny_protocol())
    table = scored(real, tmp_path / "cell")
    assert set(table["cohort"]) == {"quantitative"}, "no truth, no rows, and nothing breaks"
    errors = table[(table["metric"] == "nrmse")]
    np.testing.assert_allclose(errors["value"], 0, atol=1e-5)
    kept, _ = read_volume(tmp_path / "cell" / "images" / "sub-Q2_M0map.nii.gz")
    one = real.quantitative.read("Q2")
    np.testing.assert_allclose(kept, one.m0, rtol=1e-5, atol=1e-6)


def test_tissues_are_the_pure_ones(data):
    for one, tissues in data.true_maps():
        assert set(tissues) == {"CSF", "GM", "WM"}
        white, grey = (one.scan.mask & (tissues[name] > 0.9) for name in ("WM", "GM"))
        assert 700 < np.median(one.t1[white]) < 1050
        assert 1200 < np.median(one.t1[grey]) < 1700
