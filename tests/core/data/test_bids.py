"""Datasets on disk become cohorts, and what is wrong with them is said in one line."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.intensity import percentile_99
from phycharm.data.nifti import read_volume, write_volume
from phycharm.errors import InputError

from support import phantom
from support.bids_folder import INV2, mask_path, sidecar_path, t1w_path, write_dataset, write_json


def refusal(action):
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert "\n" not in text
    return text


def read_all(dataset):
    cohort = dataset.travelling()
    return [scan for on in cohort.scanners for scan in cohort.scans(on)]


def change(path, function):
    image, affine = read_volume(path)
    write_volume(path, *function(image, affine))


def test_travelling_cohort_is_what_was_written(shared_dataset):
    cohort = BidsDataset(shared_dataset).travelling()
    assert cohort.subjects == ("01", "02", "03")
    assert [on.name for on in cohort.scanners] == ["GE", "Philips", "Siemens"]
    for on, written in zip(cohort.scanners, phantom.SCANNERS, strict=True):
        assert on == written
        scan, original = cohort.scan("02", on), phantom.raw_scan("02", written)
        np.testing.assert_array_equal(scan.image, original.image)
        np.testing.assert_array_equal(scan.mask, original.mask)
        np.testing.assert_allclose(scan.affine, phantom.AFFINE)
        assert scan.image.dtype == np.float32
        assert scan.mask.dtype == np.bool_
        assert (scan.subject, scan.session) == ("02", on.name)


def test_people_with_maps_do_not_travel(shared_dataset):
    dataset = BidsDataset(shared_dataset)
    assert dataset.quantitative().subjects == ("Q1", "Q2")
    assert not {"Q1", "Q2"} & set(dataset.travelling().subjects)
    assert "QUANT" not in [on.name for on in dataset.travelling().scanners]


def test_maps_are_read_in_their_units(shared_dataset):
    one = BidsDataset(shared_dataset).quantitative().read("Q1")
    truth = phantom.quantitative_scan("Q1")
    inside = one.scan.mask
    np.testing.assert_allclose(one.t1[inside], truth.t1[inside], rtol=1e-5)
    # INV2 was written through its own signal equation, so M0 comes back by equation 1.
    np.testing.assert_allclose(one.m0[inside], truth.m0[inside], rtol=1e-4)
    assert np.percentile(one.m0[inside], 99) == pytest.approx(1, rel=1e-5)
    assert not one.t1[~inside].any()
    assert not one.m0[~inside].any()
    assert one.t1.dtype == one.m0.dtype == np.float32
    assert one.scan.scanner.name == "QUANT"
    written, _ = read_volume(
        shared_dataset / "sub-Q1/ses-QUANT/anat" / "sub-Q1_ses-QUANT_inv-2_MP2RAGE.nii.gz"
    )
    t1 = one.t1[inside].astype(float)
    weight = np.abs(1 - 2 * np.exp(-2830 / t1) + np.exp(-5000 / t1))
    # M0 in the units of INV2 is what the scale leads back to.
    np.testing.assert_allclose(one.m0[inside] * one.m0_scale, written[inside] / weight, rtol=1e-4)


def test_scanners_in_the_order_asked_for(shared_dataset):
    cohort = BidsDataset(shared_dataset).travelling(["Siemens", "GE"])
    assert [on.name for on in cohort.scanners] == ["Siemens", "GE"]


def test_nothing_is_read_before_it_is_asked_for(dataset):
    t1w_path(dataset, "02", "GE").write_bytes(b"damaged")
    cohort = BidsDataset(dataset).travelling()
    assert cohort.scan("01", cohort.scanner("GE")).image.any()
    with pytest.raises(InputError, match="sub-02_ses-GE"):
        cohort.scan("02", cohort.scanner("GE"))


def test_any_orientation_on_disk(dataset):
    path = t1w_path(dataset, "01", "GE")
    wanted, _ = read_volume(path)
    for file in (path, mask_path(dataset, "01", "GE")):
        flipped = nibabel.load(file).as_reoriented(np.array([[1, -1], [0, 1], [2, -1]]))
        nibabel.save(flipped, file)
    cohort = BidsDataset(dataset).travelling()
    np.testing.assert_array_equal(cohort.scan("01", cohort.scanner("GE")).image, wanted)


def test_further_axes_of_length_one_are_left_out(dataset):
    before = read_all(BidsDataset(dataset))
    for path in (t1w_path(dataset, "02", "GE"), mask_path(dataset, "02", "GE")):
        image = nibabel.load(path)
        stored = np.asarray(image.dataobj)[..., None]
        nibabel.save(nibabel.Nifti1Image(stored, image.affine), path)
    for one, other in zip(before, read_all(BidsDataset(dataset)), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.mask, other.mask)


def test_first_of_repeated_runs_is_used(dataset):
    path = t1w_path(dataset, "01", "GE")
    first, affine = read_volume(path)
    for run, factor in ((1, 1), (2, 2), (10, 3)):
        again = path.with_name(f"sub-01_ses-GE_run-{run}_T1w.nii.gz")
        write_volume(again, first * factor, affine)
        shutil.copy(sidecar_path(path), sidecar_path(again))
    path.unlink()
    cohort = BidsDataset(dataset).travelling()
    np.testing.assert_array_equal(cohort.scan("01", cohort.scanner("GE")).image, first)


def test_a_repeat_is_in_the_units_of_its_own_file(dataset):
    path = t1w_path(dataset, "01", "GE")
    first, affine = read_volume(path)
    write_volume(path.with_name("sub-01_ses-GE_run-2_T1w.nii.gz"), first * 2, affine)
    opened = BidsDataset(dataset)
    scan = percentile_99(opened.travelling().scan("01", "GE"))
    again = opened.rescan(scan)
    assert scan.scale > 1
    assert again.scale == 1
    np.testing.assert_array_equal(again.image, first * 2)


@pytest.mark.parametrize("folder", ["sourcedata", "code/old", ".hidden"])
def test_images_outside_the_raw_dataset_are_not_used(dataset, folder):
    path = t1w_path(dataset, "01", "GE")
    wanted, affine = read_volume(path)
    write_volume(dataset / folder / path.relative_to(dataset), wanted * 7, affine)
    cohort = BidsDataset(dataset).travelling()
    np.testing.assert_array_equal(cohort.scan("01", cohort.scanner("GE")).image, wanted)


def test_derived_t1w_is_not_taken_for_a_scan(dataset):
    path = t1w_path(dataset, "01", "GE")
    derived = dataset / "derivatives" / "fmriprep" / path.relative_to(dataset)
    derived.parent.mkdir(parents=True)
    shutil.copy(path, derived)
    path.unlink()
    cohort = BidsDataset(dataset).travelling()
    assert not cohort.has("01", "GE")
    assert cohort.people("GE") == ("02", "03")


def test_name_and_origin(shared_dataset, tmp_path):
    real = BidsDataset(shared_dataset)
    assert real.name == "Phantoms"
    assert not real.simulated
    write_json(
        tmp_path / "dataset_description.json",
        {"Name": "Digital", "GeneratedBy": [{"Name": "phycharm simulate"}]},
    )
    assert BidsDataset(tmp_path).simulated


def test_simulated_dataset_says_so_and_is_read(simulated_dataset):
    dataset = BidsDataset(simulated_dataset)
    assert dataset.simulated
    cohort = dataset.travelling()
    assert cohort.subjects == ("01", "02", "03")
    assert [on.name for on in cohort.scanners] == ["GE", "Siemens"]
    for on in cohort.scanners:
        scan = cohort.scan("01", on)
        assert scan.mask.mean() > 0.05
        assert scan.image[scan.mask].mean() > 3 * scan.image[~scan.mask].mean()
        assert scan.voxel_size == pytest.approx((8, 8, 8))
    one = dataset.quantitative().read("Q01")
    # T1 at 3 T: white matter near 850 ms, grey near 1400, fluid beyond 3000.
    assert 700 < np.percentile(one.t1[one.scan.mask], 10) < 1100
    assert np.percentile(one.t1[one.scan.mask], 99) > 2000


def test_true_maps_of_simulated_people(simulated_dataset, shared_dataset, tmp_path):
    dataset = BidsDataset(simulated_dataset)
    scan = dataset.travelling().scan("02", "GE")
    t1, m0 = dataset.true_maps(scan)
    inside = dataset.true_fractions("02")[2] > 0.9
    assert 700 < np.median(t1[inside]) < 1050
    assert t1.dtype == m0.dtype == np.float32
    assert t1.shape == m0.shape == scan.image.shape
    # Brain extraction errs: a scan's mask reaches a little beyond the brain, where nothing is true.
    assert (m0[scan.mask] > 0).mean() > 0.9
    real = BidsDataset(shared_dataset)
    assert real.true_maps(real.travelling().scan("01", "GE")) is None
    small = replace(scan, image=scan.image[1:], mask=scan.mask[1:])
    assert "another grid" in refusal(lambda: dataset.true_maps(small))


class TestFingerprint:
    def test_same_files_same_fingerprint(self, dataset, tmp_path):
        again = write_dataset(tmp_path / "again")
        assert BidsDataset(dataset).fingerprint == BidsDataset(again).fingerprint

    def test_covers_every_file_that_is_read(self, dataset):
        wanted = {
            path.relative_to(dataset).as_posix()
            for path in dataset.rglob("*")
            if path.is_file() and path.name != "dataset_description.json"
        }
        assert set(BidsDataset(dataset).checksums) == wanted

    @pytest.mark.parametrize(
        "file",
        [
            lambda root: t1w_path(root, "03", "GE"),
            lambda root: mask_path(root, "03", "GE"),
            lambda root: sidecar_path(t1w_path(root, "03", "GE")),
            lambda root: root / "sub-Q2/ses-QUANT/anat/sub-Q2_ses-QUANT_T1map.nii.gz",
        ],
    )
    def test_changes_with_every_one_of_them(self, dataset, file):
        before = BidsDataset(dataset).fingerprint
        path = file(dataset)
        path.write_bytes(path.read_bytes() + b" ")
        assert BidsDataset(dataset).fingerprint != before

    def test_inherited_sidecars_count(self, dataset):
        before = BidsDataset(dataset).fingerprint
        write_json(dataset / "ses-GE_T1w.json", {"FlipAngle": 11})
        assert BidsDataset(dataset).fingerprint != before


class TestBadInput:
    def test_folder_without_description(self, tmp_path):
        text = refusal(lambda: BidsDataset(tmp_path))
        assert str(tmp_path) in text
        assert "dataset_description.json" in text

    @pytest.mark.parametrize("content", ["{", "[1]", "7"])
    def test_description_that_is_no_json_object(self, tmp_path, content):
        (tmp_path / "dataset_description.json").write_text(content)
        assert "dataset_description.json" in refusal(lambda: BidsDataset(tmp_path).name)

    def test_no_scanner_pair(self, tmp_path):
        root = write_dataset(tmp_path / "one", scanners=[phantom.GE], quantitative=())
        text = refusal(lambda: BidsDataset(root).travelling())
        assert str(root) in text
        assert "two sessions" in text

    def test_nobody_travels(self, tmp_path):
        root = write_dataset(tmp_path / "none", subjects=(), quantitative=("Q1",))
        said = refusal(lambda: BidsDataset(root).travelling())
        assert "no scanner pair" in said
        assert "T1 map" in said

    def test_images_without_sessions(self, tmp_path):
        root = write_dataset(tmp_path / "flat", subjects=(), quantitative=())
        scan = phantom.raw_scan("01", phantom.GE)
        write_volume(root / "sub-01/anat/sub-01_T1w.nii.gz", scan.image, scan.affine)
        assert "ses-SCANNER" in refusal(lambda: BidsDataset(root).travelling())

    def test_subject_without_one_scanner_stays(self, dataset):
        t1w_path(dataset, "02", "Philips").unlink()
        cohort = BidsDataset(dataset).travelling()
        assert cohort.subjects == ("01", "02", "03")
        assert cohort.people("GE", "Philips") == ("01", "03")
        assert [scan.subject for scan in cohort.scans(cohort.scanner("Philips"))] == ["01", "03"]
        with pytest.raises(KeyError, match="Philips"):
            cohort.scan("02", "Philips")

    def test_nobody_on_two_scanners(self, tmp_path):
        root = write_dataset(tmp_path / "apart", subjects=("01", "02"), quantitative=())
        for person, kept in (("01", "GE"), ("02", "Siemens")):
            for on in {"GE", "Philips", "Siemens"} - {kept}:
                t1w_path(root, person, on).unlink()
        assert "nobody was on two" in refusal(lambda: BidsDataset(root).travelling())

    def test_subject_without_any_of_the_chosen_scanners(self, dataset):
        t1w_path(dataset, "02", "GE").unlink()
        t1w_path(dataset, "02", "Siemens").unlink()
        found = BidsDataset(dataset).travelling(["GE", "Siemens"])
        assert found.subjects == ("01", "03")

    def test_scanner_that_nobody_has(self, dataset):
        text = refusal(lambda: BidsDataset(dataset).travelling(["GE", "Simens"]))
        assert "Simens" in text

    def test_missing_sidecar_is_no_error(self, dataset):
        for person in ("01", "02", "03"):
            sidecar_path(t1w_path(dataset, person, "GE")).unlink()
        cohort = BidsDataset(dataset).travelling()
        times = cohort.scanner("GE").acquisition
        assert times.missing == ("inversion_time", "repetition_time", "echo_time")
        assert cohort.scan("01", "GE").image.any()

    @pytest.mark.parametrize("key", ["InversionTime", "RepetitionTimePreparation", "EchoTime"])
    def test_a_time_that_one_sidecar_lacks_is_another_s(self, dataset, key):
        before = BidsDataset(dataset).travelling().scanner("Siemens").acquisition
        path = sidecar_path(t1w_path(dataset, "01", "Siemens"))
        content = json.loads(path.read_text())
        del content[key]
        path.write_text(json.dumps(content))
        assert BidsDataset(dataset).travelling().scanner("Siemens").acquisition == before

    def test_two_protocols_under_one_scanner_are_told(self, dataset):
        path = sidecar_path(t1w_path(dataset, "03", "Siemens"))
        path.write_text(json.dumps(json.loads(path.read_text()) | {"InversionTime": 0.9}))
        with pytest.warns(UserWarning, match="sub-03_ses-Siemens_T1w") as caught:
            scanner = BidsDataset(dataset).travelling().scanner("Siemens")
        assert "divide" in str(caught[0].message)
        assert scanner.acquisition.inversion_time == 1200.0

    def test_timing_within_rounding_is_one_protocol(self, dataset):
        path = sidecar_path(t1w_path(dataset, "03", "Siemens"))
        content = json.loads(path.read_text())
        path.write_text(json.dumps(content | {"EchoTime": content["EchoTime"] * 1.02}))
        assert len(BidsDataset(dataset).travelling().scanners) == 3

    def test_unequal_shapes(self, dataset):
        path = t1w_path(dataset, "02", "Siemens")
        for file in (path, mask_path(dataset, "02", "Siemens")):
            change(file, lambda image, affine: (image[:, :-1], affine))
        text = refusal(lambda: read_all(BidsDataset(dataset)))
        assert str(path) in text
        assert "grid" in text

    def test_unequal_affines(self, dataset):
        path = t1w_path(dataset, "02", "Siemens")
        for file in (path, mask_path(dataset, "02", "Siemens")):
            change(file, lambda image, affine: (image, affine + 2 * np.eye(4, k=3)))
        assert str(path) in refusal(lambda: read_all(BidsDataset(dataset)))

    def test_rounding_of_affines_is_forgiven(self, dataset):
        for file in (t1w_path(dataset, "02", "Siemens"), mask_path(dataset, "02", "Siemens")):
            change(file, lambda image, affine: (image, affine + 0.002 * np.eye(4, k=3)))
        assert len(read_all(BidsDataset(dataset))) == 9

    def test_no_mask(self, dataset):
        path = mask_path(dataset, "01", "GE")
        path.unlink()
        text = refusal(lambda: read_all(BidsDataset(dataset)))
        assert path.name in text
        assert "derivatives" in text

    def test_mask_of_another_shape(self, dataset):
        path = mask_path(dataset, "01", "GE")
        change(path, lambda image, affine: (image[1:], affine))
        text = refusal(lambda: read_all(BidsDataset(dataset)))
        assert str(path) in text

    def test_mask_that_lies_elsewhere(self, dataset):
        path = mask_path(dataset, "01", "GE")
        change(path, lambda image, affine: (image, affine + 10 * np.eye(4, k=3)))
        assert str(path) in refusal(lambda: read_all(BidsDataset(dataset)))

    def test_mask_without_brain(self, dataset):
        path = mask_path(dataset, "01", "GE")
        change(path, lambda image, affine: (image * np.float32(0.3), affine))
        assert str(path) in refusal(lambda: read_all(BidsDataset(dataset)))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda image: np.where(image > 0, np.nan, image),
            np.zeros_like,
        ],
    )
    def test_nan_or_constant_volume(self, dataset, spoil):
        path = t1w_path(dataset, "01", "Philips")
        change(path, lambda image, affine: (spoil(image).astype(np.float32), affine))
        assert str(path) in refusal(lambda: read_all(BidsDataset(dataset)))

    def test_truncated_gzip(self, dataset):
        path = t1w_path(dataset, "01", "Philips")
        path.write_bytes(path.read_bytes()[:1500])
        assert str(path) in refusal(lambda: read_all(BidsDataset(dataset)))

    @pytest.mark.parametrize("missing", ["T1w", "inv-2"])
    def test_map_without_its_images(self, dataset, missing):
        for path in (dataset / "sub-Q2").rglob(f"*{missing}*"):
            path.unlink()
        text = refusal(lambda: BidsDataset(dataset).quantitative())
        assert "sub-Q2" in text
        assert missing in text

    @pytest.mark.parametrize("image", ["T1map", "inv-2_MP2RAGE"])
    def test_maps_on_another_grid(self, dataset, image):
        path = dataset / f"sub-Q1/ses-QUANT/anat/sub-Q1_ses-QUANT_{image}.nii.gz"
        change(path, lambda data, affine: (data[:-2], affine))
        text = refusal(lambda: BidsDataset(dataset).quantitative().read("Q1"))
        assert str(path) in text

    def test_map_in_milliseconds_is_read_as_such(self, dataset):
        before = BidsDataset(dataset).quantitative().read("Q1")
        path = dataset / "sub-Q1/ses-QUANT/anat/sub-Q1_ses-QUANT_T1map.nii.gz"
        change(path, lambda data, affine: (data * np.float32(1000), affine))
        after = BidsDataset(dataset).quantitative().read("Q1")
        np.testing.assert_allclose(after.t1, before.t1, rtol=1e-5)
        np.testing.assert_allclose(after.m0, before.m0, rtol=1e-4)

    def test_second_inversion_without_times(self, dataset):
        path = dataset / "sub-Q1/ses-QUANT/anat/sub-Q1_ses-QUANT_inv-2_MP2RAGE.json"
        path.write_text(json.dumps({key: INV2[key] for key in ("EchoTime",)}))
        text = refusal(lambda: BidsDataset(dataset).quantitative().read("Q1"))
        assert "inv-2_MP2RAGE" in text


def test_dataset_without_maps(tmp_path):
    root = write_dataset(tmp_path / "plain", quantitative=())
    assert BidsDataset(root).quantitative() is None


def test_acquisition_can_be_overridden_per_scanner(shared_dataset):
    dataset = BidsDataset(shared_dataset, acquisitions={"GE": {"inversion_time": 500.0}})
    times = {on.name: on.acquisition.inversion_time for on in dataset.travelling().scanners}
    assert times == {"GE": 500.0, "Philips": 1000.0, "Siemens": 1200.0}


def test_override_of_a_scanner_that_is_not_there(shared_dataset):
    dataset = BidsDataset(shared_dataset, acquisitions={"Simens": {"inversion_time": 500.0}})
    assert "Simens" in refusal(dataset.travelling)


def test_relative_root(dataset, monkeypatch):
    monkeypatch.chdir(dataset)
    assert len(read_all(BidsDataset(Path()))) == 9
