"""From raw heads to a dataset: registration against known poses, files, and going on."""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_volume
from phycharm.errors import InputError
from phycharm.preprocess import PreprocessSettings, preprocess_dataset, run
from phycharm.preprocess.stages import align_stage, brain_stage, finish_stage

from .conftest import QUICK
from support.whole_heads import target_errors

SCANNERS = ("GE", "Philips", "Siemens")


def t1w(root, person, scanner):
    return root / f"sub-{person}/ses-{scanner}/anat/sub-{person}_ses-{scanner}_T1w.nii.gz"


def transform(root, person, scanner):
    folder = root / f"derivatives/preprocessing/sub-{person}/ses-{scanner}/anat"
    return folder / f"sub-{person}_ses-{scanner}_from-grid_to-raw_mode-image_xfm.tfm"


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.glob("**/sub-*"))
        if path.is_file()
    }


class TestRegistration:
    @pytest.mark.parametrize("person", ["01", "02"])
    def test_error_against_the_known_pose(self, raw, preprocessed, person):
        paths = {name: transform(preprocessed.folder, person, name) for name in SCANNERS}
        poses = {name: raw[1][person, name] for name in SCANNERS}
        errors = target_errors(paths, poses)
        for name in ("Philips", "Siemens"):
            assert np.median(errors[name]) < 1.0, name  # mm, of voxels of 6 mm

    def test_mid_space_turns_every_scan(self, raw, tmp_path):
        settings = PreprocessSettings(voxel_size=6, bias="none", mid_space=True)
        shutil.copytree(raw[0] / "sub-01", tmp_path / "raw" / "sub-01")
        masks = "derivatives/masks/sub-01"
        shutil.copytree(raw[0] / masks, tmp_path / "raw" / masks)
        shutil.copy(raw[0] / "dataset_description.json", tmp_path / "raw")
        result = preprocess_dataset(tmp_path / "raw", tmp_path / "out", settings)
        paths = {name: transform(result.folder, "01", name) for name in SCANNERS}
        poses = {name: raw[1]["01", name] for name in SCANNERS}
        errors = target_errors(paths, poses)
        assert max(np.median(one) for one in errors.values()) < 1.0
        turns = []
        for path in paths.values():
            import SimpleITK

            found = SimpleITK.ReadTransform(str(path))
            columns = [found.TransformVector(tuple(axis), (0, 0, 0)) for axis in np.eye(3)]
            turns.append(np.degrees(np.arccos((np.trace(np.array(columns)) - 1) / 2)))
        assert min(turns) > 1.0

    def test_scans_of_a_person_look_alike_where_they_lie(self, preprocessed):
        images = [read_volume(t1w(preprocessed.folder, "01", name))[0] for name in SCANNERS]
        brain = images[0] > 0
        for other in images[1:]:
            assert np.corrcoef(images[0][brain], other[brain])[0, 1] > 0.8  # receive fields and all


class TestDataset:
    def test_reader_takes_it(self, preprocessed):
        cohort = BidsDataset(preprocessed.folder).travelling()
        assert [scanner.name for scanner in cohort.scanners] == list(SCANNERS)
        for scanner in cohort.scanners:
            scan = cohort.scan("01", scanner)
            assert scan.voxel_size == pytest.approx((4, 4, 4))
            assert scan.image.shape == (48, 48, 45)
            assert (scan.image[~scan.mask] == 0).all()
            assert scan.image[scan.mask].min() >= 0
            assert scan.scanner.manufacturer == scanner.name

    def test_scans_of_a_person_share_grid_and_mask(self, preprocessed):
        cohort = BidsDataset(preprocessed.folder).travelling()
        first, *others = (cohort.scan("02", scanner) for scanner in cohort.scanners)
        for other in others:
            assert np.array_equal(first.mask, other.mask)
            assert np.allclose(first.affine, other.affine)

    def test_common_brain_has_the_true_volume(self, preprocessed, raw):
        path = raw[0] / "derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-brain_mask.nii.gz"
        given = nibabel.load(path)
        truth = np.asarray(given.dataobj).sum() * abs(np.linalg.det(given.affine[:3, :3])) / 1000
        common = preprocessed.scans[0].common_ml
        assert 0.85 * truth < common < truth

    def test_description_names_what_was_done(self, preprocessed):
        text = (preprocessed.folder / "dataset_description.json").read_text(encoding="utf-8")
        description = json.loads(text)
        assert description["DatasetType"] == "derivative"
        assert description["GeneratedBy"][0]["Name"] == "phycharm preprocess"

    def test_sidecar_keeps_timing_and_tells_sources(self, preprocessed):
        path = t1w(preprocessed.folder, "01", "GE")
        sidecar = json.loads(
            path.with_name(path.name.replace(".nii.gz", ".json")).read_text(encoding="utf-8")
        )
        assert sidecar["InversionTime"] == 0.9
        assert sidecar["SkullStripped"] is True
        assert sidecar["Sources"] == ["bids:raw:sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz"]


