"""Where the brain ends no image is darker, or brighter, than elsewhere: losses are in the mask."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.baselines.pix2pix.pix2pix import Pix2Pix

from support.toy_cohort import A, B, toy_cohort, toy_scan

RIM, INTERIOR = 1, 2  # the outermost voxel, and all but the two outermost
PLAN = {"batch_size": 4, "learning_rate": 5e-3, "schedule": "cosine"}
METHODS = {
    "pix2pix": lambda residual: Pix2Pix(
        training=PLAN | {"epochs": 20}, base=8, residual=residual, seed=3
    ),
    "calamiti": lambda residual: Calamiti(
        training=PLAN | {"epochs": 24}, base=4, residual=residual, seed=1
    ),
}


def in_plane(mask, width):
    """What is left of a mask within the slices when this many voxels are taken off its rim."""
    eroded = [binary_erosion(plane, iterations=width) for plane in np.moveaxis(mask, -1, 0)]
    return np.stack(eroded, axis=-1)


def as_scanned(scan):
    """Scanner B's brain extraction takes a voxel more."""
    mask = in_plane(scan.mask, 1) if scan.scanner == B else scan.mask
    return replace(scan, mask=mask, image=np.where(mask, scan.image, np.float32(0)))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_the_rim_is_as_bright_as_the_interior(name, residual):
    train, validation = (
        toy_cohort(*people).map(as_scanned) for people in (("01", "02", "03"), ("04",))
    )
    method = METHODS[name](residual).fit(train, validation)
    rims, interiors = [], []
    for subject in ("05", "06"):
        for source, target in ((A, B), (B, A)):
            scan, wanted = (as_scanned(toy_scan(subject, scanner)) for scanner in (source, target))
            error = method.harmonize(scan, target) - wanted.image
            brain = scan.mask & wanted.mask
            rims.append(error[brain & ~in_plane(brain, RIM)].mean())
            interiors.append(error[in_plane(brain, INTERIOR)].mean())
    # With losses over the canvas both methods' rims were darker by .1 and more.
    assert np.mean(rims) - np.mean(interiors) == pytest.approx(0, abs=0.06)
