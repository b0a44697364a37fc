import numpy as np
import pytest

from phycharm.simulate.fields import random_generator
from phycharm.simulate.grid import ScanGrid
from phycharm.simulate.people.pose import random_pose
from phycharm.simulate.people.warp import random_warp

AXES = ScanGrid(voxel_size=2.0).fine_axes
COARSE = ScanGrid(voxel_size=4.0).fine_axes


@pytest.mark.parametrize("seed", range(6))
def test_warps_are_diffeomorphic_and_several_millimetres(seed):
    warp = random_warp(random_generator(seed, "shape"))
    determinant = warp.jacobian_determinant(COARSE)
    assert determinant.min() > 0.1
    assert determinant.max() < 5
    shift = warp.displacement(COARSE)
    length = np.linalg.norm(shift, axis=0)
    assert 2 < np.median(length) < 10
    assert length.max() < 30


def test_jacobian_agrees_with_finite_differences_of_single_points():
    warp = random_warp(random_generator(0, "shape"))
    point, step = np.array([10.0, -20.0, 5.0]), 0.5

    def mapped(x):
        axes = tuple(np.array([value], dtype=np.float32) for value in x)
        return x + warp.displacement(axes)[:, 0, 0, 0]

    columns = [
        (mapped(point + step * unit) - mapped(point - step * unit)) / (2 * step)
        for unit in np.eye(3)
    ]
    axes = tuple(np.array([v - step, v, v + step], dtype=np.float32) for v in point)
    assert warp.jacobian_determinant(axes)[1, 1, 1] == pytest.approx(
        np.linalg.det(np.stack(columns, axis=1)), abs=1e-3
    )


def test_poses_are_rotations_of_the_size_asked_for():
    rng = np.random.default_rng(0)
    poses = [random_pose(rng, degrees=2.0, millimetres=0.5) for _ in range(300)]
    for pose in poses[:5]:
        np.testing.assert_allclose(pose.matrix @ pose.matrix.T, np.eye(3), atol=1e-12)
    angles = [np.arccos((np.trace(pose.matrix) - 1) / 2) for pose in poses]
    assert np.rad2deg(np.sqrt(np.mean(np.square(angles)) / 3)) == pytest.approx(2.0, rel=0.1)
    assert np.std([pose.translation for pose in poses]) == pytest.approx(0.5, rel=0.1)
