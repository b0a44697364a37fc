"""Harmonizing several files, or a BIDS folder."""

import json
import shutil

import nibabel
import numpy as np
import pytest

from phycharm.application.apply import harmonize_inputs
from phycharm.baselines.no_harmonization import NoHarmonization

from support import bids_folder, phantom
from support.model_files import files_in, in_ras, refused, store


@pytest.fixture(scope="module")
def none_model(tmp_path_factory, cohort):
    """The method that does nothing, as a folder that knows GE, Philips and Siemens."""
    folder = tmp_path_factory.mktemp("models") / "none"
    NoHarmonization().fit(cohort).save(folder)
    return folder


# --- several files --------------------------------------------------------------------------------


def test_several_files_go_into_a_folder(tmp_path, brain, pair_model):
    paths = [store(tmp_path / f"{name}.nii.gz", brain * n) for n, name in ((1, "a"), (2, "b"))]
    written = harmonize_inputs(paths, model=pair_model, target="GE", out=tmp_path / "deep" / "out")
    assert written == [tmp_path / "deep" / "out" / f"{name}.nii.gz" for name in "ab"]
    for path, out in zip(paths, written, strict=True):
        np.testing.assert_allclose(in_ras(out), in_ras(path), rtol=1e-6)


@pytest.mark.parametrize("out", ["folder", "results-1.2"])
def test_one_file_into_a_folder_keeps_its_name(tmp_path, brain, pair_model, out):
    path = store(tmp_path / "a.nii.gz", brain)
    written = harmonize_inputs([path], model=pair_model, target="GE", out=tmp_path / out)
    assert written == [tmp_path / out / "a.nii.gz"]


def test_the_source_is_asked_for_only_where_it_is_needed(tmp_path, brain, none_model):
    path = store(tmp_path / "a.nii.gz", brain)
    options = {"model": none_model, "target": "GE", "out": tmp_path / "o.nii.gz"}
    message = refused(path, **options)
    assert "--from" in message
    assert "Philips, Siemens" in message
    harmonize_inputs([path], **options, source="Siemens")
    assert (tmp_path / "o.nii.gz").is_file()


def test_scanners_that_the_model_does_not_know(tmp_path, brain, none_model):
    path = store(tmp_path / "a.nii.gz", brain)
    place = {"model": none_model, "out": tmp_path / "o.nii.gz"}
    assert "did you mean 'Siemens'" in refused(path, **place, target="Simens", source="GE")
    assert "did you mean 'GE'" in refused(path, **place, target="Siemens", source="GEE")
    same = refused(path, **place, target="GE", source="GE")
    assert "does not go from GE to GE" in same
    assert "Philips, Siemens" in same


def test_a_model_that_was_never_fitted(tmp_path, brain):
    NoHarmonization().save(tmp_path / "model")
    path = store(tmp_path / "a.nii.gz", brain)
    message = refused(path, model=tmp_path / "model", target="GE", out=tmp_path / "o.nii.gz")
    assert "was fitted to no scanner" in message


def test_a_folder_without_model(tmp_path, brain):
    path = store(tmp_path / "a.nii.gz", brain)
    message = refused(path, model=tmp_path, target="GE", out=tmp_path / "o.nii.gz")
    assert str(tmp_path) in message
    assert "phycharm train" in message


def test_inputs_are_never_overwritten(tmp_path, brain, pair_model):
    path = store(tmp_path / "a.nii.gz", brain)
    mask = store(tmp_path / "mask.nii.gz", (brain > 0).astype(np.uint8))
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    model = {"model": pair_model, "target": "GE"}
    assert "a.nii.gz" in refused(path, **model, out=path)
    assert "a.nii.gz" in refused(path, **model, out=tmp_path)
    assert "mask.nii.gz" in refused(path, **model, out=mask, mask=mask)
    (tmp_path / "link").symlink_to(tmp_path)
    assert "a.nii.gz" in refused(path, **model, out=tmp_path / "link")
    (tmp_path / "link").unlink()
    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before


def test_results_never_overwrite_each_other(tmp_path, brain, pair_model):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store(tmp_path / name / "t1.nii.gz", brain)
    paths = [tmp_path / name / "t1.nii.gz" for name in ("one", "two")]
    message = refused(*paths, model=pair_model, target="GE", out=tmp_path / "out")
    assert "two" in message
    assert not (tmp_path / "out").exists()


def test_what_does_not_fit_together(tmp_path, brain, pair_model):
    a, b = (store(tmp_path / f"{name}.nii.gz", brain) for name in "ab")
    model = {"model": pair_model, "target": "GE"}
    assert "give a folder" in refused(a, b, **model, out=tmp_path / "o.nii.gz")
    assert "one by one" in refused(a, b, **model, out=tmp_path / "o", mask=a)
    assert "give it alone" in refused(a, tmp_path, **model, out=tmp_path / "o")
    assert "No image" in refused(**model, out=tmp_path / "o")
    assert "is a file" in refused(a, **model, out=b / "o.nii.gz")
    assert "no such file" in refused(a, tmp_path / "c.nii.gz", **model, out=tmp_path / "o")
    shutil.copy(a, tmp_path / "a.mgz")
    assert "convert" in refused(tmp_path / "a.mgz", **model, out=tmp_path / "o")
    assert files_in(tmp_path) == ["a.mgz", "a.nii.gz", "b.nii.gz"]


