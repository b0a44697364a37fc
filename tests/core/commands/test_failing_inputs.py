"""Inputs that once were read as something else, ended in a traceback, or cost a training."""

import warnings

import numpy as np
import pytest

from phycharm.commands import main as main_module
from phycharm.data.nifti import write_volume

from support import phantom
from support.bids_folder import t1w_path
from support.faulty_files import (
    flip_a_voxel,
    head_of,
    with_a_fourth_axis_of_no_length,
    with_header,
    without_place,
)
from support.segmentation_cases import phantom as slabs

AFFINE = phantom.AFFINE
BRAIN = phantom.raw_scan("07", phantom.GE).image


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from phycharm.baselines.linear import LinearScaling

    folder = tmp_path_factory.mktemp("model") / "linear"
    pair = phantom.cohort().subset(scanners=[phantom.GE, phantom.SIEMENS])
    LinearScaling().fit(pair).save(folder)
    return folder


@pytest.fixture(params=["segment", "harmonize"])
def command(request, tmp_path, model):
    """Either command on one image, up to its own options."""
    if request.param == "segment":
        return lambda image: ("segment", image, tmp_path / "out")
    to = ("--to", "Siemens", "--model", model, "--device", "cpu")
    return lambda image: ("harmonize", image, *to, "-o", tmp_path / "out.nii.gz")


@pytest.fixture
def store(tmp_path):
    def write(name, volume, affine=AFFINE):
        write_volume(tmp_path / name, np.asarray(volume), affine)
        return tmp_path / name

    return write


