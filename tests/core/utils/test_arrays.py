"""Boxes around what is there."""

import numpy as np

from phycharm.utils.arrays import box_around


def test_the_margin_ends_at_the_border():
    values = np.zeros((5, 6, 7), dtype=bool)
    values[0, 3, 6] = True
    box = box_around(values, (1, 2, 3))
    assert box == (slice(0, 2), slice(1, 6), slice(3, 7))
    assert values[box].sum() == values.sum()


def test_nothing_is_the_whole():
    assert np.zeros((2, 3, 4))[box_around(np.zeros((2, 3, 4)), (1, 1, 1))].shape == (2, 3, 4)
