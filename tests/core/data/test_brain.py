"""What is brain: the same for every command and reader."""

import warnings

import numpy as np
import pytest

from phycharm.data.brain import extracted_brain, read_mask, require_magnitudes
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError

from support.faulty_files import head_of
from support.phantom import AFFINE, GE, raw_scan

# Its mask reaches far less than 2.5 l on voxels of 5 mm, and more on voxels of 15 mm.
BRAIN = raw_scan("07", GE).image
LARGE = AFFINE * np.array([[3.0], [3.0], [3.0], [1.0]])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "brain.nii.gz"


def mask_of(path, volume, affine=AFFINE):
    write_volume(path, volume, affine)
    return read_mask(path, shape=volume.shape, affine=affine, of=path.with_name("T1w.nii.gz"))


class TestMasks:
    def test_half_is_the_border(self, path):
        volume = np.zeros(BRAIN.shape, np.float32)
        volume[2, 2, :5] = 0, 0.3, 0.5, 0.51, 255
        assert mask_of(path, volume)[2, 2, :5].tolist() == [False, False, False, True, True]

    @pytest.mark.parametrize("value", [0, 0.5])
    def test_empty(self, path, value):
        with pytest.raises(InputError, match=r"brain\.nii\.gz: .*none is brain"):
            mask_of(path, np.full(BRAIN.shape, value, np.float32))

    def test_full(self, path):
        with pytest.warns(UserWarning, match=r"brain\.nii\.gz: every voxel is brain"):
            assert mask_of(path, np.ones(BRAIN.shape, np.uint8)).all()

    def test_larger_than_any_brain(self, path):
        mask = (BRAIN > 0).astype(np.uint8)
        litres = mask.sum() * 15**3 * 1e-6
        assert 2.5 < litres < 20
        with pytest.warns(UserWarning, match=rf"would be {litres:.1f} l, .* than 2\.5 l") as told:
            mask_of(path, mask, LARGE)
            read_mask(path, shape=mask.shape, affine=LARGE, of=path)
        assert len(told) == 1, "once a file"

    def test_of_another_grid(self, path):
        write_volume(path, BRAIN > 0, LARGE)
        with pytest.raises(InputError, match=r"another grid than T1w\.nii.*resample"):
            read_mask(path, shape=BRAIN.shape, affine=AFFINE, of=path.with_name("T1w.nii"))


class TestExtractedBrains:
    def test_is_where_the_image_is_positive(self, path):
        image = BRAIN.copy()
        image[0, 0, 0] = -1
        np.testing.assert_array_equal(extracted_brain(image, AFFINE, path), BRAIN > 0)

    def test_a_head_with_a_background_of_noise(self, path):
        with pytest.raises(InputError, match="its brain has not been extracted"):
            extracted_brain(head_of(BRAIN, background=7), AFFINE, path)

    def test_a_head_with_a_background_of_zeros(self, path):
        shape = tuple(n + 16 for n in BRAIN.shape)
        brain = np.zeros(shape, np.float32)
        brain[8:-8, 8:-8, 8:-8] = BRAIN
        with pytest.warns(UserWarning, match=r"none is larger than 2\.5 l; extract the brain"):
            extracted_brain(head_of(brain, background=0), LARGE, path)

    @pytest.mark.parametrize("image", [np.zeros_like(BRAIN), -BRAIN - 1, -BRAIN])
    def test_nothing_positive(self, path, image):
        with pytest.raises(InputError, match=r"brain\.nii\.gz: "):
            extracted_brain(image, AFFINE, path)


class TestMagnitudes:
    @pytest.mark.parametrize("share", [0.0, 0.2])
    def test_a_few_negative_voxels_are_no_harm(self, path, share):
        mask, image = BRAIN > 0, BRAIN.copy()
        image[mask] = np.where(np.arange(mask.sum()) < share * mask.sum(), -5, image[mask])
        require_magnitudes(image, mask, path)

    @pytest.mark.parametrize("made", ["z-scored", "negative", "shifted"])
    def test_centred_images(self, path, made):
        mask = BRAIN > 0
        inside = BRAIN[mask]
        image = {
            "z-scored": (BRAIN - inside.mean()) / inside.std(),
            "negative": BRAIN - 1.1 * BRAIN.max(),
            "shifted": BRAIN - np.percentile(inside, 40),
        }[made]
        with pytest.raises(
            InputError, match=r"brain\.nii\.gz: .* negative, as in a z-scored image"
        ):
            require_magnitudes(image, mask, path)

    def test_no_signal(self, path):
        with pytest.raises(InputError, match="no signal"):
            require_magnitudes(BRAIN, BRAIN == 0, path)


def test_nothing_is_said_of_a_brain(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extracted_brain(BRAIN, AFFINE, path)
        mask_of(path, BRAIN > 0)
