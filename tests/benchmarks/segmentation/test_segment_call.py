"""`phycharm.segment`: a file or a scan in, a segmentation out, nothing written."""

from dataclasses import replace

import numpy as np
import pytest

from phycharm.benchmarks.segmentation import segment, segment_file
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError

from support.segmentation_cases import phantom, scan_of

# As a file keeps it.
AFFINE = np.diag(np.float32([2.0, 2.2, 2.5, 1.0])).astype(np.float64)


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write_volume(folder / "brain.nii.gz", phantom()[0], AFFINE)
    return folder / "brain.nii.gz"


def same(one, other):
    assert one.volumes_ml == other.volumes_ml
    assert one.engine == other.engine
    for name in ("labels", "pve_labels", "partial_volumes", "mixeltype", "bias"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_file_gives_what_segment_file_writes(file, tmp_path):
    same(segment(str(file)), segment_file(file, tmp_path / "out"))
    assert [path.name for path in file.parent.iterdir()] == ["brain.nii.gz"]


def test_a_scan_is_taken_with_its_own_mask(file):
    image, _ = phantom()
    own = scan_of(image, mask=image != 0, affine=AFFINE)
    same(segment(own), segment(file))
    half = image != 0
    half[: len(half) // 2] = False
    np.testing.assert_array_equal(segment(replace(own, mask=half)).labels > 0, half)


def test_a_mask_goes_with_a_file_only(file, tmp_path):
    image, _ = phantom()
    half = image != 0
    half[: len(half) // 2] = False
    write_volume(tmp_path / "mask.nii.gz", half, AFFINE)
    found = segment(file, mask=str(tmp_path / "mask.nii.gz"))
    np.testing.assert_array_equal(found.labels > 0, half)
    with pytest.raises(InputError, match="mask of its own"):
        segment(scan_of(image), mask=tmp_path / "mask.nii.gz")


@pytest.mark.parametrize("wrong", [{"engine": "fast"}, {"image": "nowhere.nii"}])
def test_what_cannot_be_used_is_said_in_one_line(file, wrong):
    with pytest.raises(InputError) as error:
        segment(**{"image": file, **wrong})
    assert "\n" not in str(error.value)


def test_what_was_found_is_said_in_a_line(file):
    said = repr(segment(file))
    assert "GM" in said and "ml" in said and "hmrf" in said
    assert len(said) < 160
