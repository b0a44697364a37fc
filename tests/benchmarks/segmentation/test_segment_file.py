"""From file to files: everything behind `phycharm segment`."""

import nibabel
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform

from phycharm.benchmarks.segmentation import segment_file
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError

from support.segmentation_cases import phantom

AFFINE = np.array([[2.0, 0, 0, -20], [0, 2.2, 0, -30], [0, 0, 2.5, 5], [0, 0, 0, 1]])
SUFFIXES = ("seg", "pveseg", "pve_0", "pve_1", "pve_2", "bias", "mixeltype")


def store(path, volume, codes="RAS"):
    """Save a RAS volume in another voxel order."""
    change = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    image = nibabel.Nifti1Image(
        apply_orientation(volume, change), AFFINE @ inv_ornt_aff(change, volume.shape)
    )
    nibabel.save(image, path)
    return path


def in_ras(path):
    return np.asanyarray(nibabel.as_closest_canonical(nibabel.load(path)).dataobj)


@pytest.mark.parametrize("codes", ["RAS", "LAS", "LPS", "PSR", "SAL"])
def test_outputs_lie_on_the_grid_of_the_input(tmp_path, codes):
    image, labels = phantom()
    path = store(tmp_path / "sub-01_T1w.nii.gz", image, codes)
    segment_file(path, tmp_path / "out")
    given = nibabel.load(path)
    for suffix in SUFFIXES:
        written = nibabel.load(tmp_path / "out" / f"sub-01_T1w_{suffix}.nii.gz")
        assert written.shape == given.shape
        np.testing.assert_allclose(written.affine, given.affine, atol=1e-5)
    found = in_ras(tmp_path / "out" / "sub-01_T1w_pveseg.nii.gz")
    np.testing.assert_array_equal(found, labels)


def test_what_is_written_is_what_is_returned(tmp_path):
    path = store(tmp_path / "brain.nii", phantom()[0])
    found = segment_file(path, tmp_path)
    volumes = (found.labels, found.pve_labels, *found.partial_volumes, found.bias, found.mixeltype)
    for suffix, volume in zip(SUFFIXES, volumes, strict=True):
        written = np.asanyarray(nibabel.load(tmp_path / f"brain_{suffix}.nii.gz").dataobj)
        assert written.dtype == volume.dtype
        np.testing.assert_array_equal(written, volume)
    total = sum(found.volumes_ml.values())
    assert total == pytest.approx(np.count_nonzero(phantom()[1]) * 2 * 2.2 * 2.5 / 1000, rel=1e-6)


def test_a_mask_may_be_stored_in_another_order(tmp_path):
    image, labels = phantom()
    image[labels == 0] = 5000
    path = store(tmp_path / "head.nii.gz", image, "LAS")
    mask = store(tmp_path / "mask.nii.gz", (labels > 0).astype(np.uint8), "PSR")
    segment_file(path, tmp_path, mask=mask)
    np.testing.assert_array_equal(in_ras(tmp_path / "head_seg.nii.gz"), labels)


@pytest.mark.parametrize("moved", [AFFINE + np.eye(4, k=3), AFFINE * [[1.1], [1], [1], [1]]])
def test_a_mask_on_another_grid(tmp_path, moved):
    image, labels = phantom()
    path = store(tmp_path / "head.nii.gz", image)
    write_volume(tmp_path / "mask.nii.gz", labels > 0, moved)
    with pytest.raises(InputError, match=r"mask\.nii\.gz: is on another grid than head\.nii\.gz"):
        segment_file(path, tmp_path, mask=tmp_path / "mask.nii.gz")


def test_a_mask_may_be_full_but_not_empty(tmp_path):
    image, labels = phantom()
    image[labels == 0] = 1
    path = store(tmp_path / "head.nii.gz", image)
    full, empty = (tmp_path / f"{name}.nii.gz" for name in ("full", "empty"))
    write_volume(full, np.ones(labels.shape, dtype=bool), AFFINE)
    write_volume(empty, np.zeros(labels.shape, dtype=bool), AFFINE)
    with pytest.warns(UserWarning, match=r"full\.nii\.gz: every voxel is brain; make the mask"):
        found = segment_file(path, tmp_path / "out", mask=full)
    assert (found.labels > 0).all()
    with pytest.raises(InputError, match=r"empty\.nii\.gz: .*none is brain; make"):
        segment_file(path, tmp_path / "out", mask=empty)


def test_a_z_scored_file_is_refused_rather_than_halved(tmp_path):
    image, labels = phantom()
    inside = image[labels > 0]
    centred = np.where(labels > 0, (image - inside.mean()) / inside.std(), 0)
    path = store(tmp_path / "z.nii.gz", centred.astype(np.float32))
    with pytest.raises(InputError, match=r"z\.nii\.gz: .*z-scored"):
        segment_file(path, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["z.nii.gz"]


def test_bad_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        segment_file(tmp_path / "none.nii.gz", tmp_path)
    with pytest.raises(InputError, match="is a folder; name a file"):
        segment_file(tmp_path, tmp_path)
    series = tmp_path / "series.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 4, 4, 2), np.float32), np.eye(4)), series)
    with pytest.raises(InputError, match=r"\(4, 4, 4, 2\)"):
        segment_file(series, tmp_path)


def test_the_engine_is_named_before_the_file_is_read(tmp_path):
    with pytest.raises(InputError, match="No segmentation engine 'hrmf'; did you mean 'hmrf'"):
        segment_file(tmp_path / "none.nii.gz", tmp_path, engine="hrmf")
