"""Arrays in place of tensors: the same scores to the last digit, whatever their layout."""

import numpy as np
import pytest
import torch

import phycharm
from phycharm.benchmarks import metrics

SHAPE = (13, 14, 12)


def volumes(dtype=np.float32):
    rng = np.random.default_rng(4)
    reference = (100 * rng.random(SHAPE) + 1).astype(dtype)
    image = (reference + 10 * rng.random(SHAPE)).astype(dtype)
    mask = np.zeros(SHAPE, bool)
    mask[1:-1, 1:-1, 1:-1] = True
    return reference, image, mask


def with_range(name):
    def score(reference, image, mask):
        limit = metrics.data_range(reference, mask)
        return getattr(metrics, name)(reference, image, mask, data_range=limit)

    return score


PAIRWISE = {
    name: with_range(name)
    for name in ("ssim", "ssim_slices", "psnr", "psnr_slices", "nrmse", "wasserstein",
                 "jensen_shannon")
} | {n: getattr(metrics, n) for n in ("sharpness", "sharpness_source", "structure")}  # fmt: skip


@pytest.mark.parametrize("name", PAIRWISE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_and_tensors_score_alike(name, dtype):
    given = volumes(dtype)
    expected = PAIRWISE[name](*map(torch.from_numpy, given))
    assert torch.equal(PAIRWISE[name](*given), expected)


def frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "layout",
    [
        frozen,
        np.asfortranarray,
        lambda a: a[::-1][::-1],
        lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
        lambda a: a.astype(a.dtype.newbyteorder(">")),
    ],
    ids=["read-only", "Fortran", "turned twice", "turned", "big-endian"],
)
def test_layout_does_not_matter(layout):
    reference, image, mask = volumes()
    expected = phycharm.ssim(*map(torch.from_numpy, (reference, image, mask)), data_range=100)
    found = phycharm.ssim(*map(layout, (reference, image, mask)), data_range=100)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int64, np.float16])
def test_integers_and_half_precision_are_read_exactly(dtype):
    reference, image, mask = volumes(dtype)
    wide = (
        torch.from_numpy(reference.astype(np.float32)),
        torch.from_numpy(image.astype(np.float32)),
    )
    expected = phycharm.psnr(*wide, torch.from_numpy(mask), data_range=100)
    assert torch.equal(phycharm.psnr(reference, image, mask, data_range=100), expected)


def test_an_array_is_left_alone():
    given = volumes()
    kept = [volume.copy() for volume in given]
    for score in PAIRWISE.values():
        score(*given)
    assert all(np.array_equal(a, b) for a, b in zip(given, kept, strict=True))


def test_all_scores_at_once():
    reference, image, mask = volumes()
    tensors = [torch.from_numpy(volume) for volume in (reference, image, mask)]
    expected = metrics.score_image(*tensors, source=tensors[0])
    assert metrics.score_image(reference, image, mask, source=reference) == expected
    assert "structure" in expected


def test_histograms():
    reference, image, mask = volumes()
    edges = metrics.histogram_edges(reference, mask, data_range=100.0)
    tensors = [torch.from_numpy(volume) for volume in (reference, image, mask)]
    assert torch.equal(edges, metrics.histogram_edges(tensors[0], tensors[2], data_range=100.0))
    found = metrics.histogram_counts(image, mask, edges=edges)
    expected = metrics.histogram_counts(tensors[1], tensors[2], edges=edges)
    np.testing.assert_array_equal(found.counts, expected.counts)


@pytest.mark.parametrize("dtype", [np.complex64, np.str_, object])
def test_what_is_no_number_is_refused(dtype):
    reference, image, _ = volumes()
    with pytest.raises(metrics.ComparisonError, match="images hold numbers"):
        phycharm.nrmse(reference, image.astype(dtype))
