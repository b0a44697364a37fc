"""Thalamus, putamen and caudate of the template: where they lie and how large they are."""

import numpy as np
import pytest
from scipy import ndimage

from phycharm.simulate.people.anatomy import CLASSES, template_anatomy

DEEP = CLASSES.index("SGM")


def deep_at(*millimetres):
    """The class of the template at a place: cortex, white, deep grey matter or fluid."""
    anatomy = template_anatomy()
    place = np.linalg.inv(anatomy.affine) @ [*millimetres, 1]
    x, y, z = np.rint(place[:3]).astype(int)
    return CLASSES[anatomy.fractions[:, x, y, z].argmax()]


# MNI coordinates from textbooks of anatomy, not from the ellipsoids of the module.
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("place", "tissue"),
    [
        ((12, -20, 8), "SGM"),  # thalamus
        ((26, 2, 4), "SGM"),  # putamen
        ((12, 14, 10), "SGM"),  # head of the caudate
        ((38, 4, 0), "CGM"),  # insula
        ((26, -18, -16), "CGM"),  # hippocampus
        ((20, -10, 14), "WM"),  # internal capsule, posterior limb
        ((8, 12, 22), "WM"),  # corpus callosum
        ((7, 10, 12), "CSF"),  # lateral ventricle
    ],
)
def test_structures_are_where_anatomy_has_them(side, place, tissue):
    assert deep_at(side * place[0], *place[1:]) == tissue


def test_nuclei_are_compact_and_sum_stays():
    anatomy = template_anatomy()
    deep = anatomy.fractions[DEEP]
    labels, _ = ndimage.label(deep > 0.5)
    sizes = np.sort(np.bincount(labels.ravel())[1:])[::-1]
    assert sizes[:6].sum() > 0.98 * sizes.sum()  # no more than three nuclei of either side
    assert anatomy.fractions.min() >= -1e-6
    np.testing.assert_allclose(anatomy.fractions.sum(axis=0), anatomy.brain, atol=1e-5)
    left, right = deep[:98].sum(), deep[99:].sum()
    assert left == pytest.approx(right, rel=0.02)
