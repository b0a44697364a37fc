"""BIDS names, and which sidecars hold for an image."""

import pytest

from phycharm.data.bids.bids_name import BidsName, inherited_sidecars


@pytest.mark.parametrize(
    ("name", "entities", "suffix", "extension"),
    [
        ("sub-01_ses-GE_T1w.nii.gz", {"sub": "01", "ses": "GE"}, "T1w", ".nii.gz"),
        ("sub-Q1_inv-2_part-mag_MP2RAGE.nii", {"sub": "Q1", "inv": "2", "part": "mag"},
         "MP2RAGE", ".nii"),
        ("T1w.json", {}, "T1w", ".json"),
        ("ses-GE_T1w.json", {"ses": "GE"}, "T1w", ".json"),
        ("participants.tsv", {}, "participants", ".tsv"),
        ("README", {}, "README", ""),
        ("sub-01_desc-pre-proc_mask.nii.gz", {"sub": "01", "desc": "pre-proc"}, "mask", ".nii.gz"),
    ],
)  # fmt: skip
def test_names_are_taken_apart(name, entities, suffix, extension):
    assert BidsName.parse(name) == BidsName(entities, suffix, extension)


@pytest.mark.parametrize(
    ("sidecar", "applies"),
    [
        ("T1w.json", True),
        ("ses-GE_T1w.json", True),
        ("sub-01_ses-GE_T1w.json", True),
        ("sub-02_T1w.json", False),
        ("sub-01_ses-GE_run-2_T1w.json", False),
        ("T2w.json", False),
        ("sub-01_ses-GE_bold.json", False),
    ],
)
def test_inheritance_is_by_suffix_and_subset_of_entities(sidecar, applies):
    assert BidsName.parse(sidecar).applies_to(BidsName.parse("sub-01_ses-GE_T1w.nii.gz")) == applies


def test_sidecars_come_from_general_to_close(tmp_path):
    folder = tmp_path / "sub-01" / "ses-GE" / "anat"
    folder.mkdir(parents=True)
    image = folder / "sub-01_ses-GE_T1w.nii.gz"
    expected = [
        tmp_path / "T1w.json",
        tmp_path / "ses-GE_T1w.json",
        tmp_path / "sub-01" / "sub-01_T1w.json",
        folder / "sub-01_ses-GE_T1w.json",
    ]
    others = [
        tmp_path.parent / "T1w.json",  # outside the dataset
        tmp_path / "T2w.json",
        tmp_path / "dataset_description.json",
        folder / "sub-01_ses-Siemens_T1w.json",
    ]
    for path in [*others, *reversed(expected)]:
        path.write_text("{}")
    assert inherited_sidecars(image, tmp_path) == expected


def test_image_without_sidecars(tmp_path):
    assert inherited_sidecars(tmp_path / "sub-01_T1w.nii.gz", tmp_path) == []
