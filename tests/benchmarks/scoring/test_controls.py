"""Controls: images whose place in the order is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phycharm.benchmarks.scoring.controls import (
    CONTROLS,
    RESCAN,
    blurred,
    constant,
    control_cards,
    oracle,
)

from support import phantom


@pytest.fixture(scope="module")
def target():
    return phantom.cohort().scan("01", phantom.SIEMENS)


def test_oracle_is_the_target(target):
    assert oracle(target) is target.image


def test_constant_is_the_mean_of_the_brain(target):
    image = constant(target)
    assert image.dtype == np.float32
    assert np.unique(image[target.mask]).size == 1
    assert image[target.mask][0] == pytest.approx(target.image[target.mask].mean(), rel=1e-5)
    assert not image[~target.mask].any()


@pytest.mark.parametrize(("voxel", "sigma"), [(1.0, 3.0), (2.0, 1.5), (5.0, 1.0)])
def test_blur_is_three_millimetres_and_at_least_a_voxel(target, voxel, sigma):
    image = blurred(replace(target, affine=np.diag([voxel, voxel, voxel, 1.0])))
    np.testing.assert_allclose(image, gaussian_filter(target.image, sigma), atol=1e-6)
    assert image.dtype == np.float32


def test_blur_follows_voxels_that_are_no_cubes(target):
    image = blurred(replace(target, affine=np.diag([1.0, 1.5, 6.0, 1.0])))
    np.testing.assert_allclose(image, gaussian_filter(target.image, (3, 2, 1)), atol=1e-6)


def test_every_control_has_a_card_that_says_so():
    cards = control_cards()
    assert list(CONTROLS) == ["oracle", "blurred", "constant"]
    assert [card.name for card in cards] == [*CONTROLS, RESCAN]
    assert all(card.control and card.summary.endswith(".") for card in cards)
