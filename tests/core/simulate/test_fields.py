import numpy as np
import pytest
from scipy.interpolate import BSpline

from phycharm.errors import InputError
from phycharm.simulate.fields import SplineField, knot_counts, random_field, random_generator
from phycharm.simulate.grid import FIELD_OF_VIEW, ScanGrid


def test_spline_field_is_scipys_b_spline():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((9, 8, 7)).astype(np.float32)
    field = SplineField(coefficients=weights, spacing=5.0)
    at = np.linspace(-4, 4, 11, dtype=np.float32)
    values = field.on((at, at, at))

    def basis(count):
        knots = (np.arange(count) - (count - 1) / 2) * 5.0
        element = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)
        return np.nan_to_num(element((at[:, None] - knots[None, :]) / 5.0))

    expected = np.einsum("ia,jb,kc,abc->ijk", basis(9), basis(8), basis(7), weights)
    np.testing.assert_allclose(values, expected, atol=2e-6)


def test_random_field_has_mean_0_variance_1_and_half_correlation_at_one_knot():
    axes = ScanGrid(voxel_size=4.0).fine_axes
    field = random_field(np.random.default_rng(1), 8.0).on(axes)
    assert abs(field.mean()) < 0.1
    assert field.std() == pytest.approx(1, abs=0.05)
    step = round(8.0 / float(axes[0][1] - axes[0][0]))
    correlation = np.corrcoef(field[:-step].ravel(), field[step:].ravel())[0, 1]
    assert correlation == pytest.approx(0.5, abs=0.05)


def test_field_is_the_same_on_every_grid():
    field = random_field(np.random.default_rng(2), 12.0)
    points = tuple(np.array([-30.0, 0.0, 17.0], dtype=np.float32) for _ in range(3))
    subset = tuple(axis[1:2] for axis in points)
    np.testing.assert_allclose(field.on(points)[1, 1, 1], field.on(subset)[0, 0, 0], atol=1e-6)


def test_knots_cover_the_field_of_view():
    for extent, count in zip(FIELD_OF_VIEW, knot_counts(10.0, margin=5.0), strict=True):
        assert (count - 1) * 10.0 / 2 >= extent / 2 + 5.0 + 2 * 10.0


def test_generators_are_reproducible_and_independent():
    first = random_generator(0, "01", "GE").standard_normal(4)
    np.testing.assert_array_equal(first, random_generator(0, "01", "GE").standard_normal(4))
    for other in ((1, "01", "GE"), (0, "02", "GE"), (0, "01", "G", "E"), (0, "01", "noise")):
        assert not np.allclose(first, random_generator(*other).standard_normal(4))


@pytest.mark.parametrize(
    ("voxel", "shape"),
    [(0.8, (240, 240, 224)), (3.0, (64, 64, 60)), (6.0, (32, 32, 30))],
)
def test_grid_covers_the_field_of_view_symmetrically(voxel, shape):
    grid = ScanGrid(voxel_size=voxel)
    assert grid.shape == shape
    corners = grid.affine @ [[0, shape[0] - 1], [0, shape[1] - 1], [0, shape[2] - 1], [1, 1]]
    np.testing.assert_allclose(corners.sum(axis=1)[:3], 0, atol=1e-9)
    assert grid.fine_axes[0].size == grid.fine_shape[0]
    assert grid.fine_axes[0][0] == pytest.approx(-grid.fine_axes[0][-1])


def test_average_integrates_fine_voxels():
    grid = ScanGrid(voxel_size=6.0)
    fine = np.random.default_rng(0).random(grid.fine_shape, dtype=np.float32)
    coarse = grid.average(fine)
    n = grid.oversampling
    assert coarse[2, 3, 4] == pytest.approx(
        fine[2 * n : 3 * n, 3 * n : 4 * n, 4 * n : 5 * n].mean(), abs=1e-6
    )
    assert coarse.mean() == pytest.approx(fine.mean(), abs=1e-6)


@pytest.mark.parametrize("voxel", [0.1, 40.0, float("nan")])
def test_absurd_voxels_are_refused(voxel):
    with pytest.raises(InputError, match="voxel size"):
        ScanGrid(voxel_size=voxel)
