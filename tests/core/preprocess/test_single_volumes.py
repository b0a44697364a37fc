"""The neck, blanked regions and the receive field, on heads that are known."""

import numpy as np
import pytest

from phycharm.errors import InputError
from phycharm.preprocess.imaging.bias_field import correct_bias
from phycharm.preprocess.imaging.flat_regions import flat_regions
from phycharm.preprocess.imaging.neck_crop import KEPT_MM, crop_neck
from phycharm.preprocess.imaging.space import Space
from phycharm.preprocess.imaging.volume import Volume

from support.whole_heads import Person, native_grid, pose_of

TOP = 62 + 16 * 62 / 68  # mm: the brain's upper semi-axis and what lies above it


@pytest.fixture(scope="module")
def tall():
    """A head with a long neck, its true mask, and noise in the air."""
    shape, affine = native_grid(5, extent=(200, 230, 330), shift=(0, 0, -55))
    image, mask = Person(3).scan("GE", pose_of(), shape=shape, affine=affine)
    return Volume(image=image, affine=affine), mask


class TestNeckCrop:
    def test_keeps_the_brain_and_leaves_the_neck_out(self, tall):
        head, mask = tall
        box = crop_neck(head, engine="builtin")
        assert mask[box].sum() > 0.99 * mask.sum()  # the stem goes on into the neck
        low, high = (head.space.world((0, 0, end))[2] for end in (box[2].start, box[2].stop))
        assert low == pytest.approx(TOP - KEPT_MM, abs=12)
        assert high > TOP

    def test_bright_speck_above_the_head_is_no_top(self, tall):
        head, _ = tall
        image = head.image.copy()
        image[20:22, 20:22, -3:] = image.max()
        spoiled = Volume(image=image, affine=head.affine)
        assert crop_neck(spoiled, engine="builtin") == crop_neck(head, engine="builtin")

    def test_short_volume_stays_whole(self, tall):
        head, _ = tall
        short = head.crop((slice(None), slice(None), slice(30, 62)))
        assert crop_neck(short, engine="builtin")[2] == slice(0, 32)

    def test_none(self, tall):
        assert crop_neck(tall[0], engine="none")[2] == slice(0, tall[0].image.shape[2])

    def test_robustfov_that_is_not_there(self, tall, monkeypatch):
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("FSLDIR", raising=False)
        with pytest.raises(InputError, match="--crop builtin"):
            crop_neck(tall[0], engine="robustfov")


class TestFlatRegions:
    def test_defaced_region_is_found_and_the_brain_is_not(self):
        shape, affine = native_grid(5)
        image, mask = Person(1).scan("GE", pose_of(), shape=shape, affine=affine, defaced=True)
        found = flat_regions(np.rint(image))
        blank = image == 0
        assert found[blank].mean() > 0.95
        assert not found[mask & ~blank].any()

    def test_any_constant_counts(self):
        image = np.random.default_rng(0).normal(size=(20, 20, 20)).astype(np.float32)
        image[4:10, 4:10, 4:10] = 77.0
        expected = np.zeros(image.shape, dtype=bool)
        expected[4:10, 4:10, 4:10] = True
        assert np.array_equal(flat_regions(image), expected)

    def test_single_equal_voxels_do_not(self):
        image = np.zeros((20, 20, 20), dtype=np.float32)
        image[::2] = 1.0
        assert not flat_regions(image).any()


class TestBiasField:
    def test_ramp_is_taken_out_and_the_mean_kept(self):
        space = Space.around((0, 0, 0), shape=(32, 32, 32), voxel_size=6.0)
        points = space.world(np.stack(np.indices(space.shape), axis=-1))
        mask = np.linalg.norm(points / [66, 84, 62], axis=-1) < 1
        tissue = np.where(np.sin(points.sum(axis=-1) / 8) > 0, 100.0, 60.0)
        image = (tissue * (1 + 0.3 * points[..., 0] / 96) * mask).astype(np.float32)
        found = correct_bias(image, mask, space)
        left, right = ((side * points[..., 0] > 20) & mask for side in (-1, 1))
        assert image[right].mean() / image[left].mean() > 1.2
        assert found[right].mean() / found[left].mean() == pytest.approx(1, abs=0.04)
        assert found[mask].mean() == pytest.approx(image[mask].mean(), rel=1e-4)
        assert not found[~mask].any()
