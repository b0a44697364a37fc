"""Fitting what no sidecar says to curves of intensity against T1."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.acquisition import CREDIBLE
from phycharm.physics.effective_acquisition import EffectiveAcquisition, fit_acquisition
from phycharm.physics.intensity_curve import IntensityCurve, intensity_curve
from phycharm.physics.open_parameters import NOMINAL
from phycharm.physics.readout import train_weight

from support import phantom

TIMES = np.geomspace(650, 3800, 40)


def curves(on, *, efficiency=1.0, gains=(1.0, 400.0, 0.02), noise=0.0):
    """What the scanner makes of TIMES, by the phantom's pulse-by-pulse simulation."""
    rng = np.random.default_rng(0)
    signal = phantom.weight(TIMES, on)
    return [
        IntensityCurve(t1=TIMES, intensity=gain * signal * (1 + noise * rng.normal(size=40)))
        for gain in gains
    ]


def named(effective, name):
    return next(one for one in effective.parameters if one.name == name)


@pytest.mark.parametrize("on", phantom.SCANNERS, ids=lambda on: on.name)
def test_contrast_is_recovered_whoever_reads_the_centre_when(on):
    found = fit_acquisition(on.acquisition, curves(on))
    expected = phantom.weight(TIMES, on)
    fitted = train_weight(torch.from_numpy(TIMES), found.acquisition).numpy()
    ratio = fitted / expected
    np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=0.03)
    assert found.misfit < 0.02
    assert found.images == 3


@pytest.mark.parametrize("on", [phantom.GE, phantom.PHILIPS], ids=lambda on: on.name)
def test_early_centre_is_found(on):
    found = named(fit_acquisition(on.acquisition, curves(on)), "centre")
    assert found.determined
    assert found.value == pytest.approx(phantom.centre(on), abs=10)


def test_wrong_centre_would_have_been_seen():
    """The sidecar's middle of the train, which is what one would take without a fit."""
    linear = replace(phantom.GE.acquisition, centre=83)
    assert fit_acquisition(linear, curves(phantom.GE)).misfit > 0.05


def test_known_centre_is_kept():
    known = replace(phantom.PHILIPS.acquisition, centre=0)
    found = fit_acquisition(known, curves(phantom.PHILIPS))
    assert found.acquisition.centre == 0
    assert {one.name for one in found.parameters} == {"inversion_efficiency", "transmit"}


def test_true_efficiency_is_found_when_it_is_far_from_nominal():
    known = replace(phantom.SIEMENS.acquisition, centre=56)
    weak = replace(known, inversion_efficiency=0.78)
    signal = train_weight(torch.from_numpy(TIMES), weak).numpy()
    found = fit_acquisition(known, [IntensityCurve(t1=TIMES, intensity=signal)])
    assert named(found, "inversion_efficiency").value == pytest.approx(0.78, abs=0.03)


def test_what_the_images_do_not_determine_is_said_and_left_nominal():
    # White matter alone: a flat piece of a curve, which any train can make.
    short = np.linspace(830, 860, 40)
    flat = [
        IntensityCurve(t1=short, intensity=phantom.weight(short, phantom.SIEMENS) * gain)
        for gain in (1.0, 2.0)
    ]
    found = fit_acquisition(phantom.SIEMENS.acquisition, flat)
    assert not any(one.determined for one in found.parameters)
    assert all(one.spread is None for one in found.parameters)
    for name, value in NOMINAL.items():
        assert named(found, name).value == value
    assert found.acquisition.centre == 56  # the middle: what is taken where nobody says it


def test_spread_is_that_of_the_people():
    same = fit_acquisition(phantom.GE.acquisition, curves(phantom.GE))
    noisy = fit_acquisition(phantom.GE.acquisition, curves(phantom.GE, noise=0.03))
    determined = [one.name for one in same.parameters if one.determined]
    assert determined
    assert all(named(same, name).spread == pytest.approx(0, abs=1e-3) for name in determined)
    assert any(one.spread > 1e-3 for one in noisy.parameters if one.determined)


def test_values_stay_credible():
    found = fit_acquisition(phantom.GE.acquisition, curves(phantom.PHILIPS))
    for name, (low, high) in CREDIBLE.items():
        assert low <= named(found, name).value <= high


def test_completed_takes_over_the_fitted_and_nothing_else():
    found = fit_acquisition(phantom.GE.acquisition, curves(phantom.GE))
    other = replace(phantom.GE.acquisition, repetition_time=2010.0, echo_time=3.0)
    made = found.completed(other)
    assert (made.repetition_time, made.echo_time) == (2010.0, 3.0)
    assert made.centre == found.acquisition.centre


def test_record_gives_the_same_back():
    found = fit_acquisition(phantom.GE.acquisition, curves(phantom.GE))
    again = EffectiveAcquisition.from_record(found.as_record())
    assert again.acquisition == found.acquisition
    assert [one.name for one in again.parameters] == [one.name for one in found.parameters]


def test_nothing_fits_a_train_that_is_longer_than_tr():
    with pytest.raises(InputError, match="longer than TR"):
        fit_acquisition(replace(phantom.GE.acquisition, readouts=300), curves(phantom.GE))


def test_without_curves_nothing_is_determined():
    found = fit_acquisition(phantom.GE.acquisition, [])
    assert not any(one.determined for one in found.parameters)
    assert (found.misfit, found.images) == (None, 0)
    assert found.acquisition.centre == 83  # the middle of 166


class TestCurve:
    def test_is_the_signal_per_m0(self):
        t1, m0, mask = phantom.person("07", shape=(48, 64, 16))
        image = 300 * m0 * phantom.weight(np.where(mask, t1, 1e5), phantom.GE)
        curve = intensity_curve(image, t1, m0, mask)
        assert (np.diff(curve.t1) > 0).all()
        expected = 300 * phantom.weight(curve.t1, phantom.GE)
        np.testing.assert_allclose(curve.intensity, expected, rtol=0.01)

    def test_too_few_voxels_make_none(self):
        t1, m0, mask = phantom.person("07")
        mask[:, :, 1:] = False
        mask[5:] = False
        assert intensity_curve(m0, t1, m0, mask) is None
