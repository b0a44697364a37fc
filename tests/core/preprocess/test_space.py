"""Grids and resampling, against functions that are known everywhere."""

import numpy as np
import pytest

from phycharm.preprocess.imaging.space import Space, bounding_box, resample

from support.whole_heads import pose_of


def wave(points):
    """A smooth function of world coordinates, (..., 3) to (...)."""
    return np.cos(points @ np.array([0.06, -0.04, 0.05])).astype(np.float32)


def sampled(space):
    return wave(space.world(np.stack(np.indices(space.shape), axis=-1)))


@pytest.fixture
def own():
    axes = pose_of((20, -10, 30))[:3, :3]
    return Space.around((5, -3, 2), shape=(40, 44, 42), voxel_size=2.0, axes=axes)


def test_grid_lies_around_its_centre(own):
    middle = (np.array(own.shape) - 1) / 2
    assert own.world(middle) == pytest.approx((5, -3, 2))
    assert own.voxel_size == pytest.approx((2, 2, 2))
    assert own.voxel_volume == pytest.approx(0.008)


def test_cut_keeps_every_voxel_in_its_place(own):
    part = own.crop((slice(3, 10), slice(None), slice(5, None)))
    assert part.shape == (7, 44, 37)
    assert part.world((0, 1, 2)) == pytest.approx(own.world((3, 1, 7)))


@pytest.mark.parametrize(("order", "error"), [(1, 0.03), (3, 2e-3)])
def test_resampled_values_are_those_of_the_place(own, order, error):
    target = Space.around((6, -2, 0), shape=(20, 20, 20), voxel_size=1.5)
    found = resample(sampled(own), own, target, order=order)
    assert np.abs(found - sampled(target)).max() < error


def test_matrix_leads_from_the_target_to_the_image(own):
    target = Space.around((0, 0, 0), shape=(12, 12, 12), voxel_size=1.5)
    matrix = pose_of((0, 0, 15), (4, -2, 3))
    found = resample(sampled(own), own, target, matrix=matrix)
    points = target.world(np.stack(np.indices(target.shape), axis=-1))
    expected = wave(points @ matrix[:3, :3].T + matrix[:3, 3])
    assert np.abs(found - expected).max() < 2e-3


def test_coarser_grid_does_not_alias():
    fine = Space.around((0, 0, 0), shape=(64, 64, 64), voxel_size=1.0)
    noise = np.random.default_rng(0).normal(size=fine.shape).astype(np.float32)
    coarse = Space.around((0, 0, 0), shape=(12, 12, 12), voxel_size=4.0)
    # Means over about 4 x 4 x 4 voxels: sampled without smoothing, the noise would keep most of 1.
    assert resample(noise, fine, coarse, order=1).std() < 0.2


def test_nothing_outside_the_field_of_view():
    own = Space.around((0, 0, 0), shape=(8, 8, 8), voxel_size=2.0)
    target = Space.around((100, 0, 0), shape=(4, 4, 4), voxel_size=2.0)
    assert not resample(np.ones(own.shape, np.float32), own, target).any()


def test_box_holds_the_mask_and_no_more_than_the_volume():
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[1, 4:6, 8] = True
    assert bounding_box(mask) == (slice(1, 2), slice(4, 6), slice(8, 9))
    assert bounding_box(mask, margin=3) == (slice(0, 5), slice(1, 9), slice(5, 9))
