"""Every image metric against an implementation that is not ours."""

import doctest
import math
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from phycharm.benchmarks import metrics

from support import metric_references as references
from support.metric_tester import DTYPES, SHAPES, MetricTester, ellipsoid, phantom


def _ranged(name):
    function = getattr(metrics, name)
    return lambda a, b, mask, data_range: function(a, b, mask, data_range=data_range)


def _plain(name):
    function = getattr(metrics, name)
    return lambda a, b, mask, data_range: function(a, b, mask)


TESTERS = {
    name: MetricTester(metric=make(name), oracle=getattr(references, name), tolerance=tolerance)
    for name, make, tolerance in (
        ("ssim", _ranged, 1e-5),
        ("ssim_slices", _ranged, 1e-5),
        ("psnr", _ranged, 1e-5),
        ("psnr_slices", _ranged, 1e-5),
        ("nrmse", _ranged, 1e-7),
        ("wasserstein", _ranged, 1e-9),
        ("jensen_shannon", _ranged, 1e-9),
        ("sharpness", _plain, 1e-5),
        ("structure", _plain, 1e-5),
        ("sharpness_source", _plain, 1e-5),
    )
}


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", TESTERS)
def test_agrees_with_reference(name, shape, dtype, masked):
    TESTERS[name].check(shape, dtype, masked=masked)


def test_every_image_metric_is_held_against_a_reference():
    from phycharm.benchmarks.metrics.image_scores import MEASURES

    same_function = {"ssim_fov": "ssim", "psnr_fov": "psnr"}
    assert {same_function.get(name, name) for name in MEASURES} == set(TESTERS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_map_is_that_of_scikit_image(dtype):
    a, b = (phantom((14, 9, 31), seed=s).astype(dtype) for s in (3, 4))
    _, expected = structural_similarity(
        a, b, data_range=1.5, full=True, win_size=9, **references.WINDOW
    )
    got = metrics.ssim_map(torch.from_numpy(a), torch.from_numpy(b), data_range=1.5)
    assert got.dtype == getattr(torch, dtype)
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-4 if dtype == "float32" else 1e-12)


def test_window_may_be_larger_than_the_image_where_there_is_a_mask():
    a, b = (phantom((3, 4, 20), seed=s) for s in (5, 6))
    mask = np.ones(a.shape, bool)
    expected = references.gaussian_filter(a, 1.5, truncate=3.5)
    from phycharm.benchmarks.metrics.gaussian import smooth

    np.testing.assert_allclose(smooth(torch.from_numpy(a)).numpy(), expected, atol=1e-12)
    value = metrics.ssim(
        torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(mask), data_range=1.5
    )
    whole = metrics.ssim_map(torch.from_numpy(a), torch.from_numpy(b), data_range=1.5)
    assert float(value) == pytest.approx(float(whole.mean()), abs=1e-12)


def _matmul_precision():
    matmul = torch.backends.cuda.matmul, torch.backends.mkldnn.matmul
    return [backend.fp32_precision for backend in matmul]


@pytest.fixture
def restored_precision():
    before = _matmul_precision()
    yield
    for backend, precision in zip(("cuda", "mkldnn"), before, strict=True):
        getattr(torch.backends, backend).matmul.fp32_precision = precision


@pytest.mark.skipif(
    not hasattr(torch.backends.mkldnn, "matmul"), reason="torch before 2.9 has no such switches"
)
@pytest.mark.parametrize("setting", ["high", "medium", "backend"])
@pytest.mark.usefixtures("restored_precision")
def test_reduced_precision_of_the_training_does_not_reach_the_metrics(setting):
    a, b, source = (torch.from_numpy(phantom((20, 20, 20), seed=s)).float() for s in (7, 8, 9))
    mask = torch.from_numpy(ellipsoid((20, 20, 20)))
    expected = metrics.score_image(a, b, mask, source=source)
    if setting == "backend":
        torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    else:
        torch.set_float32_matmul_precision(setting)
    chosen = _matmul_precision()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert metrics.score_image(a, b, mask, source=source) == expected
    assert _matmul_precision() == chosen
    if setting != "backend":
        assert torch.get_float32_matmul_precision() == setting
        torch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize("percent", [0.1, 10, 33.3, 50, 99.9, 100])
@pytest.mark.parametrize("count", [1, 7, 1000, 4321])
def test_percentile_is_the_value_at_its_exact_rank(count, percent):
    from phycharm.benchmarks.metrics.ranges import percentile

    values = np.random.default_rng(count).normal(size=count)
    rank = max(math.ceil(Fraction(str(percent)) * count / 100), 1)
    expected = np.sort(values)[rank - 1]
    assert percentile(torch.from_numpy(values), percent) == expected


def test_data_range_runs_from_background_to_bright_end_in_the_mask():
    image = np.full((10, 10, 20), -50.0)
    mask = np.zeros(image.shape, bool)
    mask[:, :, 10:] = True
    image[mask] = np.arange(1, 1001)
    args = torch.from_numpy(image), torch.from_numpy(mask)
    assert metrics.data_range(*args) == 999
    assert metrics.data_range(args[0] - 600, args[1]) == 998  # from P0.1 = -599 to P99.9 = 399


def test_histogram_counts_what_numpy_counts_and_keeps_the_overflow():
    a, b = (torch.from_numpy(phantom(SHAPES[0], seed=s)) for s in (9, 10))
    mask = torch.from_numpy(ellipsoid(SHAPES[0]))
    edges = metrics.histogram_edges(a, mask, data_range=0.5)
    histogram = metrics.histogram_counts(b, mask, edges=edges)
    clipped = np.clip(b[mask].numpy(), float(edges[0]), float(edges[-1]))
    np.testing.assert_array_equal(histogram.counts, np.histogram(clipped, edges.numpy())[0])
    np.testing.assert_array_equal(histogram.edges, edges.numpy())
    assert histogram.counts.sum() == mask.sum()
    assert histogram.counts[-1] > 0


@pytest.mark.parametrize(
    "module",
    ["metric", "fidelity", "structural_similarity", "histograms", "texture", "ranges"],
)
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(import_module(f"phycharm.benchmarks.metrics.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gpu_agrees_with_cpu(dtype):
    a, b, source = (torch.from_numpy(phantom((40, 44, 36), seed=s)).to(dtype) for s in (1, 2, 3))
    mask = torch.from_numpy(ellipsoid((40, 44, 36)))
    on_cpu = metrics.score_image(a, b, mask, source=source)
    torch.set_float32_matmul_precision("high")
    try:
        on_gpu = metrics.score_image(a.cuda(), b.cuda(), mask.cuda(), source=source.cuda())
    finally:
        torch.set_float32_matmul_precision("highest")
    assert on_gpu == pytest.approx(on_cpu, abs=1e-5)
