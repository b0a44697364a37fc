"""Laws that hold for any images: identity, symmetry, bounds, invariances."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from phycharm.benchmarks import metrics
from phycharm.benchmarks.metrics.image_scores import MEASURES

from support.metric_tester import ellipsoid, phantom

SHAPE = (11, 12, 11)
MASK = torch.from_numpy(ellipsoid(SHAPE))
VALUES = st.floats(0, 100, width=32)
IMAGES = arrays.arrays(np.float32, SHAPE, elements=VALUES, fill=VALUES).map(torch.from_numpy)
REFERENCES = st.integers(0, 50).map(lambda s: torch.from_numpy(phantom(SHAPE, seed=s)).float())


@settings(max_examples=25, deadline=None)
@given(reference=REFERENCES, image=IMAGES)
def test_values_are_finite_and_within_the_declared_bounds(reference, image):
    scores = metrics.score_image(reference, image, MASK, source=reference)
    for name, value in scores.items():
        low, high = metrics.METRICS[name].bounds
        assert np.isfinite(value), name
        assert low is None or value >= low - 1e-6, (name, value)
        assert high is None or value <= high + 1e-6, (name, value)


@settings(max_examples=20, deadline=None)
@given(reference=REFERENCES)
def test_an_image_is_perfect_beside_itself(reference):
    scores = metrics.score_image(reference, reference.clone(), MASK, source=reference)
    assert set(scores) == set(MEASURES)
    for name, value in scores.items():
        assert value == pytest.approx(metrics.METRICS[name].best, abs=1e-6), name


@settings(max_examples=20, deadline=None)
@given(a=REFERENCES, b=IMAGES, data_range=st.floats(0.1, 1000))
def test_similarity_is_symmetric_for_a_given_range(a, b, data_range):
    for function in (metrics.ssim, metrics.psnr):
        forth, back = (float(function(*p, MASK, data_range=data_range)) for p in ((a, b), (b, a)))
        assert forth == pytest.approx(back, abs=1e-5)
    assert float(metrics.structure(a, a.sin(), MASK)) == pytest.approx(
        float(metrics.structure(a, 5 - 3 * -a.sin(), MASK)), abs=1e-4
    )


@settings(max_examples=20, deadline=None)
@given(a=REFERENCES, b=REFERENCES, exponent=st.integers(-8, 8))
def test_one_intensity_scale_for_both_images_changes_nothing(a, b, exponent):
    factor = 2.0**exponent  # exact, so that no voxel changes its bin
    before = metrics.score_image(a.double(), b.double(), MASK, source=b.double())
    after = metrics.score_image(
        a.double() * factor, b.double() * factor, MASK, source=b.double() * factor
    )
    assert after == pytest.approx(before, abs=1e-9)


def test_more_noise_and_more_blur_are_worse():
    from scipy.ndimage import gaussian_filter

    reference = phantom((24, 24, 24), seed=1)
    mask = torch.from_numpy(ellipsoid(reference.shape))
    rng = np.random.default_rng(0)
    noise = rng.normal(size=reference.shape)
    noisy = [reference + amount * noise for amount in (0, 0.05, 0.1, 0.3)]
    blurred = [gaussian_filter(reference, amount) for amount in (0, 0.5, 1, 2)]
    for series in (noisy, blurred):
        scores = [
            metrics.score_image(*(torch.from_numpy(v) for v in (reference, image)), mask)
            for image in series
        ]
        for name in scores[0]:
            merits = metrics.METRICS[name].merit([score[name] for score in scores])
            assert np.all(np.diff(merits) < 0), (name, merits)


def test_what_lies_outside_the_mask_has_no_say():
    a, b, source = (torch.from_numpy(phantom(SHAPE, seed=s)) for s in (1, 2, 3))
    expected = metrics.score_image(a, b, MASK, source=source)
    dirt = torch.where(MASK, 0.0, torch.rand(SHAPE, generator=torch.manual_seed(0)) * 9)
    dirt[0, 0, 0] = torch.nan
    assert metrics.score_image(a, b + dirt, MASK, source=source + dirt) == expected
    assert metrics.score_image(a + dirt, b, MASK, source=source) == expected


def test_structure_sees_a_moved_edge_but_not_a_changed_contrast():
    source = torch.from_numpy(phantom((24, 24, 24), seed=1))
    mask = torch.from_numpy(ellipsoid((24, 24, 24)))
    darker = source**1.5 + 3
    moved = source.roll(2, dims=0)
    kept, lost = (float(metrics.structure(source, image, mask)) for image in (darker, moved))
    assert kept > 0.99
    assert lost < 0.5
