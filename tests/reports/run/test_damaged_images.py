"""Damaged images of a run: a sentence each, once, and never the machine's own path."""

import shutil

import pytest

from phycharm.data.nifti import read_volume, write_volume
from phycharm.reports.figures.pictures import picture
from phycharm.reports.figures.style import write_figure
from phycharm.reports.page.thumbnails import make_thumbnails
from phycharm.reports.page.viewer import viewer_data
from phycharm.reports.run.images import ImageLibrary
from phycharm.reports.run.run_content import read_run
from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.slices import compare_images

from support.faulty_files import flip_a_voxel


@pytest.fixture
def images(run_dir, tmp_path):
    """The images of a copy of the run, for this test to spoil."""
    return ImageLibrary(content=read_run(shutil.copytree(run_dir, tmp_path / "copy")))


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [truncate, flip_a_voxel])
@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("scans/sub-*_ses-GE_T1w.nii.gz", ImageLibrary.scan),
        ("scans/sub-*_ses-GE_mask.nii.gz", ImageLibrary.mask),
        ("scans/sub-*_ses-GE_pveseg.nii.gz", ImageLibrary.tissues),
    ],
    ids=["scan", "mask", "tissues"],
)
def test_a_damaged_file_is_no_image_and_one_note(images, pattern, read, spoil):
    (path, *_) = sorted(images.content.path.glob(pattern))
    spoil(path)
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


def test_images_without_a_positive_voxel_are_drawn(run_dir, tmp_path):
    """Runs of earlier versions hold some: nothing had refused them."""
    folder = shutil.copytree(run_dir, tmp_path / "copy")
    for path in [*folder.glob("scans/*_T1w.nii.gz"), *folder.glob("cells/*/images/*_T1w.nii.gz")]:
        image, affine = read_volume(path)
        write_volume(path, image - 1000, affine)
    view = RunView(content=read_run(folder))
    (source, target), *_ = view.directions
    shown = compare_images(view, view.subjects["external"][0], source, target, view.methods)
    assert shown.window > 0
    write_figure(picture(view, shown, "external"), tmp_path / "figure")
    assert make_thumbnails(view, shown, "external").data.startswith("data:image/webp")
    assert viewer_data(view, 10_000_000).volumes
