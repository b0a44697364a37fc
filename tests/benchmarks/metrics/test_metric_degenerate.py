"""What cannot be compared is refused in one line; what diverged scores NaN."""

import math

import pytest
import torch

from phycharm.benchmarks import metrics
from phycharm.benchmarks.metrics.image_scores import MEASURES
from phycharm.errors import InputError

from support.metric_tester import ellipsoid, phantom

SHAPE = (12, 13, 14)
REFERENCE = torch.from_numpy(phantom(SHAPE, seed=1))
IMAGE = torch.from_numpy(phantom(SHAPE, seed=2))
MASK = torch.from_numpy(ellipsoid(SHAPE))
RANGED = ("ssim", "ssim_slices", "psnr", "psnr_slices", "nrmse", "wasserstein", "jensen_shannon")
ALL = (*RANGED, "sharpness", "sharpness_source", "structure")


def call(name, reference, image, mask=None, data_range=1.5):
    options = {"data_range": data_range} if name in RANGED else {}
    return getattr(metrics, name)(reference, image, mask, **options)


def refused(function, pattern):
    with pytest.raises(InputError, match=pattern) as caught:
        function()
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ALL)
def test_shapes_must_agree(name):
    refused(lambda: call(name, REFERENCE, IMAGE[:-1]), r"one shape, got \(12, 13, 14\) and \(11")
    refused(lambda: call(name, REFERENCE[0], IMAGE[0]), "must be 3D")
    refused(lambda: call(name, REFERENCE, IMAGE, MASK[1:]), r"mask has shape \(11, 13, 14\)")


@pytest.mark.parametrize("name", ALL)
def test_an_empty_mask_is_refused(name):
    refused(lambda: call(name, REFERENCE, IMAGE, torch.zeros_like(MASK)), "mask is empty")


@pytest.mark.parametrize("name", ALL)
def test_a_reference_with_nan_is_refused(name):
    broken = REFERENCE.clone()
    broken[6, 6, 6] = torch.nan
    refused(lambda: call(name, broken, IMAGE, MASK), "NaN or infinite")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", MEASURES)
def test_a_diverged_image_scores_nan_in_every_metric(name, value):
    broken = IMAGE.clone()
    broken[6, 6, 6] = value
    assert math.isnan(
        metrics.score_image(REFERENCE, broken, MASK, source=IMAGE, names=[name])[name]
    )


@pytest.mark.parametrize("data_range", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("name", [name for name in RANGED if name != "nrmse"])
def test_a_range_must_be_positive(name, data_range):
    refused(lambda: call(name, REFERENCE, IMAGE, MASK, data_range), "data_range must be positive")


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_constant_image_has_finite_scores_and_no_structure(level):
    constant = torch.full(SHAPE, level, dtype=torch.float64)
    scores = metrics.score_image(REFERENCE, constant, MASK, source=REFERENCE)
    assert all(map(math.isfinite, scores.values()))
    assert scores["structure"] == 0
    assert scores["sharpness"] == 0
    assert scores["jensen_shannon"] > 0.9
    if level == 0:
        assert scores["nrmse"] == 1


def test_a_constant_reference_is_refused():
    constant = torch.full(SHAPE, 3.0)
    refused(lambda: metrics.data_range(constant, MASK), "constant in the mask")
    refused(lambda: metrics.sharpness(constant, IMAGE), "constant in the mask")
    refused(lambda: metrics.structure(constant, IMAGE, MASK), "source image is constant")
    refused(lambda: metrics.nrmse(0 * constant, IMAGE), "whole reference is 0")
    refused(lambda: metrics.ssim_slices(0 * constant, IMAGE, data_range=1.0), "every slice")
    almost = torch.zeros(SHAPE)
    almost[0, 0, 0] = 1
    refused(lambda: metrics.data_range(almost), "constant in the mask")


def test_images_smaller_than_the_window_need_a_mask():
    refused(lambda: metrics.ssim(REFERENCE[:10], IMAGE[:10], data_range=1.0), "11 voxels")


def test_a_mask_without_interior_has_no_sharpness():
    thin = torch.zeros_like(MASK)
    thin[5] = True
    refused(lambda: metrics.sharpness(REFERENCE, IMAGE, thin), "six neighbours")


def test_scoring_refuses_unknown_names_and_missing_source():
    refused(
        lambda: metrics.score_image(REFERENCE, IMAGE, MASK, names=["sim"]), "unknown image metric"
    )
    refused(
        lambda: metrics.score_image(REFERENCE, IMAGE, MASK, names=["structure"]), "needs the source"
    )
    assert "structure" not in metrics.score_image(REFERENCE, IMAGE, MASK)


def test_integer_and_half_images_are_compared_as_float32():
    whole = (REFERENCE * 100).to(torch.int16)
    other = (IMAGE * 100).to(torch.int16)
    expected = metrics.ssim(whole.float(), other.float(), data_range=150.0)
    assert metrics.ssim(whole, other, data_range=150.0) == expected
    assert metrics.ssim(whole.half(), other.half(), data_range=150.0) == expected


def test_mush_keeps_neither_structure_nor_sharpness():
    """A blurred brain mask is alike on all scanners, and wins whatever compares two of them."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(5)
    mask = np.zeros((24, 24, 24), bool)
    mask[4:20, 4:20, 4:20] = True
    source = rng.uniform(0.2, 1.0, mask.shape).astype(np.float32) * mask
    mush = gaussian_filter(mask.astype(np.float32), 3) * mask
    found = metrics.score_image(mush, mush, mask, source=source)
    assert found["ssim"] == pytest.approx(1)
    assert found["sharpness_source"] < 0.2
    assert found["structure"] < 0.2
    kept = metrics.score_image(source, 7 * source + 2, mask, source=source)
    assert kept["sharpness_source"] == pytest.approx(1, abs=1e-4)
