"""Repeats, and people with quantitative maps, come along on their person's grid."""

import json

import nibabel
import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_volume
from phycharm.preprocess import preprocess_dataset

from .conftest import QUICK
from support.whole_heads import POSES, Person, native_grid, pose_of, write_head


def place(root, person, session, ending):
    folder = root / f"sub-{person}/ses-{session}/anat"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"sub-{person}_ses-{session}_{ending}.nii.gz"


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """One traveller with a repeat on Siemens, and one person with maps."""
    root = tmp_path_factory.mktemp("raw") / "heads"
    root.mkdir()
    text = json.dumps({"Name": "Heads", "BIDSVersion": "1.10.0"})
    (root / "dataset_description.json").write_text(text, encoding="utf-8")
    masks = root / "derivatives/masks"
    for session, run, move in (
        ("GE", "", (0, 0, 0)),
        ("Siemens", "run-1_", (0, 0, 0)),
        ("Siemens", "run-2_", (3, -2, 2)),
    ):
        pose = POSES[session] @ pose_of((0, 0, 0), move)
        shape, affine = native_grid(6, extent=(204, 228, 216), shift=pose[:3, 3])
        image, mask = Person(0).scan(session, pose, shape=shape, affine=affine, seed=len(run))
        write_head(place(root, "01", session, f"{run}T1w"), image, affine)
        if run != "run-2_":
            given = place(masks, "01", session, f"{run}desc-brain_mask")
            nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), affine), given)
    shape, affine = native_grid(6, extent=(204, 228, 216), shift=(0, 0, 0))
    image, mask = Person(5).scan("GE", pose_of(), shape=shape, affine=affine)
    write_head(place(root, "Q1", "QUANT", "T1w"), image, affine)
    given = place(masks, "Q1", "QUANT", "desc-brain_mask")
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), affine), given)
    moved = pose_of((0, 1, 0), (2, 1, -2))
    inversion, _ = Person(5).scan("Siemens", moved, shape=shape, affine=affine)
    write_head(place(root, "Q1", "QUANT", "inv-2_MP2RAGE"), inversion, affine)
    t1 = np.where(inversion > 200, 0.9, 1.4)
    nibabel.save(
        nibabel.Nifti1Image(t1.astype(np.float32), affine), place(root, "Q1", "QUANT", "T1map")
    )
    return root


@pytest.fixture(scope="module")
def result(raw, tmp_path_factory):
    return preprocess_dataset(raw, tmp_path_factory.mktemp("out") / "brains", QUICK)


def test_nothing_was_left_out(result):
    assert result.excluded == ()


def test_repeat_lies_on_the_scan(result):
    dataset = BidsDataset(result.folder)
    cohort = dataset.travelling()
    scan = cohort.scan("01", "Siemens")
    again = dataset.rescan(scan)
    assert again is not None
    assert np.corrcoef(scan.image[scan.mask], again.image[scan.mask])[0, 1] > 0.95


def test_person_with_maps_is_read(result):
    cohort = BidsDataset(result.folder).quantitative()
    assert cohort is not None
    assert cohort.subjects == ("Q1",)
    one = cohort.read("Q1")
    assert one.t1.shape == one.scan.image.shape


def test_maps_come_from_where_the_inversion_lies(raw, result):
    inversion, _ = read_volume(place(result.folder, "Q1", "QUANT", "inv-2_MP2RAGE"))
    t1, _ = read_volume(place(result.folder, "Q1", "QUANT", "T1map"))
    scan, _ = read_volume(place(result.folder, "Q1", "QUANT", "T1w"))
    brain = scan > 0
    assert np.corrcoef(scan[brain], inversion[brain])[0, 1] > 0.9
    # White matter, bright in the inversion, was given a T1 of 0.9 s and everything else 1.4 s.
    assert np.corrcoef(t1[brain], inversion[brain])[0, 1] < -0.7
    assert t1[brain].min() > 0.89
    assert t1[brain].max() < 1.41
