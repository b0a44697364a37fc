"""A raw head in, a harmonized head in its native space out."""

import nibabel
import numpy as np
import pytest

from phycharm.application.apply import harmonize_inputs
from phycharm.errors import InputError
from phycharm.preprocess import PreprocessSettings
from phycharm.preprocess.imaging.volume import Volume
from phycharm.preprocess.registration.head import Head
from phycharm.preprocess.registration.itk_aligner import ItkAligner

from support.whole_heads import Person, native_grid, pose_of, write_head

SETTINGS = PreprocessSettings(voxel_size=5)


@pytest.fixture(scope="module", params=["RAS", "LPI", "PSR"])
def raw(request, tmp_path_factory):
    """A head stored in some order of axes, oblique, with its mask."""
    folder = tmp_path_factory.mktemp("head")
    shape, affine = native_grid((6, 5.5, 6.2), axes=request.param, extent=(204, 228, 220))
    affine = pose_of((5, -4, 7), (3, 8, -6)) @ affine
    pose = pose_of((2, 3, 4), (4, 6, -30))
    image, mask = Person(2).scan("GE", pose, shape=shape, affine=affine)
    write_head(folder / "head.nii.gz", image, affine)
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), affine), folder / "mask.nii.gz")
    return folder


@pytest.fixture(scope="module")
def harmonized(raw, pair_model):
    """The head after the method `none`, which changes nothing but by the way there and back."""
    out = raw / "out.nii.gz"
    harmonize_inputs(
        [raw / "head.nii.gz"], model=pair_model, target="Siemens", out=out, source="GE",
        mask=raw / "mask.nii.gz", raw=SETTINGS,
    )  # fmt: skip
    return out


def test_round_trip_moves_the_brain_by_less_than_half_a_voxel(raw, harmonized):
    mask = Volume.read(raw / "mask.nii.gz").image > 0.5
    before, after = (
        Head(volume=Volume.read(path).masked(mask), mask=mask)
        for path in (raw / "head.nii.gz", harmonized)
    )
    matrix = ItkAligner().align(before, after, np.eye(4), affine=False)
    points = before.volume.space.world(np.argwhere(mask)[::20])
    moved = points @ (matrix - np.eye(4))[:3, :3].T + matrix[:3, 3]
    assert np.linalg.norm(moved, axis=1).max() < 0.5 * 5.5
    inside = after.volume.image[mask], before.volume.image[mask]
    assert np.corrcoef(*inside)[0, 1] > 0.9


def test_header_is_kept(raw, harmonized):
    before, after = nibabel.load(raw / "head.nii.gz"), nibabel.load(harmonized)
    assert after.shape == before.shape
    assert np.array_equal(after.affine, before.affine)
    for name in ("qform_code", "sform_code"):
        assert after.header[name] == before.header[name]


def test_outside_of_the_brain_is_kept(raw, harmonized):
    mask = nibabel.load(raw / "mask.nii.gz").get_fdata() > 0.5
    before, after = (nibabel.load(path).get_fdata() for path in (raw / "head.nii.gz", harmonized))
    assert np.array_equal(before[~mask], after[~mask])
    assert not np.array_equal(before[mask], after[mask])


def test_outside_of_the_brain_is_zeroed_when_asked(raw, pair_model):
    out = raw / "zero.nii.gz"
    harmonize_inputs(
        [raw / "head.nii.gz"], model=pair_model, target="Siemens", out=out, source="GE",
        mask=raw / "mask.nii.gz", raw=SETTINGS, outside="zero",
    )  # fmt: skip
    mask = nibabel.load(raw / "mask.nii.gz").get_fdata() > 0.5
    after = nibabel.load(out).get_fdata()
    assert not after[~mask].any()
    assert (after[mask] > 0).mean() > 0.95


def test_mask_of_another_grid_is_told(raw, pair_model, tmp_path):
    wrong = tmp_path / "mask.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), wrong)
    with pytest.raises(InputError, match="another grid"):
        harmonize_inputs(
            [raw / "head.nii.gz"], model=pair_model, target="Siemens", out=tmp_path / "o.nii.gz",
            source="GE", mask=wrong, raw=SETTINGS,
        )  # fmt: skip
    assert not (tmp_path / "o.nii.gz").exists()
