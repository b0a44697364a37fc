"""Ventricles of one's own: a wall moves by the millimetres that were asked."""

import numpy as np
import pytest
from scipy import ndimage

from phycharm.simulate.people.individuality import (
    Individuality,
    draw_traits,
    ventricle_widening,
)


def radius(volume, size):
    return np.cbrt(3 * volume.sum() * size**3 / (4 * np.pi))


@pytest.mark.parametrize("size", [1.5, 2.0])
def test_walls_move_outwards_by_the_asked_millimetres(size):
    shape = (int(120 / size),) * 3
    distance = np.linalg.norm(np.indices(shape).T - (shape[0] - 1) / 2, axis=-1).T * size
    brain = (distance < 55).astype(np.float32)
    ventricle = (distance < 12).astype(np.float32)
    widening = ventricle_widening(ventricle, brain, np.diag([-size, size, size, 1.0]))
    at = np.indices(shape, dtype=np.float32)
    for asked in (2.0, -2.0):
        seen = ndimage.map_coordinates(ventricle, at + asked * widening, order=1)
        assert radius(seen, size) - radius(ventricle, size) == pytest.approx(asked, abs=0.5)
    assert np.abs(widening[:, distance > 45]).max() < 0.01  # the surface stays


def test_no_ventricle_is_nothing_to_widen():
    brain = np.ones((20, 20, 20), dtype=np.float32)
    assert not ventricle_widening(np.zeros_like(brain), brain, np.eye(4)).any()


def test_traits_have_their_deviations_and_a_limit():
    spread = Individuality(sulci=0, fluid=0.2, white=0.1, regions=0, ventricles=1.5)
    rng = np.random.default_rng(0)
    drawn = [draw_traits(rng, spread) for _ in range(2000)]
    for name in ("fluid", "white", "ventricles"):
        values = np.array([getattr(traits, name) for traits in drawn])
        assert values.std() == pytest.approx(getattr(spread, name), rel=0.1)
        assert np.abs(values).max() <= 2 * getattr(spread, name) + 1e-9
