"""Damaged images of a run: a sentence each, once, and never the machine's own path."""

import shutil

import pytest

from phycharm.reports.run.images import ImageLibrary
from phycharm.reports.run.run_content import read_run


@pytest.fixture
def images(run_dir, tmp_path):
    """The images of a copy of the run, for this test to spoil."""
    return ImageLibrary(content=read_run(shutil.copytree(run_dir, tmp_path / "copy")))


def truncate(images, pattern):
    (path, *_) = sorted(images.content.path.glob(pattern))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("scans/sub-*_ses-GE_T1w.nii.gz", ImageLibrary.scan),
        ("scans/sub-*_ses-GE_mask.nii.gz", ImageLibrary.mask),
        ("scans/sub-*_ses-GE_pveseg.nii.gz", ImageLibrary.tissues),
    ],
    ids=["scan", "mask", "tissues"],
)
def test_a_truncated_file_is_no_image_and_one_note(images, pattern, read):
    path = truncate(images, pattern)
    subject = path.name.partition("_")[0].removeprefix("sub-")
    assert read(images, subject, "GE") is None
    assert read(images, subject, "GE") is None
    (note,) = images.notes
    assert path.name in note
    assert str(images.content.path) not in note


def test_what_was_never_written_is_no_damage(images):
    assert images.scan("nobody", "GE") is None
    assert images.voxel_size("nobody", "GE") == (1.0, 1.0, 1.0)
    assert images.notes == []
