"""Harmonizing one file: where the brain is, and images that cannot be used."""

import numpy as np
import pytest

from phycharm.application.apply import harmonize_inputs

from support.model_files import AFFINE, files_in, in_ras, refused, store


@pytest.fixture
def head(brain):
    """A head: bright outside the brain too."""
    return np.where(brain > 0, brain, brain.max() * 3).astype(np.float32)


@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_a_mask_in_any_orientation_cuts_the_brain_out(tmp_path, brain, head, pair_model, codes):
    image = store(tmp_path / "head.nii.gz", head, "LAS")
    mask = store(tmp_path / "mask.nii.gz", (brain > 0).astype(np.uint8), codes)
    (out,) = harmonize_inputs(
        [image], model=pair_model, target="GE", out=tmp_path / "o.nii.gz", mask=mask
    )
    np.testing.assert_allclose(in_ras(out), brain, rtol=1e-6)


def test_a_head_without_mask_is_refused(tmp_path, head, pair_model):
    path = store(tmp_path / "head.nii.gz", head)
    message = refused(path, model=pair_model, target="GE", out=tmp_path / "o.nii.gz")
    assert "head.nii.gz" in message
    assert "--mask" in message
    assert files_in(tmp_path) == ["head.nii.gz"]


@pytest.mark.parametrize("spoil", ["shape", "affine", "faint", "empty", "missing"])
def test_masks_that_cannot_be_used(tmp_path, brain, pair_model, spoil):
    image, mask = store(tmp_path / "in.nii.gz", brain), tmp_path / "mask.nii.gz"
    inside = (brain > 0).astype(np.float32)
    if spoil == "shape":
        store(mask, inside[:-1])
    elif spoil == "affine":
        store(mask, inside, affine=AFFINE + np.eye(4, k=3) * 5)
    elif spoil != "missing":
        store(mask, inside * np.float32(0.4 if spoil == "faint" else 0))
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "mask.nii.gz" in message
    if spoil in ("shape", "affine"):
        assert "another grid than in.nii.gz" in message
        assert ("shape" in message) == (spoil == "shape")
    if spoil in ("faint", "empty"):
        assert "none is brain" in message
    assert not (tmp_path / "o.nii").exists()


def test_a_full_mask_is_a_mask_of_which_is_told(tmp_path, brain, pair_model):
    image = store(tmp_path / "in.nii.gz", brain + 1)
    mask = store(tmp_path / "mask.nii.gz", np.ones(brain.shape, np.uint8))
    with pytest.warns(UserWarning, match=r"mask\.nii\.gz: every voxel is brain"):
        (out,) = harmonize_inputs(
            [image], model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask
        )
    np.testing.assert_allclose(in_ras(out), brain + 1, rtol=1e-5)


@pytest.mark.parametrize("with_mask", [False, True])
def test_z_scored_images_are_refused(tmp_path, brain, pair_model, with_mask):
    inside = brain > 0
    scored = np.where(inside, (brain - brain[inside].mean()) / brain[inside].std(), 0)
    image = store(tmp_path / "z.nii.gz", scored.astype(np.float32))
    mask = store(tmp_path / "mask.nii.gz", inside.astype(np.uint8)) if with_mask else None
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "z.nii.gz" in message
    assert "z-scored" in message
    # A negative background alone (an offset in the header) is cured by a mask.
    assert ("--mask" in message) != with_mask


def test_a_few_negative_voxels_are_no_harm(tmp_path, brain, pair_model):
    ringing = brain.copy()
    ringing[0, :, 0] = -3
    image = store(tmp_path / "in.nii", ringing)
    (out,) = harmonize_inputs([image], model=pair_model, target="GE", out=tmp_path / "o.nii")
    np.testing.assert_allclose(in_ras(out), np.where(ringing > 0, ringing, 0), rtol=1e-6)


def test_a_brain_without_signal_is_refused(tmp_path, brain, pair_model):
    image = store(tmp_path / "in.nii", brain)
    mask = store(tmp_path / "mask.nii", (brain == 0).astype(np.uint8))
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "no signal" in message
