"""What moves the head in a scan, and what brain extraction makes of its border."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from phycharm.simulate.box import Box
from phycharm.simulate.people.pose import Pose
from phycharm.simulate.scanners import brain_extraction
from phycharm.simulate.scanners.brain_extraction import extracted_brain
from phycharm.simulate.scanners.distortion import Distortion, distortion_of
from phycharm.simulate.scanners.placement import Placement, placed, placement_of
from phycharm.simulate.scanners.scanner_models import GE, SCANNERS, SIEMENS
from phycharm.simulate.scanners.visit import Visit


def sphere(radius, count=4000):
    """Points that cover a sphere evenly: shape (3, count)."""
    number = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * number / count), np.pi * (1 + 5**0.5) * number
    points = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)])
    return (radius * points).astype(np.float32)


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda model: model.name)
def test_distortion_is_of_the_declared_size_and_grows_from_the_isocentre(scanner):
    bent = distortion_of(scanner)
    for radius in (30.0, 90.0):
        length = np.linalg.norm(bent.displacement(sphere(radius)), axis=0)
        size = scanner.distortion * (radius / 90) ** 3
        assert np.sqrt((length**2).mean()) == pytest.approx(size, rel=0.02)
        assert length.max() < 3 * size


def test_distortion_obeys_laplace_and_has_no_linear_part():
    bent = distortion_of(GE)
    step, at = 5.0, np.array([[21.0], [-30.0], [44.0]], dtype=np.float32)
    around = [at + step * axis[:, None] * sign for axis in np.eye(3) for sign in (-1, 1)]
    there = bent.displacement(at)
    laplacian = sum(bent.displacement(point.astype(np.float32)) - there for point in around)
    assert np.abs(laplacian).max() < 1e-4 * np.abs(there).max() + 1e-6
    points = sphere(70.0)
    slope = bent.displacement(points) @ points.T / (points**2).sum(axis=1)
    assert np.abs(slope).max() < 2e-5


def test_every_scanner_bends_its_own_way_and_the_same_for_everybody():
    points = sphere(80.0, 200)
    ge, again, siemens = (distortion_of(m).displacement(points) for m in (GE, GE, SIEMENS))
    np.testing.assert_array_equal(ge, again)
    assert np.linalg.norm(ge - siemens, axis=0).mean() > 0.15


def test_placing_shifts_by_millimetres(person):
    visit = Visit(subject=person, scanner=GE)
    image = visit.volume(ndimage.gaussian_filter1d(person.m0[1], 1.0))
    smooth = ndimage.gaussian_filter(image, 1.5)
    fine = person.grid.fine_size
    shift = Placement(
        pose=Pose(matrix=np.eye(3), translation=np.array([fine, 0.0, 0.0])),
        distortion=Distortion(coefficients=np.zeros((3, 7), dtype=np.float32)),
    )
    moved = placed(smooth, shift, visit)
    inside = ndimage.binary_erosion(visit.region, iterations=2)[:-1]
    np.testing.assert_allclose(moved[:-1][inside], smooth[1:][inside], atol=1e-4)


def test_misregistration_is_a_few_tenths_of_a_millimetre_at_every_voxel_size(person):
    poses = [
        placement_of(Visit(subject=person, scanner=model, run=run)).pose
        for model in SCANNERS.values()
        for run in range(1, 31)
    ]
    assert not np.allclose(poses[0].translation, poses[30].translation)
    points = sphere(60.0, 200)
    moves = [pose.matrix @ points + pose.translation[:, None] - points for pose in poses]
    length = np.sqrt((np.stack(moves) ** 2).sum(axis=1).mean())
    assert 0.2 < length < 0.4


def test_masks_differ_between_scanners_as_much_as_brain_extraction_makes_them(person):
    masks = [extracted_brain(Visit(subject=person, scanner=model)) for model in SCANNERS.values()]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        a, b = masks[one], masks[other]
        dice = 2 * (a & b).sum() / (a.sum() + b.sum())
        assert 0.945 < dice < 0.99  # 6 mm voxels are worse than the fine ones of a study
        assert ndimage.label(a)[1] <= 3


def test_a_perfect_extraction_finds_the_brain_and_a_margin_moves_it_by_millimetres(
    person, monkeypatch
):
    monkeypatch.setattr(brain_extraction, "_COMMON", 0.0)
    monkeypatch.setattr(brain_extraction, "_OWN", 0.0)

    def volume(margin):
        mask = extracted_brain(Visit(subject=person, scanner=replace(GE, mask_margin=margin)))
        return mask.sum() * person.grid.voxel_size**3

    truth = person.mask.sum() * person.grid.voxel_size**3
    assert volume(0.0) == pytest.approx(truth, rel=0.02)
    radius = (3 * truth / (4 * np.pi)) ** (1 / 3)
    larger = (volume(2.0) - volume(0.0)) / (4 * np.pi * radius**2)
    assert 1.5 < larger < 3.6  # a brain has more surface than the ball of its volume


def test_a_box_holds_the_region_and_averages_like_the_grid(person):
    box = Box.around(person.region, person.grid)
    assert box.cut(person.region).sum() == person.region.sum()
    fine = person.volume(person.m0[1])
    visit = Visit(subject=person, scanner=GE)
    inside = visit.volume(person.m0[1])
    assert inside.size < 0.8 * fine.size
    np.testing.assert_allclose(box.average(inside), person.grid.average(fine), atol=1e-6)
