"""Blur and noise in millimetres, whatever the grid: against ways that take longer."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from phycharm.simulate.box import Box
from phycharm.simulate.grid import ScanGrid, mean_of_blocks
from phycharm.simulate.scanners.reconstruction import blurred, noise
from phycharm.simulate.scanners.scanner_models import GE, PHILIPS, SIEMENS

PLAIN = replace(SIEMENS, resolution=(1.0, 1.0, 1.0), edge_enhancement=0.0)


def middle(voxel_size, millimetres=72.0):
    grid = ScanGrid(voxel_size=voxel_size)
    count = round(millimetres / voxel_size)
    x, y, z = ((size - count) // 2 for size in grid.shape)
    return Box(grid=grid, start=(x, y, z), stop=(x + count, y + count, z + count))


@pytest.mark.parametrize("spacing", [0.5, 0.8, 1.5])
def test_blur_spreads_a_point_by_millimetres_on_every_grid(spacing):
    point = np.zeros((41, 41, 41), dtype=np.float32)
    point[20, 20, 20] = 1
    scanner = replace(PLAIN, resolution=(1.2, 1.0, 0.9))
    spread = blurred(point, scanner, spacing)
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    for axis, edge in enumerate(scanner.resolution):
        profile = spread.sum(axis=tuple({0, 1, 2} - {axis}))
        variance = np.average(((np.arange(41) - 20) * spacing) ** 2, weights=profile)
        assert np.sqrt(variance) * 2.3548 == pytest.approx(1.207 * edge, rel=0.02)


def test_blur_on_a_coarse_grid_is_that_of_a_fine_one():
    """Blurred at 1.5 mm is as blurred at 0.5 mm and averaged: brute force."""
    rng = np.random.default_rng(0)
    fine = ndimage.gaussian_filter(rng.standard_normal((90, 90, 90)), 4.0).astype(np.float32)
    fine /= fine.std()

    def coarse(image):
        return image.reshape(30, 3, 30, 3, 30, 3).mean(axis=(1, 3, 5))

    for scanner in (GE, PLAIN):
        inner = np.s_[3:-3, 3:-3, 3:-3]
        slow = coarse(blurred(fine, scanner, 0.5))[inner]
        quick = blurred(coarse(fine), scanner, 1.5)[inner]
        untouched = coarse(fine)[inner]
        assert np.abs(quick - slow).std() < 0.02
        assert np.abs(quick - slow).std() < 0.35 * np.abs(untouched - slow).std()


def test_edge_enhancement_keeps_the_mean_and_sharpens_edges():
    step = np.zeros((60, 20, 20), dtype=np.float32)
    step[30:] = 1
    plain = blurred(step, replace(GE, edge_enhancement=0.0), 0.8)
    enhanced = blurred(step, replace(GE, edge_enhancement=0.5), 0.8)
    assert enhanced.max() > 1.01 > plain.max()
    assert enhanced.mean() == pytest.approx(plain.mean(), abs=1e-4)


def test_noise_in_the_acquired_voxels_is_of_unit_variance():
    box = middle(1.0, 150.0)  # its fine voxels are those that are acquired: nothing to resample
    image = noise(np.random.default_rng(0), PLAIN, box)
    assert image.std() == pytest.approx(1, abs=2e-3)
    assert abs(np.corrcoef(image[1:].ravel(), image[:-1].ravel())[0, 1]) < 5e-3
    sharp = noise(np.random.default_rng(0), replace(PLAIN, edge_enhancement=0.7), box)
    assert sharp.std() == pytest.approx(1, abs=5e-3)
    assert np.corrcoef(sharp[1:].ravel(), sharp[:-1].ravel())[0, 1] < -0.03


@pytest.mark.parametrize("scanner", [PLAIN, PHILIPS], ids=["plain", "Philips"])
def test_noise_of_a_coarse_scan_is_that_of_a_fine_one_averaged(scanner):
    """Three mm straight from what was acquired, against 0.6 mm in between: brute force."""
    straight, between = middle(3.0), middle(0.6)
    quick = mean_of_blocks(noise(np.random.default_rng(1), scanner, straight), 2)
    slow = mean_of_blocks(noise(np.random.default_rng(2), scanner, between), 5)
    assert quick.shape == slow.shape == (24, 24, 24)
    assert quick.std() == pytest.approx(slow.std(), rel=0.05)
    if not scanner.edge_enhancement:
        # As many acquired voxels as fit are averaged; the spline takes a little of the rest.
        assert quick.std() == pytest.approx(np.sqrt(np.prod(scanner.resolution) / 27), rel=0.08)
    assert abs(np.corrcoef(quick[1:].ravel(), quick[:-1].ravel())[0, 1]) < 0.06