@pytest.fixture
def told():
    """Let warnings be lines, as they are for who types the command."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def results(folder):
    return sorted(path.name for path in folder.rglob("*") if path.name.startswith("out"))


class TestOneImage:
    """`segment` and `harmonize` follow the same rules."""

    def test_a_flipped_bit(self, refused, command, store, tmp_path):
        text = refused(*command(flip_a_voxel(store("T1w.nii.gz", BRAIN))))
        assert "T1w.nii.gz" in text
        assert "damaged" in text
        assert results(tmp_path) == []

    def test_an_axis_of_no_length(self, refused, command, tmp_path):
        path = with_a_fourth_axis_of_no_length(tmp_path / "dim4.nii", BRAIN)
        assert "(24, 32, 8, 0)" in refused(*command(path))

    def test_a_head_with_a_background_of_noise(self, refused, command, store):
        text = refused(*command(store("head.nii.gz", head_of(BRAIN, background=5))))
        assert "brain has not been extracted" in text
        assert "--mask" in text

    def test_a_brain_that_is_larger_than_any(self, told, call, command, store):
        path = store("head.nii.gz", BRAIN, AFFINE * np.array([[3], [3], [3], [1]]))
        code, _, err = call(*command(path))
        assert code == 0
        assert err.count("none is larger than 2.5 l") == 1

    def test_a_z_scored_image(self, refused, command, store):
        inside = BRAIN[BRAIN > 0]
        scored = np.where(BRAIN > 0, (BRAIN - inside.mean()) / inside.std(), 0)
        assert "z-scored" in refused(*command(store("z.nii.gz", scored.astype(np.float32))))

    def test_a_negative_image(self, refused, command, store):
        assert "negative" in refused(*command(store("n.nii.gz", BRAIN - 2 * BRAIN.max())))

    def test_unknown_left_and_right(self, told, call, command, tmp_path):
        code, _, err = call(*command(without_place(tmp_path / "lost.nii", BRAIN)))
        assert code == 0
        assert err.count("which side is left is not known") == 1

    @pytest.mark.parametrize("row", [[0, 0, 0, 5], [0, 5, 0, 5]])
    def test_a_singular_affine(self, refused, command, tmp_path, row):
        path = with_header(tmp_path / "flat.nii", BRAIN, srow_x=row)
        text = refused(*command(path))
        assert "flat.nii" in text
        assert "affine" in text

    def test_a_mask_of_probabilities_is_that_mask_above_one_half(
        self, call, command, store, tmp_path
    ):
        soft = np.where(BRAIN > 0, 0.7, 0.4).astype(np.float32)
        head = store("head.nii.gz", head_of(BRAIN, background=5))
        found = []
        for name, mask in (("soft", soft), ("hard", soft > 0.5)):
            path = store(f"{name}.nii.gz", mask)
            code, out, err = call(*command(head), "--mask", path)
            assert code == 0, err
            contents = {p.name: p.read_bytes() for p in tmp_path.rglob("out*") if p.is_file()}
            found.append((out, contents))
        assert found[0] == found[1]

    def test_an_empty_mask(self, refused, command, store):
        arguments = command(store("T1w.nii.gz", BRAIN))
        text = refused(*arguments, "--mask", store("mask.nii.gz", np.zeros_like(BRAIN)))
        assert "mask.nii.gz" in text
        assert "none is brain" in text

    def test_a_full_mask(self, told, call, command, store):
        mask = store("mask.nii.gz", np.ones(BRAIN.shape, np.uint8))
        image = BRAIN + np.linspace(1, 900, BRAIN.size, dtype=np.float32).reshape(BRAIN.shape)
        code, _, err = call(*command(store("T1w.nii.gz", image)), "--mask", mask)
        assert code == 0
        assert err.count("every voxel is brain") == 1

    def test_content_that_was_not_fetched(self, refused, command, tmp_path):
        (tmp_path / "T1w.nii.gz").symlink_to(".git/annex/objects/MD5E-s1--0.nii.gz")
        assert "datalad get" in refused(*command(tmp_path / "T1w.nii.gz"))

    def test_a_full_disk(self, refused, command, store, tmp_path, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        image = store("T1w.nii.gz", BRAIN)
        monkeypatch.setattr("nibabel.save", full)
        text = refused(*command(image))
        assert "/out" in text
        assert "No space left on device; make room" in text
        assert not [path for path in tmp_path.rglob("*out*") if path.is_file()]

    def test_an_output_that_may_not_be_written(self, refused, command, store, monkeypatch):
        image = store("T1w.nii.gz", BRAIN)

        def denied(image, path):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("nibabel.save", denied)
        text = refused(*command(image))
        assert "Permission denied; give another path" in text
        assert ".partial" not in text


@pytest.mark.parametrize("unit", [1e-6, 25 / 1000, 4.0])
def test_volumes_do_not_depend_on_the_unit(call, store, tmp_path, unit):
    image, _ = slabs()
    code, expected, _ = call("segment", store("one.nii.gz", image), tmp_path / "out")
    assert code == 0
    scaled = store("other.nii.gz", image * np.float32(unit))
    assert call("segment", scaled, tmp_path / "out")[:2] == (0, expected)


def test_names_in_capitals(call, refused, store, tmp_path, model):
    image = store("T1W.NII.GZ", BRAIN)
    how = ("--model", model, "--to", "Siemens", "--device", "cpu")
    code, out, err = call("harmonize", image, *how, "-o", tmp_path / "OUT.NII.GZ")
    assert code == 0, err
    assert (tmp_path / "OUT.NII.GZ").is_file()
    assert out.strip() == str(tmp_path / "OUT.NII.GZ")
    for name in ("out.mgz", "out.nii.bz2", "out.IMG"):
        text = refused("harmonize", image, *how, "-o", tmp_path / name)
        assert "results are .nii or .nii.gz" in text
        assert not (tmp_path / name).exists()
    code, *_ = call("segment", image, tmp_path / "segmented")
    assert code == 0
    assert (tmp_path / "segmented" / "T1W_seg.nii.gz").is_file()


class TestDatasets:
    """What is wrong with an image that is used is found before anything is computed."""

    @pytest.fixture(params=["benchmark", "train"])
    def use(self, request, dataset, protocol, tmp_path):
        if request.param == "benchmark":
            how = ("--harmonizer", "none", "--device", "cpu", "--out", tmp_path / "out")
            return ("benchmark", protocol, "--dataset", dataset, *how)
        how = ("--dataset", dataset, "--protocol", protocol, "--device", "cpu")
        return ("train", "unet", *how, "--out", tmp_path / "out")

    @staticmethod
    def change(root, function, subject="01", session="GE"):
        path = t1w_path(root, subject, session)
        scan = phantom.raw_scan(subject, {s.name: s for s in phantom.SCANNERS}[session])
        write_volume(path, function(scan.image, scan.mask).astype(np.float32), scan.affine)

    def test_a_flipped_bit(self, refused, use, dataset, tmp_path):
        flip_a_voxel(t1w_path(dataset, "01", "GE"))
        text = refused(*use)
        assert "sub-01_ses-GE_T1w.nii.gz" in text
        assert "damaged" in text
        assert not (tmp_path / "out").exists()

    def test_z_scored(self, refused, use, dataset, tmp_path):
        def scored(image, mask):
            return np.where(mask, (image - image[mask].mean()) / image[mask].std(), 0)

        self.change(dataset, scored)
        text = refused(*use)
        assert "sub-01_ses-GE_T1w.nii.gz" in text
        assert "z-scored" in text
        assert not (tmp_path / "out").exists()

    def test_negative_everywhere(self, refused, use, dataset):
        self.change(dataset, lambda image, mask: image - 2 * image.max())
        assert "sub-01_ses-GE_T1w.nii.gz" in refused(*use)

    def test_people_with_maps_whom_nobody_needs(self, call, use, dataset):
        for path in dataset.glob("sub-Q1/**/*.nii.gz"):
            path.unlink()
            path.symlink_to("../../../.git/annex/objects/x.nii.gz")
        for path in dataset.glob("sub-Q2/**/*_inv-2_MP2RAGE.*"):
            path.unlink()
        code, _, err = call(*use)
        assert code == 0, err


def test_people_with_maps_who_are_needed_are_read(refused, dataset, protocol, tmp_path):
    (path,) = dataset.glob("sub-Q1/**/*_T1map.nii.gz")
    flip_a_voxel(path)
    how = ("--device", "cpu", "--out", tmp_path / "out")
    for method in ("phycharm", "phycharm-physics"):
        for use in (
            ("benchmark", protocol, "--dataset", dataset, "--harmonizer", method, *how),
            ("train", method, "--dataset", dataset, "--protocol", protocol, *how),
        ):
            assert "_T1map.nii.gz" in refused(*use)


class TestWords:
    def test_a_protocol_file_that_is_not_there(self, refused, tmp_path):
        text = refused("benchmark", tmp_path / "tinny.toml")
        assert "tinny.toml: no such file" in text
        assert "No protocol" not in text

    def test_a_protocol_file_that_is_a_folder(self, refused, tmp_path):
        (tmp_path / "folder.toml").mkdir()
        assert "Is a directory" in refused("benchmark", tmp_path / "folder.toml")

    def test_an_unknown_reference(self, refused, finished):
        before = (finished / "report.html").exists()
        text = refused("report", finished, "--reference", "foo")
        assert "No method 'foo'" in text
        assert "linear" in text
        assert (finished / "report.html").exists() == before

    @pytest.mark.parametrize(
        ("command", "keeps"),
        [("benchmark", True), ("convergence", True), ("simulate", False), ("train", True)],
    )
    def test_an_interruption_promises_what_is_true(self, call, monkeypatch, command, keeps):
        def interrupt(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(main_module, "app", interrupt)
        code, _, err = call(command, "x")
        assert code == 130
        assert ("the same command goes on from" in err) == keeps
        assert ("start over" in err) != keeps
