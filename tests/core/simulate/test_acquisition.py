from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.mprage import inversion_train_signals
from phycharm.simulate.people.anatomy import TISSUES
from phycharm.simulate.people.pose import Pose
from phycharm.simulate.scanners import scanning
from phycharm.simulate.scanners.mp2rage import measured_t1
from phycharm.simulate.scanners.reconstruction import blurred, moved, noise
from phycharm.simulate.scanners.scanner_models import (
    GE,
    PHILIPS,
    QUANTITATIVE_MP2RAGE,
    SCANNERS,
    SIEMENS,
    chosen,
)
from phycharm.simulate.scanners.scanning import clean_scan, noisy_scan, scan_pose

STILL = Pose(matrix=np.eye(3), translation=np.zeros(3))


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda model: model.name)
def test_image_is_the_signal_equation_where_nothing_else_acts(person, scanner, monkeypatch):
    """Even fields, no blur, no motion: the mean over a voxel of the mixture's signals."""
    monkeypatch.setattr(scanning, "_TRANSMIT_OWN", 0.0)
    plain = replace(
        scanner, transmit_fall=0.0, shading=0.0, blur=(0.0, 0.0, 0.0), edge_enhancement=0.0
    )
    (image,) = clean_scan(person, plain, STILL)
    white = TISSUES.index("WM")
    inside = np.argwhere(person.fraction_maps[white] > 0.999)
    x, y, z = inside[len(inside) // 2]
    n = person.grid.oversampling
    block = np.s_[n * x : n * x + n, n * y : n * y + n, n * z : n * z + n]
    signal = np.zeros((n, n, n))
    for tissue in range(len(person.fractions)):
        t1, water, t2star = (
            torch.from_numpy(person.volume(part)[block].astype(np.float64))
            for part in (
                person.t1[tissue],
                person.fractions[tissue] * person.m0[tissue],
                person.t2star[tissue],
            )
        )
        (part,) = inversion_train_signals(
            t1,
            water * torch.exp(-plain.echo_time / t2star),
            trains=plain.trains,
            repetition_time=plain.repetition_time,
            inversion_efficiency=plain.inversion_efficiency,
            b1=plain.transmit,
        )
        signal += part.numpy()
    flip = np.deg2rad(plain.trains[0].flip_angle)
    uncorrected = (np.sin(flip * plain.transmit) / np.sin(flip)) ** 0.75  # see _SHADING_LEFT
    assert image[x, y, z] == pytest.approx(signal.mean() / uncorrected, rel=1e-4)


def test_tissues_are_told_apart_as_in_t1_weighted_images(person):
    for model in SCANNERS.values():
        image = noisy_scan(person, model).magnitudes[0]
        fluid, grey, white = (
            float(np.average(image[person.mask], weights=part[person.mask] ** 4))
            for part in person.fraction_maps
        )
        assert fluid < grey < white


def test_same_scan_twice_and_different_scans(person):
    first, again = (noisy_scan(person, GE).magnitudes[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.int16
    assert not first[~person.mask].any()
    other = noisy_scan(person, SIEMENS).magnitudes[0]
    assert np.median(first[person.mask]) > 3 * np.median(other[person.mask])


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda model: model.name)
def test_noise_is_rician_of_the_declared_level(person, scanner):
    scan, clean = noisy_scan(person, scanner), clean_scan(person, scanner)[0]
    white = float(clean[person.fraction_maps[TISSUES.index("WM")] > 0.9].mean())
    residual = scan.channels[0] - clean
    for part in (residual.real, residual.imag):
        assert part.std() == pytest.approx(white / scanner.white_snr, rel=0.02)
        assert abs(part.mean()) < 0.05 * part.std()
    gain = scan.magnitudes[0][person.mask].mean() / np.abs(scan.channels[0])[person.mask].mean()
    np.testing.assert_allclose(
        scan.magnitudes[0][person.mask],
        np.abs(scan.channels[0])[person.mask] * gain,
        atol=0.6 + 1e-3 * scan.magnitudes[0].max(),
    )


def test_blur_spreads_a_point_by_the_declared_width(person):
    grid = person.grid
    point = np.zeros(grid.fine_shape, dtype=np.float32)
    middle = tuple(count // 2 for count in grid.fine_shape)
    point[middle] = 1
    spread = blurred(point, replace(SIEMENS, blur=(2.0, 1.0, 1.5)), grid)
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    for axis, width in enumerate((2.0, 1.0, 1.5)):
        profile = spread.sum(axis=tuple({0, 1, 2} - {axis}))
        variance = np.average((np.arange(profile.size) - middle[axis]) ** 2, weights=profile)
        full_width = np.sqrt(variance) * 2.3548 / grid.oversampling
        assert full_width == pytest.approx(width, rel=0.05)


def test_edge_enhancement_keeps_the_mean_and_sharpens_edges(person):
    step = np.zeros(person.grid.fine_shape, dtype=np.float32)
    step[step.shape[0] // 2 :] = 1
    plain = blurred(step, replace(GE, edge_enhancement=0.0), person.grid)
    enhanced = blurred(step, replace(GE, edge_enhancement=0.5), person.grid)
    assert enhanced.max() > 1.02 > plain.max()
    assert enhanced.mean() == pytest.approx(plain.mean(), abs=1e-4)


def test_noise_goes_through_the_filters_of_the_scanner(person):
    def neighbours(scanner):
        image = noise(np.random.default_rng(0), scanner, person.grid)
        assert image.std() == pytest.approx(1, abs=1e-3)
        return np.corrcoef(image[:-1].ravel(), image[1:].ravel())[0, 1]

    white = neighbours(replace(GE, blur=(1.0, 1.0, 1.0), edge_enhancement=0.0))
    assert abs(white) < 0.03
    assert neighbours(SIEMENS) > 0.3
    assert neighbours(PHILIPS) < neighbours(SIEMENS)


def test_moving_shifts_by_millimetres(person):
    grid = person.grid
    image = person.volume(person.m0[0])
    shift = Pose(matrix=np.eye(3), translation=np.array([grid.fine_size, 0.0, 0.0]))
    np.testing.assert_allclose(moved(image, shift, grid)[5:-5], image[6:-4], atol=1e-4)


def test_misregistration_is_a_fraction_of_a_voxel(person):
    poses = [scan_pose(person, model) for model in SCANNERS.values()]
    assert not np.allclose(poses[0].translation, poses[1].translation)
    for pose in poses:
        assert np.abs(pose.translation).max() < 0.4 * person.grid.voxel_size
        assert np.abs(pose.matrix - np.eye(3)).max() < np.deg2rad(0.5)


def test_mp2rage_measures_t1(person):
    scan = noisy_scan(person, QUANTITATIVE_MP2RAGE)
    assert len(scan.magnitudes) == 2
    t1, truth = measured_t1(*scan.channels, QUANTITATIVE_MP2RAGE), person.truth_maps()["T1map"]
    for name in ("GM", "WM"):
        pure = person.fraction_maps[TISSUES.index(name)] > 0.9
        assert np.median(t1[pure]) == pytest.approx(np.median(truth[pure]), rel=0.08)


def test_lookup_inverts_the_signal_equation():
    times = torch.tensor([600.0, 838.0, 1460.0, 2500.0, 4300.0], dtype=torch.float64)
    first, second = inversion_train_signals(
        times,
        trains=QUANTITATIVE_MP2RAGE.trains,
        repetition_time=QUANTITATIVE_MP2RAGE.repetition_time,
        inversion_efficiency=QUANTITATIVE_MP2RAGE.inversion_efficiency,
    )
    as_image = (part.numpy().astype(np.complex64).reshape(-1, 1, 1) for part in (first, second))
    measured = measured_t1(*as_image, QUANTITATIVE_MP2RAGE)
    np.testing.assert_allclose(measured.ravel(), times.numpy(), rtol=2e-3)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [(["GE", "Canon"], "'Canon'"), ([], "each once"), (["GE", "GE"], "each once")],
)
def test_unknown_or_repeated_scanners_are_refused(names, complaint):
    with pytest.raises(InputError, match=complaint):
        chosen(names)
