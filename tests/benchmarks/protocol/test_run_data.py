"""A protocol's view of a dataset."""

import numpy as np
import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.intensity import STANDARDIZATIONS, intensity_scale
from phycharm.errors import InputError

from support import phantom
from support.bids_folder import t1w_path, write_dataset
from support.tiny_protocols import pair_protocol, tiny_protocol


def data(root, protocol=None):
    return RunData(BidsDataset(root), protocol or tiny_protocol())


def test_every_scan_is_standardized(shared_dataset):
    one = data(shared_dataset)
    expected = phantom.cohort()
    for on in one.cohort.scanners:
        np.testing.assert_allclose(
            one.cohort.scan("01", on).image, expected.scan("01", on).image, rtol=1e-6
        )
    train, *_ = one.quantitative_parts()
    scan = train.read("Q1").scan
    assert np.percentile(scan.image[scan.mask], 99) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("name", list(STANDARDIZATIONS))
def test_one_standardization_for_all(tmp_path, shared_dataset, name):
    one = data(shared_dataset, tiny_protocol(standardization=name))
    train, *_ = one.quantitative_parts()
    scans = [one.cohort.scan("01", on) for on in one.cohort.scanners]
    for scan in (*scans, train.read("Q1").scan):
        assert scan.standardization == name
        assert intensity_scale(scan.image, scan.mask, name) == pytest.approx(1, rel=1e-5)


def test_scanners_of_the_protocol(shared_dataset):
    assert data(shared_dataset).scanner_names == ["GE", "Philips", "Siemens"]
    assert data(shared_dataset, pair_protocol()).scanner_names == ["GE", "Siemens"]


def test_fold_knows_its_own_subjects_only(shared_dataset):
    one = data(shared_dataset)
    train, validation = one.fold_cohorts(one.design.folds[0], ("Siemens", "GE"))
    assert (train.subjects, validation.subjects) == (("02",), ("01",))
    assert [on.name for on in train.scanners] == ["Siemens", "GE"]
    external = one.design.external[0]
    for cohort in (train, validation):
        with pytest.raises(KeyError):
            cohort.scan(external, cohort.scanners[0])


def test_people_with_maps_are_dealt_out(shared_dataset):
    train, validation, test = data(shared_dataset).quantitative_parts()
    assert (train.subjects, validation, test.subjects) == (("Q1",), None, ("Q2",))
    split = {"training": 2, "external": 1, "folds": [1], "quantitative_training": 1}
    protocol = tiny_protocol(split={**split, "quantitative_validation": 1})
    train, validation, test = data(shared_dataset, protocol).quantitative_parts()
    assert (train.subjects, validation.subjects, test.subjects) == (("Q1",), ("Q2",), ())


@pytest.mark.parametrize("people", [(), ("Q1",)])
def test_too_few_people_with_maps(tmp_path, people):
    root = write_dataset(tmp_path / "few", quantitative=people)
    split = {"training": 2, "external": 1, "folds": [1], "quantitative_training": 2}
    with pytest.raises(InputError) as error:
        data(root, tiny_protocol(split=split)).quantitative_parts()
    assert str(root) in str(error.value)
    assert "quantitative_training" in str(error.value)


def test_everything_is_read_before_anything_is_trained(dataset):
    t1w_path(dataset, "03", "Philips").write_bytes(b"damaged")
    with pytest.raises(InputError, match="sub-03_ses-Philips"):
        data(dataset).read_everything()
    # A scanner that takes no part may be damaged.
    data(dataset, pair_protocol()).read_everything()


def test_damaged_map_is_found_too(dataset):
    (path,) = dataset.rglob("*Q2*T1map.nii.gz")
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="Q2"):
        data(dataset).read_everything()


def test_subjects_who_take_no_part_are_not_read(dataset):
    t1w_path(dataset, "03", "GE").write_bytes(b"damaged")
    split = {"training": 2, "external": 0, "folds": [1], "quantitative_training": 1}
    data(dataset, tiny_protocol(split=split)).read_everything()
