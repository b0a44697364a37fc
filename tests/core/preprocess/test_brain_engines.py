"""Engines of brain extraction: the built-in one, any program, and what is told of bad ones."""

import sys

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from phycharm.errors import InputError
from phycharm.preprocess import PreprocessSettings
from phycharm.preprocess.brain.brain_edge import correct_by_intensity
from phycharm.preprocess.brain.brain_engines import brain_engine
from phycharm.preprocess.imaging.volume import Volume
from phycharm.preprocess.source_scan import SourceScan
from phycharm.preprocess.stages.brain_stage import find_brain
from phycharm.preprocess.stages.stage_cache import StageCache

from support.whole_heads import Person, native_grid, pose_of, write_head

POSE = pose_of((6, 2, -3), (4, -9, 5))


@pytest.fixture(scope="module")
def head():
    shape, affine = native_grid(6, extent=(204, 228, 240), shift=(4, -9, -20))
    image, mask = Person(0).scan("Siemens", POSE, shape=shape, affine=affine)
    return Volume(image=image, affine=affine), mask


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def line(tmp_path, text):
    path = tmp_path / "extract.py"
    path.write_text("import sys, nibabel, numpy as np\nhead = nibabel.load(sys.argv[1])\n" + text)
    return f"command:{sys.executable} {path} {{image}}"


def saved(voxels):
    """A line of the program that writes an image on the head's grid."""
    return f"nibabel.save(nibabel.Nifti1Image({voxels}, head.affine), sys.argv[2])"


class TestTemplate:
    def test_finds_the_brain_of_a_head(self, head):
        found = brain_engine("template").mask(head[0])
        # Voxels of 6 mm, and a shape that is no person's: near is all that can be asked.
        assert dice(found, head[1]) > 0.7

    def test_no_head_is_told(self):
        noise = np.abs(np.random.default_rng(0).normal(size=(30, 30, 30))).astype(np.float32)
        tiny = Volume(image=noise, affine=np.diag([2.0, 2, 2, 1]))
        with pytest.raises(InputError, match="brain"):
            brain_engine("template").mask(tiny)


class TestEdge:
    def test_wrong_edge_comes_nearer_to_the_brain(self):
        shape, affine = native_grid(3, extent=(186, 210, 180), shift=(0, 0, 0))
        image, mask = Person(0).scan("GE", pose_of(), shape=shape, affine=affine)
        tissue = ndimage.binary_erosion(mask)  # 3 mm of fluid lie around it
        shifted = np.roll(tissue, 2, axis=2)
        found = correct_by_intensity(Volume(image=image, affine=affine), shifted)
        assert dice(found, tissue) > dice(shifted, tissue) + 0.01

    def test_what_has_no_credible_volume_is_left(self):
        image = np.full((30, 30, 30), 100, dtype=np.float32)
        image += np.random.default_rng(0).normal(size=image.shape).astype(np.float32)
        mask = np.zeros(image.shape, dtype=bool)
        mask[10:20, 10:20, 10:20] = True
        head = Volume(image=image, affine=np.diag([3.0, 3, 3, 1]))
        assert np.array_equal(correct_by_intensity(head, mask), mask)


class TestCommand:
    def test_mask_is_taken(self, head, tmp_path):
        text = saved("(head.get_fdata() > 90).astype('u1')")
        found = brain_engine(f"{line(tmp_path, text)} {{mask}}").mask(head[0])
        assert np.array_equal(found, head[0].image > 90)

    def test_brain_is_what_is_not_zero(self, head, tmp_path):
        text = saved("head.get_fdata() * (head.get_fdata() > 90)")
        found = brain_engine(f"{line(tmp_path, text)} {{brain}}").mask(head[0])
        assert np.array_equal(found, head[0].image > 90)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("sys.exit('no licence')", "status 1: no licence"),
            ("", "wrote neither"),
            (saved("np.zeros(head.shape)"), "no brain"),
            (saved("np.ones((3, 3, 3))"), "shape"),
        ],
    )
    def test_failure_is_one_line(self, head, tmp_path, text, told):
        with pytest.raises(InputError, match=told):
            brain_engine(f"{line(tmp_path, text)} {{mask}}").mask(head[0])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("deepbett", "did you mean 'deepbet'"),
        ("command:nothing-of-that-name {image} {mask}", "no program"),
        ("command:python {mask}", "{image} must stand in it"),
    ],
)
def test_engine_that_cannot_be_used(name, told):
    with pytest.raises(InputError, match=told):
        brain_engine(name)


def test_automatic_choice_needs_nothing_installed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("phycharm.preprocess.brain.brain_engines.find_spec", lambda _: None)
    assert brain_engine("auto").name == "template"


class TestStage:
    def found(self, tmp_path, image, affine, **settings):
        path = tmp_path / "sub-01_T1w.nii.gz"
        write_head(path, image, affine)
        scan = SourceScan(subject="01", scanner="", path=path, relative=path.name)
        return find_brain(scan, PreprocessSettings(**settings), StageCache(tmp_path / "cache"))

    def test_extracted_brain_is_seen_to_be_one(self, head, tmp_path):
        volume, mask = head
        brain = self.found(tmp_path, np.where(mask, volume.image + 1, 0), volume.affine)
        assert brain.engine == "stripped"
        assert brain.volume_ml == pytest.approx(mask.sum() * volume.space.voxel_volume, rel=0.01)

    def test_blanked_region_is_no_brain(self, head, tmp_path):
        volume, mask = head
        image = np.where(mask, volume.image + 1, volume.image)
        behind = np.indices(mask.shape)[1] > 28
        image[behind], blank = 0, mask & behind
        truth = tmp_path / "truth.nii.gz"
        nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), volume.affine), truth)
        text = f"import shutil; shutil.copy({str(truth)!r}, sys.argv[2])"
        brain = self.found(
            tmp_path, image, volume.affine, brain=f"{line(tmp_path, text)} {{mask}}", crop="none"
        )
        assert brain.blank_ml == pytest.approx(blank.sum() * volume.space.voxel_volume, rel=0.1)

    def test_too_large_a_brain_is_refused(self, head, tmp_path):
        text = saved("np.ones(head.shape, 'u1')")
        with pytest.raises(InputError, match="such brains there are not"):
            self.found(
                tmp_path, head[0].image, head[0].affine, brain=f"{line(tmp_path, text)} {{mask}}"
            )
