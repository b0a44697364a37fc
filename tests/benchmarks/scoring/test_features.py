"""Features of images: each against what it stands for."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phycharm.benchmarks.scoring.features import FEATURES, image_features
from phycharm.benchmarks.scoring.tissues import TissuesInMask
from phycharm.laws.phantom import TESTED, Phantom

from support.tissue_engines import Threshold


@pytest.fixture(scope="module")
def scan():
    phantom = Phantom()
    return phantom.scan(TESTED[0], phantom.scanners[0])


def test_intensities_are_numpy_s(scan):
    found = image_features(scan.image, scan)
    inside = scan.image[scan.mask].astype(np.float64)
    assert found["mean"] == pytest.approx(inside.mean())
    assert found["deviation"] == pytest.approx(inside.std())
    assert found["quantile_05"] == pytest.approx(np.quantile(inside, 0.05))
    assert list(found) == list(FEATURES)


def test_shading_is_found_along_its_axis(scan):
    extent = np.ptp(np.argwhere(scan.mask), axis=0)[1]
    ramp = 1 + 0.3 * np.arange(scan.image.shape[1]) / extent
    flat = np.ones_like(scan.image)
    found = image_features((flat * ramp[None, :, None]).astype(np.float32), scan)
    mean = found["mean"]
    assert found["slope_y"] == pytest.approx(0.3 / mean, rel=1e-4)
    assert found["slope_x"] == pytest.approx(0, abs=1e-5)


def test_blur_lowers_texture_most_along_its_axis(scan):
    rough = np.random.default_rng(0).standard_normal(scan.image.shape).astype(np.float32) + 5
    sharp = image_features(rough, scan)
    soft = image_features(gaussian_filter(rough, (1, 0, 0)), scan)
    # Of neighbours in white noise, the mean squared difference is twice the variance.
    assert sharp["gradient_x"] == pytest.approx(2, rel=0.1)
    assert soft["gradient_x"] < 0.5 * sharp["gradient_x"]
    assert soft["gradient_z"] == pytest.approx(2, rel=0.1)
    assert soft["laplacian"] < sharp["laplacian"]


def test_noise_is_that_of_the_laplacian(scan):
    rng = np.random.default_rng(0)
    noisy = (1 + 0.05 * rng.standard_normal(scan.image.shape)).astype(np.float32)
    found = image_features(noisy, scan)
    # The Laplacian of white noise has sqrt(6 + 36) times its deviation.
    assert found["noise"] == pytest.approx(0.05 * np.sqrt(42), rel=0.15)


def test_contrasts_are_of_the_image_s_own_tissues(scan):
    segmented = Threshold().segment(scan)
    found = image_features(scan.image, scan, TissuesInMask.of(segmented, scan.mask))
    grey = scan.image[scan.mask & (segmented.pve_labels == 2)].astype(np.float64)
    white = scan.image[scan.mask & (segmented.pve_labels == 3)].astype(np.float64)
    assert found["mean_GM"] == pytest.approx(grey.mean())
    assert found["deviation_GM"] == pytest.approx(grey.std() / grey.mean())
    assert found["contrast_GM_WM"] == pytest.approx(grey.mean() / white.mean())


def test_gain_moves_intensities_alone(scan):
    one, twice = image_features(scan.image, scan), image_features(scan.image * 2, scan)
    assert twice["mean"] == pytest.approx(2 * one["mean"])
    for name in ("slope_x", "gradient_y", "laplacian", "noise"):
        assert twice[name] == pytest.approx(one[name], rel=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.7, float("nan"), float("inf")])
def test_an_image_without_structure_has_no_texture(scan, value):
    found = image_features(np.full_like(scan.image, value), scan)
    assert list(found) == list(FEATURES)
    assert np.isnan(found["laplacian"]) or found["laplacian"] == pytest.approx(0, abs=1e-3)
    assert np.isnan(found["mean"]) != np.isfinite(value)