class TestGoingOn:
    @pytest.fixture
    def small(self, raw, tmp_path):
        """One person on two scanners, the second of which stores RAS."""
        root = tmp_path / "raw"
        for name in ("GE", "Philips"):
            for place in ("", "derivatives/masks/"):
                part = f"{place}sub-01/ses-{name}"
                shutil.copytree(raw[0] / part, root / part)
        shutil.copy(raw[0] / "dataset_description.json", root)
        return root

    def test_finished_stages_are_not_done_again(self, small, tmp_path, monkeypatch):
        preprocess_dataset(small, tmp_path / "out", QUICK)
        before = contents(tmp_path / "out")

        def refuse(*_, **__):
            raise AssertionError("computed again")

        monkeypatch.setattr(brain_stage, "crop_neck", refuse)
        monkeypatch.setattr(align_stage, "align_checked", refuse)
        monkeypatch.setattr(finish_stage, "resample", refuse)
        preprocess_dataset(small, tmp_path / "out", QUICK)
        assert contents(tmp_path / "out") == before

    @pytest.mark.parametrize("stage", ["align_checked", "resample"])
    def test_killed_in_the_middle(self, small, tmp_path, monkeypatch, stage):
        whole = preprocess_dataset(small, tmp_path / "whole", QUICK)
        place = align_stage if stage == "align_checked" else finish_stage
        calls = []

        def killed(*args, **kwargs):
            calls.append(args)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(place, stage, killed)
            with pytest.raises(KeyboardInterrupt):
                preprocess_dataset(small, tmp_path / "out", QUICK)
        assert calls
        assert not list((tmp_path / "out").rglob(".partial-*"))
        preprocess_dataset(small, tmp_path / "out", QUICK)
        assert contents(tmp_path / "out") == contents(whole.folder)

    def test_several_processes_give_the_same(self, small, tmp_path):
        one = preprocess_dataset(small, tmp_path / "one", QUICK)
        two = preprocess_dataset(small, tmp_path / "two", QUICK, jobs=2)
        assert contents(one.folder) == contents(two.folder)

    def test_lost_result_is_made_again(self, small, tmp_path):
        preprocess_dataset(small, tmp_path / "out", QUICK)
        before = contents(tmp_path / "out")
        t1w(tmp_path / "out", "01", "GE").unlink()
        preprocess_dataset(small, tmp_path / "out", QUICK)
        assert contents(tmp_path / "out") == before

    def test_changed_input_is_seen(self, small, tmp_path):
        preprocess_dataset(small, tmp_path / "out", QUICK)
        path = t1w(small, "01", "Philips")
        image = nibabel.load(path)
        nibabel.save(nibabel.Nifti1Image(image.get_fdata() * 2, image.affine), path)
        before = read_volume(t1w(tmp_path / "out", "01", "Philips"))[0].mean()
        preprocess_dataset(small, tmp_path / "out", QUICK)
        after = read_volume(t1w(tmp_path / "out", "01", "Philips"))[0].mean()
        assert after == pytest.approx(2 * before, rel=0.02)

    def test_damaged_scan_is_left_out_and_named(self, small, tmp_path):
        path = t1w(small, "01", "Philips")
        preprocess_dataset(small, tmp_path / "out", QUICK)
        path.write_bytes(path.read_bytes()[:2000])
        result = preprocess_dataset(small, tmp_path / "out", QUICK)
        assert [one.name for one in result.excluded] == ["sub-01 Philips"]
        assert path.name in result.excluded[0].reason
        assert not t1w(tmp_path / "out", "01", "Philips").exists()
        assert t1w(tmp_path / "out", "01", "GE").exists()

    def test_full_disk_is_one_line(self, small, tmp_path, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(finish_stage, "write_volume", full)
            with pytest.raises(InputError, match="No space left on device; make room"):
                preprocess_dataset(small, tmp_path / "out", QUICK)
        assert len(preprocess_dataset(small, tmp_path / "out", QUICK).scans) == 2

    def test_failed_registrations_of_all(self, small, tmp_path, monkeypatch):
        monkeypatch.setattr("phycharm.preprocess.registration.alignment._LEAST_CORRELATION", 1.1)
        with pytest.raises(InputError, match="Registration failed for every scan"):
            preprocess_dataset(small, tmp_path / "out", QUICK)


def test_brain_that_does_not_fit_is_told(raw, preprocessed, tmp_path):
    assert preprocessed.notes == ()
    small = PreprocessSettings(voxel_size=6, bias="none", size="20x32x30")
    result = preprocess_dataset(raw[0], tmp_path / "out", small)
    assert "sub-01" in result.notes[0]
    assert "--size" in result.notes[0]


class TestBadInput:
    def test_no_t1w(self, tmp_path):
        (tmp_path / "raw").mkdir()
        text = '{"Name": "empty", "BIDSVersion": "1.10.0"}'
        (tmp_path / "raw/dataset_description.json").write_text(text)
        with pytest.raises(InputError, match="no T1w image"):
            preprocess_dataset(tmp_path / "raw", tmp_path / "out")

    def test_unknown_reference(self, raw, tmp_path):
        with pytest.raises(InputError, match="did you mean 'Siemens'"):
            preprocess_dataset(raw[0], tmp_path / "out", PreprocessSettings(reference="Simens"))

    def test_folder_of_somebody_else(self, raw, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(InputError, match="holds something else"):
            preprocess_dataset(raw[0], tmp_path)
        assert (tmp_path / "notes.txt").read_text() == "mine"

    @pytest.mark.parametrize("place", ["", "brains", ".."])
    def test_among_the_raw_data(self, raw, place):
        with pytest.raises(InputError, match="among the raw data"):
            preprocess_dataset(raw[0], raw[0] / place)

    def test_given_masks_that_are_not_there(self, raw, tmp_path):
        root = tmp_path / "raw"
        shutil.copytree(raw[0] / "sub-01", root / "sub-01")
        shutil.copy(raw[0] / "dataset_description.json", root)
        with pytest.raises(InputError, match="has no brain mask"):
            preprocess_dataset(root, tmp_path / "out", PreprocessSettings(brain="given"))

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"voxel_size": 0.01}, "--voxel-size 0.01"),
            ({"size": "240x240"}, "--size 240x240"),
            ({"size": "2x240x240"}, "8 at least"),
            ({"registration": "afine"}, "did you mean 'affine'"),
            ({"bias": "n3"}, "did you mean 'n4'"),
        ],
    )
    def test_settings(self, settings, told):
        with pytest.raises(InputError, match=told):
            PreprocessSettings(**settings)

    def test_engines_are_asked_for_before_anything_is_computed(self, raw, tmp_path, monkeypatch):
        monkeypatch.setattr(run, "find_brain", None)
        with pytest.raises(InputError, match="did you mean 'template'"):
            preprocess_dataset(raw[0], tmp_path / "out", PreprocessSettings(brain="templat"))


def test_reference_is_the_scanner_that_most_people_have(raw, tmp_path):
    root = tmp_path / "raw"
    for place in ("", "derivatives/masks/"):
        for person, name in (("01", "GE"), ("01", "Siemens"), ("02", "Siemens")):
            part = Path(place) / f"sub-{person}" / f"ses-{name}"
            shutil.copytree(raw[0] / part, root / part)
    shutil.copy(raw[0] / "dataset_description.json", root)
    result = preprocess_dataset(root, tmp_path / "out", QUICK)
    references = {(one.subject, one.scanner) for one in result.scans if one.reference}
    assert references == {("01", "Siemens"), ("02", "Siemens")}
