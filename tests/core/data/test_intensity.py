"""The common intensity scale."""

from dataclasses import fields

import numpy as np
import pytest

from phycharm.data.intensity import STANDARDIZATIONS, percentile_99

from support import phantom


@pytest.fixture
def scan():
    return phantom.raw_scan("01", phantom.GE)


def test_99th_percentile_of_the_brain_becomes_one(scan):
    image = percentile_99(scan).image
    assert np.percentile(image[scan.mask], 99) == pytest.approx(1, rel=1e-6)
    assert image.dtype == np.float32
    brain = scan.image[scan.mask]
    np.testing.assert_allclose(image[scan.mask] * np.percentile(brain, 99), brain, rtol=1e-5)


@pytest.mark.parametrize("factor", [1e-3, 7.0, 2e4])
def test_units_of_the_vendor_do_not_matter(scan, factor):
    scaled = scan.with_image(scan.image * np.float32(factor))
    np.testing.assert_allclose(percentile_99(scaled).image, percentile_99(scan).image, rtol=1e-5)


def test_outside_the_brain_is_zero_and_has_no_say(scan):
    noisy = scan.with_image(np.where(scan.mask, scan.image, np.float32(1e6)))
    np.testing.assert_array_equal(percentile_99(noisy).image, percentile_99(scan).image)
    assert not percentile_99(noisy).image[~scan.mask].any()


def test_twice_is_once(scan):
    once = percentile_99(scan)
    np.testing.assert_allclose(percentile_99(once).image, once.image, rtol=1e-6)


def test_one_bright_voxel_hardly_matters(scan):
    spike = scan.image.copy()
    spike[np.unravel_index(np.argmax(scan.mask), scan.mask.shape)] = 1e7
    before, after = percentile_99(scan).image, percentile_99(scan.with_image(spike)).image
    elsewhere = spike < 1e7
    np.testing.assert_allclose(after[elsewhere], before[elsewhere], rtol=0.02)


def test_empty_brain_stays_finite(scan):
    image = percentile_99(scan.with_image(np.zeros_like(scan.image))).image
    assert not image.any()


def test_scan_is_not_changed(scan):
    before = scan.image.copy()
    percentile_99(scan)
    np.testing.assert_array_equal(scan.image, before)


def test_everything_else_of_the_scan_is_kept(scan):
    after = percentile_99(scan)
    kept = [field.name for field in fields(scan) if field.name not in ("image", "scale")]
    assert all(getattr(after, name) is getattr(scan, name) for name in kept)


def test_scale_leads_back_to_the_units_of_the_file(scan):
    after = percentile_99(scan)
    assert (scan.scale, scan.with_image(scan.image * 2).scale) == (1.0, 1.0)
    np.testing.assert_allclose(after.image * after.scale, scan.image * scan.mask, rtol=1e-5)
    # However often a scan is put on another scale, one number says what it was.
    again = percentile_99(after.with_image(after.image * np.float32(0.5)))
    np.testing.assert_allclose(again.image, after.image, rtol=1e-5)
    assert again.scale == pytest.approx(after.scale * 0.5, rel=1e-5)


def test_names_that_protocols_use():
    assert STANDARDIZATIONS["p99"] is percentile_99
