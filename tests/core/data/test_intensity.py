"""The common intensity scale."""

from dataclasses import fields

import numpy as np
import pytest

from phycharm.data.intensity import (
    STANDARDIZATIONS,
    intensity_scale,
    percentile_90,
    percentile_99,
    standardize,
    white_matter_mean,
)
from phycharm.errors import InputError

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
    changed = ("image", "scale", "standardization")
    kept = [field.name for field in fields(scan) if field.name not in changed]
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


EVERY = pytest.mark.parametrize("name", list(STANDARDIZATIONS))


def head(*, shading=0.0, white=0.4, spread=0.05, seed=0):
    """A brain of dark, grey and white voxels, which are white, and its mask: 32 voxels a side."""
    rng = np.random.default_rng(seed)
    shape = (32, 32, 32)
    position = np.linspace(-1, 1, 32)[:, None, None] * np.ones(shape)
    tissue = rng.choice(3, size=shape, p=(0.2, 0.8 - white, white))
    image = np.choose(tissue, (200.0, 700.0, 1000.0)) * (1 + spread * rng.standard_normal(shape))
    image *= np.exp(shading * (position - position.mean()) / position.std())
    mask = np.ones(shape, dtype=bool)
    mask[:, :, :4] = False
    return np.where(mask, image, 5e4).astype(np.float32), (tissue == 2) & mask, mask


class TestEveryRule:
    @EVERY
    def test_says_so_in_the_scan(self, scan, name):
        assert scan.standardization == ""
        one = STANDARDIZATIONS[name](scan)
        assert one.standardization == name
        assert one.with_image(one.image * 2).standardization == name

    @EVERY
    def test_is_one_number_per_scan(self, scan, name):
        one, scale = STANDARDIZATIONS[name](scan), intensity_scale(scan.image, scan.mask, name)
        np.testing.assert_allclose(one.image[scan.mask] * scale, scan.image[scan.mask], rtol=1e-5)
        assert not one.image[~scan.mask].any()
        assert one.image.dtype == np.float32

    @EVERY
    @pytest.mark.parametrize("factor", [1e-3, 7.0, 2e4])
    def test_units_do_not_matter(self, name, factor):
        image, _, mask = head()
        np.testing.assert_allclose(
            standardize(image * np.float32(factor), mask, name),
            standardize(image, mask, name),
            rtol=1e-4,
        )

    @EVERY
    def test_twice_is_once(self, scan, name):
        once = STANDARDIZATIONS[name](scan)
        np.testing.assert_allclose(
            STANDARDIZATIONS[name](once).image, once.image, rtol=1e-5, atol=1e-7
        )

    @EVERY
    def test_arrays_and_scans_alike(self, scan, name):
        np.testing.assert_array_equal(
            standardize(scan.image, scan.mask, name), STANDARDIZATIONS[name](scan).image
        )

    @EVERY
    def test_outside_the_brain_has_no_say(self, name):
        image, _, mask = head()
        np.testing.assert_array_equal(
            standardize(image, mask, name), standardize(image * mask, mask, name)
        )

    @EVERY
    @pytest.mark.parametrize("value", [0.0, -3.0])
    def test_a_brain_without_signal_stays_finite(self, name, value):
        image, _, mask = head()
        dark = np.full_like(image, value)
        assert intensity_scale(dark, mask, name) <= 0
        np.testing.assert_array_equal(standardize(dark, mask, name), np.where(mask, value, 0))

    @EVERY
    def test_a_brain_of_one_voxel_and_of_two_far_apart(self, name):
        image = np.array([[[4.0, 900.0]]], dtype=np.float32)
        for mask in ([[[True, False]]], [[[True, True]]]):
            assert np.isfinite(standardize(image, np.array(mask), name)).all()

    @EVERY
    def test_constant_brain(self, name):
        _, _, mask = head()
        found = standardize(np.full(mask.shape, 250, dtype=np.float32), mask, name)
        np.testing.assert_allclose(found[mask], 1, rtol=1e-6)


class TestWhiteMatter:
    @pytest.mark.parametrize("white", [0.3, 0.4, 0.5])
    def test_mean_becomes_one(self, white):
        image, where, mask = head(white=white)
        found = standardize(image, mask, "wm_mean")
        assert found[where].mean() == pytest.approx(1, abs=0.01)

    @pytest.mark.parametrize(("name", "bound"), [("p90", 0.02), ("wm_mean", 0.02)])
    def test_a_bright_rim_moves_it_little(self, name, bound):
        image, where, mask = head()
        rim = mask.copy()
        rim[1:-1, 1:-1, 5:-1] = False
        shaded = np.where(rim, image * np.float32(1.4), image)
        where &= ~rim
        before, after = (standardize(one, mask, name)[where].mean() for one in (image, shaded))
        worse = [standardize(one, mask, "p99")[where].mean() for one in (image, shaded)]
        assert abs(after / before - 1) < bound * 2
        assert abs(worse[1] / worse[0] - 1) > 0.15

    @pytest.mark.parametrize("name", ["p90", "wm_mean"])
    @pytest.mark.parametrize("shading", [0.05, 0.1])
    def test_shading_moves_it_less_than_the_brightest_hundredth(self, name, shading):
        def level(rule, strength):
            image, where, mask = head(shading=strength)
            return standardize(image, mask, rule)[where].mean()

        ours, theirs = (abs(level(r, shading) / level(r, 0) - 1) for r in (name, "p99"))
        assert ours < theirs / 1.5

    def test_references(self):
        image, _, mask = head()
        brain = image[mask].astype(float)
        ninety = np.percentile(brain, 90)
        assert intensity_scale(image, mask, "p90") == pytest.approx(ninety, rel=1e-6)
        near = brain[abs(brain - ninety) <= 0.1 * ninety]
        assert intensity_scale(image, mask, "wm_mean") == pytest.approx(near.mean(), rel=1e-4)


def test_names_keep_their_meaning():
    rules = {"p99": percentile_99, "p90": percentile_90, "wm_mean": white_matter_mean}
    assert rules == STANDARDIZATIONS


def test_no_name_is_the_99th_percentile():
    image, _, mask = head()
    np.testing.assert_array_equal(standardize(image, mask, ""), standardize(image, mask, "p99"))


def test_unknown_name():
    image, _, mask = head()
    with pytest.raises(InputError, match="No standardization 'p98'; "):
        standardize(image, mask, "p98")
