"""What is drawn anew in every step of the maps generator's training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.method.maps.samples import map_samples
from phycharm.method.maps.variation import drawn, varied
from phycharm.networks.canvas.slices import SliceCanvas
from phycharm.physics.acquisition import CREDIBLE
from phycharm.physics.readout import readout_train, train_weight

from support import phantom

SCANNERS = [scanner.acquisition for scanner in phantom.SCANNERS]


@pytest.fixture(scope="module")
def samples(quantitative):
    masks = [quantitative.read(subject).scan.mask for subject in quantitative.subjects]
    canvas = SliceCanvas.around(masks, multiple=16)
    return map_samples(quantitative, canvas, SCANNERS, model="train", device="cpu")


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("known", SCANNERS, ids=[s.name for s in phantom.SCANNERS])
def test_drawn_acquisitions_are_credible_and_possible(known):
    made = [drawn(known) for _ in range(60)]
    for one in made:
        readout_train(one)  # would raise where the train does not fit
        for name, (low, high) in CREDIBLE.items():
            assert low <= getattr(one, name) <= high
    assert len({one.centre for one in made}) > 3


def test_known_centre_is_not_drawn():
    known = replace(phantom.GE.acquisition, centre=20)
    assert {drawn(known).centre for _ in range(20)} == {20}


def test_computed_images_change_and_measured_ones_get_noise_alone(samples):
    made = varied(samples, model="train")
    computed = samples.acquisition < samples.computed
    assert torch.equal(made.maps, samples.maps)
    difference = (made.image - samples.image)[~computed][samples.mask[~computed]]
    assert 0.005 < difference.std() < 0.03
    assert abs(difference.mean()) < 1e-3
    for image, before, mask in zip(
        made.image[computed], samples.image[computed], samples.mask[computed], strict=True
    ):
        if mask.sum() > 100:
            assert np.corrcoef(image[mask], before[mask])[0, 1] > 0.3
    assert not made.image[~samples.mask].any()


def test_acquisitions_are_those_that_made_the_images(samples, monkeypatch):
    """Without fields, blur and noise, an image is M0 times the drawn acquisition's weight."""
    for name in ("_NOISE", "_BLUR", "_SHADING", "_TRANSMIT_OWN", "_TRANSMIT_FALL"):
        monkeypatch.setattr(f"phycharm.method.maps.variation.{name}", 0.0)
    made = varied(samples, model="train")
    assert made.acquisitions[samples.computed :] == samples.acquisitions[samples.computed :]
    for index in range(samples.computed):
        own = made.at((made.acquisition == index).nonzero()[:, 0])
        expected = own.m0 * train_weight(own.t1, made.acquisitions[index]) * own.mask
        expected = expected / expected.amax((2, 3), keepdim=True)
        torch.testing.assert_close(own.image, expected, rtol=1e-3, atol=1e-3)


def test_every_call_draws_anew(samples):
    first, second = (varied(samples, model="train") for _ in range(2))
    assert first.acquisitions != second.acquisitions
    assert not torch.equal(first.image, second.image)


def test_same_seed_same_images(samples):
    first = varied(samples, model="train")
    torch.manual_seed(0)
    assert torch.equal(first.image, varied(samples, model="train").image)


def test_inversion_recovery_has_no_unknowns(samples):
    made = varied(samples, model="ir")
    assert made.acquisitions == samples.acquisitions
    difference = (made.image - samples.image)[samples.mask]
    assert difference.std() < 0.03


def test_blur_is_a_gaussian_of_each_slices_own_width(monkeypatch):
    from scipy import ndimage

    from phycharm.method.maps.variation import _blurred

    slices = torch.randn(3, 1, 20, 24)
    widths = torch.tensor([0.0, 0.4, 0.8])
    made = _blurred(slices, widths)
    torch.testing.assert_close(made[0], slices[0])
    for index in (1, 2):
        wanted = ndimage.gaussian_filter(
            slices[index, 0].numpy(), float(widths[index]), mode="constant", radius=2
        )
        np.testing.assert_allclose(made[index, 0].numpy(), wanted, atol=1e-5)
