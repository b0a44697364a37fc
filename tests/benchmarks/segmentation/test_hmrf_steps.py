"""Each step of the engine hmrf against an independent reference."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import torch

from phycharm.benchmarks.segmentation import get_segmenter
from phycharm.benchmarks.segmentation.hmrf.bias import LowPass, estimate_bias
from phycharm.benchmarks.segmentation.hmrf.crop import Crop
from phycharm.benchmarks.segmentation.hmrf.fractions import tissue_fractions
from phycharm.benchmarks.segmentation.hmrf.gaussians import (
    Gaussians,
    evenly_ranked,
    nearest_classes,
    posteriors_of,
)
from phycharm.benchmarks.segmentation.hmrf.meanfield import Neighbours, mean_field
from phycharm.benchmarks.segmentation.hmrf.mixtures import (
    PAIRS,
    LikelihoodTable,
    fraction_grid,
    type_likelihoods,
)
from phycharm.benchmarks.segmentation.hmrf.stack import Stack

from support.segmentation_cases import phantom, scan_of

SHAPE = (9, 8, 7)
SPACING = (1.0, 1.25, 2.0)


@pytest.fixture
def generator():
    return np.random.default_rng(3)


def bordered(generator, *, shape=SHAPE, channels=()):
    """Random numbers with a border of zeros."""
    volume = np.zeros((*channels, *shape), dtype=np.float32)
    inner = tuple(slice(1, -1) for _ in shape)
    volume[(..., *inner)] = generator.random((*channels, *(size - 2 for size in shape)))
    return volume


def neighbours_of(spacing=SPACING, shape=SHAPE):
    strides = (shape[1] * shape[2], shape[2], 1)
    return Neighbours(torch.tensor([spacing], dtype=torch.float64), strides)


def kernel_of(spacing=SPACING):
    """18-neighbourhood weights as a 3 x 3 x 3 array."""
    offsets = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1)
    distance = np.linalg.norm(offsets * np.array(spacing), axis=-1)
    count = np.abs(offsets).sum(-1)
    return np.where((count == 1) | (count == 2), 1 / np.maximum(distance, 1e-9), 0.0)


def row(volume):
    return torch.from_numpy(np.ascontiguousarray(volume)).reshape(1, -1)


def classes_of(means=(300.0, 620.0, 900.0), sds=(60.0, 45.0, 35.0)):
    return Gaussians(
        means=torch.tensor([means], dtype=torch.float64),
        variances=torch.tensor([sds], dtype=torch.float64).square(),
    )


def test_start_means_are_order_statistics(generator):
    values = generator.permutation(np.arange(1003, dtype=np.float32))
    found = evenly_ranked(torch.from_numpy(values), 3)
    assert found.tolist() == [250.0, 501.0, 752.0]


def test_first_fit_takes_the_nearest_centre(generator):
    values = generator.normal(0, 1, 4000).astype(np.float32)
    centres = np.array([-1.0, 0.1, 0.9], dtype=np.float32)
    nearest = np.abs(values[:, None] - centres).argmin(1)
    found = nearest_classes(torch.from_numpy(values), torch.from_numpy(centres))
    np.testing.assert_allclose(
        found.means[0], [values[nearest == k].mean(dtype=float) for k in range(3)], rtol=1e-6
    )
    np.testing.assert_allclose(
        found.variances[0], [values[nearest == k].var(dtype=float) for k in range(3)], rtol=1e-6
    )


def test_fit_is_a_weighted_mean_and_variance(generator):
    values = (1000 + generator.normal(0, 1, (2, 40000))).astype(np.float32)
    weights = generator.random((2, 3, 40000)).astype(np.float32)
    found = Gaussians.fit(torch.from_numpy(values), torch.from_numpy(weights))
    for b in range(2):
        for k in range(3):
            mean = np.average(values[b].astype(float), weights=weights[b, k])
            spread = np.average((values[b] - mean) ** 2, weights=weights[b, k])
            assert found.means[b, k].item() == pytest.approx(mean, rel=1e-9)
            assert found.variances[b, k].item() == pytest.approx(spread, rel=1e-4)


def test_density_and_refit(generator):
    values = generator.uniform(200, 1000, 3000).astype(np.float32)
    classes = classes_of()
    density = np.stack(
        [
            scipy.stats.norm(float(m), float(v) ** 0.5).pdf(values)
            for m, v in zip(classes.means[0], classes.variances[0], strict=True)
        ]
    )
    found = classes.density(torch.from_numpy(values)[None])[0].numpy()
    np.testing.assert_allclose(found, density, rtol=2e-5, atol=1e-30)
    posteriors = density / density.sum(0)
    means = (posteriors * values).sum(1) / posteriors.sum(1)
    refitted = classes.refit(torch.from_numpy(values)[None])
    np.testing.assert_allclose(refitted.means[0], means, rtol=1e-5)


def test_where_nothing_is_likely_all_posteriors_are_zero():
    density = torch.tensor([[[0.0, 1.0], [0.0, 3.0]]])
    assert posteriors_of(density).tolist() == [[[0.0, 0.25], [0.0, 0.75]]]


def test_a_class_without_spread_keeps_a_variance():
    values = torch.tensor([[5.0, 5.0, 7.0, 7.0]])
    found = Gaussians.fit(values, torch.tensor([[[1.0, 1, 0, 0], [0, 0, 1, 1]]]))
    assert found.means.tolist() == [[5.0, 7.0]]
    assert (found.variances > 0).all()


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 2.5, 2.9), (0.8, 0.8, 6.0)])
def test_low_pass_is_a_gaussian_filter_with_zeros_beyond_the_edge(generator, spacing):
    volume = generator.random((30, 26, 22)).astype(np.float32)
    expected = volume.astype(float)
    for axis, step in enumerate(spacing):
        sigma = 10.2 / step
        expected = scipy.ndimage.gaussian_filter1d(
            expected, sigma, axis=axis, mode="constant", radius=2 * int(sigma)
        )
    low_pass = LowPass(torch.tensor([spacing], dtype=torch.float64), volume.shape)
    found = low_pass(row(volume)).reshape(volume.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_bias_step_finds_a_known_smooth_field(generator):
    shape = (40, 40, 40)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 40)] * 3, indexing="ij"))
    field = 0.1 * grid[0] - 0.05 * grid[1] * grid[2]
    field -= field.mean()
    tissue = generator.integers(0, 3, shape)
    means, sd = np.array([5.7, 6.4, 6.8]), 0.02
    log_intensity = means[tissue] + field + generator.normal(0, sd, shape)
    classes = Gaussians(
        means=torch.from_numpy(means)[None],
        variances=torch.full((1, 3), sd**2, dtype=torch.float64),
    )
    posteriors = torch.from_numpy(np.stack([tissue == k for k in range(3)]).astype(np.float32))
    found = estimate_bias(
        row(log_intensity.astype(np.float32)),
        torch.ones(1, tissue.size, dtype=torch.bool),
        posteriors.reshape(1, 3, -1),
        classes,
        LowPass(torch.full((1, 3), 4.0, dtype=torch.float64), shape),
    ).reshape(shape)
    inner = (slice(6, -6),) * 3
    assert abs(found.mean().item()) < 1e-6
    assert np.corrcoef(found[inner].flatten(), field[inner].flatten())[0, 1] > 0.999
    assert np.abs(found.numpy()[inner] - field[inner]).max() < 0.01


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SPACING])
def test_neighbour_sum_is_a_correlation(generator, spacing):
    volume = bordered(generator)
    expected = scipy.ndimage.correlate(volume, kernel_of(spacing), mode="constant")
    neighbours = neighbours_of(spacing)
    found = np.zeros(volume.size)
    inner = slice(neighbours.reach, -neighbours.reach)
    found[inner] = neighbours.sum(row(volume)[None])[0, 0]
    inside = tuple(slice(1, -1) for _ in SHAPE)
    np.testing.assert_allclose(found.reshape(SHAPE)[inside], expected[inside], rtol=1e-5)


def test_steps_and_weights_name_the_18_neighbours():
    neighbours = neighbours_of()
    found = np.zeros(SHAPE)
    middle = np.ravel_multi_index((4, 4, 4), SHAPE)
    found.reshape(-1)[middle + neighbours.steps.numpy()] = neighbours.weights[0]
    np.testing.assert_allclose(found[3:6, 3:6, 3:6], kernel_of(), rtol=1e-6)
    assert np.count_nonzero(found) == 18


def test_mean_field_iterates_the_equations(generator):
    density = bordered(generator, channels=(3,))
    start = bordered(generator, channels=(3,))
    expected = start.astype(float)
    for _ in range(5):
        field = np.stack(
            [scipy.ndimage.correlate(p, kernel_of(), mode="constant") for p in expected]
        )
        weight = density * np.exp(0.3 * field)
        total = weight.sum(0)
        expected = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    rows = [torch.from_numpy(volume).reshape(1, 3, -1) for volume in (density, start)]
    found = mean_field(*rows, neighbours_of(), 0.3).reshape(3, *SHAPE)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_mean_field_leaves_its_start_untouched(generator):
    start = torch.from_numpy(bordered(generator, channels=(3,))).reshape(1, 3, -1)
    before = start.clone()
    mean_field(torch.rand_like(start), start, neighbours_of(), 0.1)
    assert torch.equal(start, before)


def test_type_likelihoods_sum_over_the_fractions():
    values = np.linspace(100, 1100, 37)
    means, variances = np.array([300.0, 620.0, 900.0]), np.array([60.0, 45.0, 35.0]) ** 2
    expected = [
        scipy.stats.norm(m, v**0.5).pdf(values) for m, v in zip(means, variances, strict=True)
    ]
    for a, b in PAIRS:
        total = np.zeros_like(values)
        for d in np.linspace(0, 1, 101):
            mean = d * means[a] + (1 - d) * means[b]
            sd = (d**2 * variances[a] + (1 - d) ** 2 * variances[b]) ** 0.5
            total += 0.01 * scipy.stats.norm(mean, sd).pdf(values)
        expected.append(total)
    np.testing.assert_allclose(
        type_likelihoods(classes_of(), torch.from_numpy(values)), expected, rtol=1e-9
    )


def test_likelihood_table_interpolates_closely(generator):
    values = torch.from_numpy(generator.uniform(-500, 2000, 4000).astype(np.float32))
    exact = type_likelihoods(classes_of(), values.double()).numpy()
    found = LikelihoodTable(classes_of())(values).numpy()
    np.testing.assert_allclose(found, exact, rtol=2e-4, atol=1e-25)
    near = exact > 1e-6
    np.testing.assert_allclose(found[near], exact[near], rtol=5e-5)


def test_likelihood_is_zero_far_from_every_class():
    found = LikelihoodTable(classes_of())(torch.tensor([-1e6, 1e7]))
    assert found.abs().max() < 1e-40


def test_fraction_grid_is_a_float32_running_sum():
    grid = fraction_grid()
    assert grid.dtype == np.float32
    assert len(grid) in (100, 101)
    np.testing.assert_allclose(grid, np.arange(len(grid)) / 100, atol=2e-6)
    assert grid[50] != 0.5


def test_fractions_minimise_the_cost_by_brute_force(generator):
    values = generator.uniform(250, 950, 500).astype(np.float32)
    types = generator.integers(0, 6, 500).astype(np.uint8)
    means, variances = np.array([300.0, 620.0, 900.0]), np.array([60.0, 45.0, 35.0]) ** 2
    expected = np.zeros((3, 500))
    for i, (value, kind) in enumerate(zip(values, types, strict=True)):
        if kind < 3:
            expected[kind, i] = 1
            continue
        a, b = PAIRS[kind - 3]
        d = np.arange(101) / 100
        spread = d**2 * variances[a] + (1 - d) ** 2 * variances[b]
        cost = (value - d * means[a] - (1 - d) * means[b]) ** 2 / spread + np.log(spread)
        expected[[a, b], i] = d[cost.argmin()], 1 - d[cost.argmin()]
    found = tissue_fractions(torch.from_numpy(values), torch.from_numpy(types), classes_of())
    # A tie between two neighbouring hundredths may fall either way.
    assert np.abs(found.numpy() - expected).max() < 0.0101
    assert (np.abs(found.numpy() - expected) < 1e-5).mean() > 0.99
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_crop_and_paste_are_inverse(generator, sign):
    volume = np.zeros((11, 9, 8), dtype=np.float32)
    volume[2:7, 3:8, 1:6] = generator.random((5, 5, 5)) + 1
    crop = Crop.around(volume > 0, np.diag([sign, 1, 1, 1]).astype(float))
    box = crop.cut(volume)
    assert box.shape == (5, 5, 5)
    assert box[0, 0, 0] == (volume[6, 3, 1] if sign > 0 else volume[2, 3, 1])
    np.testing.assert_array_equal(crop.paste(box), volume)


def test_a_brain_starts_alike_in_any_batch(generator):
    brains = [generator.random(shape).astype(np.float32) + 1 for shape in ((5, 4, 6), (7, 3, 5))]
    affines = [np.eye(4), np.diag([-2.0, 1, 1, 1])]
    both = Stack.of(brains, affines, device=torch.device("cpu"))
    for index, (brain, affine) in enumerate(zip(brains, affines, strict=True)):
        alone = Stack.of([brain], [affine], device=torch.device("cpu"))
        np.testing.assert_array_equal(
            both.unstack(both.random_start(3, seed=5)[index], index),
            alone.unstack(alone.random_start(3, seed=5)[0], 0),
        )


@pytest.mark.parametrize("noise", [0.0, 4.0, 30.0])
def test_a_phantom_is_told_apart(noise):
    image, labels = phantom(noise=noise)
    found = get_segmenter("hmrf").segment(scan_of(image, mask=labels > 0))
    assert (found.labels == labels).mean() > 0.999
    assert (found.pve_labels == labels).mean() > 0.999
    np.testing.assert_allclose(found.partial_volumes.sum(0)[labels > 0], 1, atol=1e-6)
