"""Methods that have seen what they are scored on are found out, by whichever name they call it."""

import pytest

from phycharm.benchmarks.statistics import leakage


def test_leakage_by_dataset_subject_and_fit():
    names = ["ON-Harmony", "ds004712"]
    clean = {"trained_on": ["OASIS-3", "ON-Harmony/sub-09", "harmony"]}
    assert leakage(clean, ["01", "sub-02"], names) == []
    assert leakage({}, ["01"], "ON-Harmony") == []
    assert leakage({"trained_on": ["DS004712"]}, ["01"], names) == [
        "trained on DS004712, which is the dataset it is scored on"
    ]
    assert leakage({"trained_on": ["on_harmony/02"]}, ["01", "sub-02"], names) == [
        "trained on on_harmony/02, a subject it is scored on"
    ]
    fitted = {"fitted_on": {"subjects": ["sub-01", "03"], "validation": ["02"]}}
    assert leakage(fitted, ["01", "02"], names) == [
        "fitted to sub-01, scored here",
        "selected on sub-02, scored here",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        "10.18112/openneuro.ds004712",
        "doi:10.18112/openneuro.ds004712.v1.0.0",
        "https://doi.org/10.18112/openneuro.ds004712.v2.0.1",
        "DS004712",
    ],
)
def test_a_doi_is_known_in_all_its_forms(entry):
    names = ["ON-Harmony", "10.18112/openneuro.ds004712.v2.0.1", "ds004712"]
    assert leakage({"trained_on": [entry]}, ["01"], names) == [
        f"trained on {entry}, which is the dataset it is scored on"
    ]


def test_a_person_of_a_doi():
    entry = "10.18112/openneuro.ds004712/sub-03"
    names = ["10.18112/openneuro.ds004712.v2.0.1"]
    assert leakage({"trained_on": [entry]}, ["03"], names) == [
        f"trained on {entry}, a subject it is scored on"
    ]
    assert leakage({"trained_on": [entry]}, ["04"], names) == []


def test_another_dataset_of_the_same_publisher_is_none():
    entry = "10.18112/openneuro.ds004713"
    assert leakage({"trained_on": [entry]}, ["01"], ["10.18112/openneuro.ds004712"]) == []
