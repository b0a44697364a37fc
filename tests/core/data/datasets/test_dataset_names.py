"""A dataset is known by its title, folder, DOIs and accession numbers."""

from phycharm.data.datasets.dataset_names import dataset_names
from phycharm.data.datasets.shipped import shipped


def test_title_folder_doi_and_accession():
    description = {"Name": "Harmony", "ReferencesAndLinks": ["https://doi.org/10.1000/abc.1)."]}
    assert dataset_names(description, folder="ds004712") == [
        "Harmony", "ds004712", "10.1000/abc.1",
    ]  # fmt: skip


def test_what_is_preprocessed_goes_by_the_names_of_its_source():
    description = {
        "Name": "Harmony, preprocessed",
        "SourceDatasets": [{"URL": "doi:10.18112/openneuro.ds004712.v2.0.1"}],
    }
    names = dataset_names(description, folder="brains")
    assert {"Harmony", "10.18112/openneuro.ds004712.v2.0.1", "ds004712"} <= set(names)


def test_what_a_dataset_file_recognises_counts():
    rules = shipped("on-harmony")
    names = dataset_names({}, folder="raw", rules=rules)
    assert {*rules.recognise.names, *rules.recognise.dois} <= set(names)