def test_a_damaged_file_costs_only_itself(tmp_path, brain, pair_model):
    paths = [store(tmp_path / f"{name}.nii.gz", brain) for name in "abc"]
    paths[1].write_bytes(paths[1].read_bytes()[:-200])
    message = refused(*paths, model=pair_model, target="GE", out=tmp_path / "out")
    assert "b.nii.gz" in message
    assert files_in(tmp_path / "out") == ["a.nii.gz"]


# --- BIDS folders ---------------------------------------------------------------------------------


def out_name(subject, session, target="Siemens"):
    stem = f"sub-{subject}_ses-{session}_desc-harmonizedTo{target}_T1w.nii.gz"
    return f"sub-{subject}/ses-{session}/anat/{stem}"


def test_a_bids_folder_becomes_a_derivative(tmp_path, shared_dataset, none_model):
    written = harmonize_inputs(
        [shared_dataset], model=none_model, target="Siemens", out=tmp_path / "out", device="cpu"
    )
    wanted = [out_name(s, on) for s in ("01", "02", "03") for on in ("GE", "Philips")]
    assert [str(path.relative_to(tmp_path / "out")) for path in written] == wanted
    assert files_in(tmp_path / "out") == sorted([*wanted, "dataset_description.json"])
    description = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "phycharm harmonize"
    scan = phantom.raw_scan("02", phantom.GE)
    expected = np.where(scan.mask, scan.image, 0)
    np.testing.assert_allclose(in_ras(tmp_path / "out" / out_name("02", "GE")), expected, rtol=1e-5)


def test_masks_of_the_dataset_are_used(tmp_path, dataset, none_model):
    mask = bids_folder.mask_path(dataset, "02", "GE")
    image = nibabel.load(mask)
    smaller = image.get_fdata() > 0
    smaller[:12] = False
    nibabel.save(nibabel.Nifti1Image(smaller.astype(np.uint8), image.affine), mask)
    harmonize_inputs([dataset], model=none_model, target="Siemens", out=tmp_path / "out")
    scan = phantom.raw_scan("02", phantom.GE)
    expected = np.where(smaller, scan.image, 0)
    np.testing.assert_allclose(in_ras(tmp_path / "out" / out_name("02", "GE")), expected, rtol=1e-5)


def test_the_source_narrows_a_bids_folder_down(tmp_path, shared_dataset, none_model):
    written = harmonize_inputs(
        [shared_dataset], model=none_model, target="Siemens", out=tmp_path / "out", source="GE"
    )
    sessions = {path.relative_to(tmp_path / "out").parts[1] for path in written}
    # QUANT is no scanner of the model: who gives --from vouches for it.
    assert sessions == {"ses-GE", "ses-QUANT"}


def test_a_dataset_of_one_scanner_needs_no_sessions(tmp_path, brain, none_model):
    root = tmp_path / "data"
    bids_folder.write_json(root / "dataset_description.json", {"Name": "x", "BIDSVersion": "1.10"})
    anat = root / "sub-A" / "anat"
    anat.mkdir(parents=True)
    store(anat / "sub-A_acq-fast_T1w.nii.gz", brain)
    options = {"model": none_model, "target": "Siemens", "out": tmp_path / "out"}
    message = refused(root, **options)
    assert "ses-GE, ses-Philips" in message
    assert "--from" in message
    assert not (tmp_path / "out").exists()
    (written,) = harmonize_inputs([root], **options, source="GE")
    name = "sub-A/anat/sub-A_acq-fast_desc-harmonizedToSiemens_T1w.nii.gz"
    assert written == tmp_path / "out" / name
    np.testing.assert_allclose(in_ras(written), brain, rtol=1e-6)


def test_derivatives_are_not_harmonized_again(tmp_path, dataset, none_model):
    out = dataset / "derivatives" / "harmonized"
    options = {"model": none_model, "target": "Siemens", "out": out}
    first = harmonize_inputs([dataset], **options)
    assert harmonize_inputs([dataset], **options) == first


def test_raw_data_stay_as_they_are(dataset, none_model):
    before = files_in(dataset)
    for out in (dataset, dataset / "harmonized", dataset / "sub-01"):
        message = refused(dataset, model=none_model, target="Siemens", out=out)
        assert "raw data" in message
        assert "derivatives" in message
    assert files_in(dataset) == before


def test_folders_that_are_no_bids_dataset(tmp_path, brain, none_model):
    (tmp_path / "plain").mkdir()
    store(tmp_path / "plain" / "a.nii.gz", brain)
    message = refused(tmp_path / "plain", model=none_model, target="GE", out=tmp_path / "out")
    assert "dataset_description.json" in message


def test_one_mask_for_a_bids_folder(tmp_path, shared_dataset, none_model):
    mask = bids_folder.mask_path(shared_dataset, "01", "GE")
    message = refused(
        shared_dataset, model=none_model, target="GE", out=tmp_path / "out", mask=mask
    )
    assert "leave --mask out" in message
