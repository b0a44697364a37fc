"""Smoothing within a mask, and finding out how smooth an image is."""

import numpy as np
import pytest
from scipy import ndimage

from phycharm.physics.resolution import masked_smoothing, resolution_width

RNG = np.random.default_rng(0)
MASK = np.linalg.norm(np.indices((30, 32, 28)).T - (15, 16, 14), axis=-1).T < 11
SHARP = np.where(MASK, ndimage.gaussian_filter(RNG.normal(size=MASK.shape), 0.8) * 0.5 + 1, 0)
SHARP = SHARP.astype(np.float32)


def test_constant_stays_constant_to_the_edge():
    smooth = masked_smoothing(np.full(MASK.shape, 3, np.float32), MASK, 1.5)
    np.testing.assert_allclose(smooth[MASK], 3, rtol=1e-5)
    assert not smooth[~MASK].any()


def test_outside_does_not_leak_in():
    loud = np.where(MASK, SHARP, 1e6).astype(np.float32)
    np.testing.assert_array_equal(
        masked_smoothing(loud, MASK, 1.0), masked_smoothing(SHARP, MASK, 1.0)
    )


def test_no_width_is_no_smoothing():
    np.testing.assert_array_equal(masked_smoothing(SHARP, MASK, 0.0), SHARP)


@pytest.mark.parametrize("width", [0.0, 0.7, 1.4])
@pytest.mark.parametrize("gain", [1.0, 250.0])
def test_width_of_a_smoothed_image_is_found(width, gain):
    image = gain * masked_smoothing(SHARP, MASK, width)
    assert resolution_width(image, SHARP, MASK) == pytest.approx(width, abs=0.16)


def test_sharper_image_needs_none():
    assert resolution_width(SHARP, masked_smoothing(SHARP, MASK, 1.0), MASK) < 0.2
