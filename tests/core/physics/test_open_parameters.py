"""What sidecars leave open: usual values, and ranges in which a train always fits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.method.maps.variation import drawn
from phycharm.physics.acquisition import Acquisition
from phycharm.physics.effective_acquisition import fit_acquisition
from phycharm.physics.forward import richest_model
from phycharm.physics.intensity_curve import IntensityCurve
from phycharm.physics.open_parameters import (
    RECOVERY,
    USUAL,
    assumed,
    bounds,
    open_parameters,
    possible_centres,
    with_values,
)
from phycharm.physics.readout import readout_train, train_weight
from phycharm.utils.seeding import seeded

from support import phantom

# As converters write them (times in ms): what each vendor's sidecar has, and no more.
SIEMENS = Acquisition(inversion_time=880, repetition_time=2000, echo_time=2, flip_angle=8)
GE = Acquisition(
    inversion_time=450,
    repetition_time=None,
    echo_time=3,
    flip_angle=12,
    echo_spacing=7,
    inversion_ends="first pulse",
)
PHILIPS = Acquisition(
    inversion_time=None,
    repetition_time=None,
    echo_time=3.2,
    flip_angle=8,
    echo_spacing=7.07,
    readouts=208,
)
NOTHING = Acquisition(inversion_time=None, repetition_time=None, echo_time=None, flip_angle=9)
WITHOUT_TI = replace(NOTHING, repetition_time=2300.0, echo_spacing=7.0, readouts=240)
WAITING = replace(WITHOUT_TI, inversion_ends="first pulse")
VENDORS = [SIEMENS, GE, PHILIPS, NOTHING, WITHOUT_TI, WAITING]
IDS = ["Siemens", "GE", "Philips", "nothing", "no TI", "no TI, first pulse"]
TIMES = np.geomspace(650, 3800, 12)


@pytest.mark.parametrize("known", VENDORS, ids=IDS)
def test_a_train_fits_whatever_is_missing(known):
    complete = assumed(known)
    assert readout_train(complete).end <= complete.repetition_time
    for name in USUAL:
        said = getattr(known, name)
        assert (name in complete.assumed) == (said is None)
        assert said is None or getattr(complete, name) == said
    assert assumed(complete) == complete


def test_what_is_complete_stays():
    for on in phantom.SCANNERS:
        assert assumed(on.acquisition) is on.acquisition
        assert RECOVERY not in open_parameters(on.acquisition)


@pytest.mark.parametrize("known", VENDORS, ids=IDS)
def test_a_train_fits_at_both_ends_of_every_range(known):
    complete = assumed(known)
    for centre in possible_centres(complete):
        placed = with_values(complete, {"centre": centre})
        for name in ("inversion_time", RECOVERY):
            if name in open_parameters(complete):
                for end in bounds(placed, name):
                    moved = with_values(placed, {name: end})
                    train_weight(torch.tensor([1000.0]), moved)  # raises where none fits


@pytest.mark.parametrize("known", VENDORS, ids=IDS)
def test_drawn_acquisitions_fit_and_differ(known):
    with seeded(0):
        made = [drawn(assumed(known)) for _ in range(40)]
    for one in made:
        train_weight(torch.tensor([1000.0]), one)
    for name in ("inversion_time", "repetition_time"):
        values = {getattr(one, name) for one in made}
        assert (len(values) > 20) == (getattr(known, name) is None)


def test_tr_follows_ti_where_nobody_says_either():
    complete = with_values(assumed(PHILIPS), {"centre": 0, RECOVERY: 400.0})
    later = with_values(complete, {"inversion_time": complete.inversion_time + 100})
    assert later.repetition_time == pytest.approx(complete.repetition_time + 100)
    assert readout_train(later).end == pytest.approx(later.repetition_time - 400)


def test_equal_after_json():
    complete = assumed(PHILIPS)
    assert replace(complete, assumed=list(complete.assumed)) == complete
    assert hash(replace(complete, assumed=list(complete.assumed))) == hash(complete)


@pytest.fixture(scope="module")
def found():
    """Philips' acquisition, fitted to its phantom's curve: neither TI nor TR were told."""
    signal = phantom.weight(TIMES, phantom.PHILIPS)
    blind = replace(phantom.PHILIPS.acquisition, inversion_time=None, repetition_time=None)
    return fit_acquisition(blind, [IntensityCurve(t1=TIMES, intensity=30 * signal)])


def test_contrast_is_recovered_without_ti_and_tr(found):
    """The curve counts: other trains can make it as well."""
    signal = phantom.weight(TIMES, phantom.PHILIPS)
    fitted = train_weight(torch.from_numpy(TIMES), found.acquisition).numpy()
    ratio = fitted / signal
    np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=0.05)
    names = [one.name for one in found.parameters]
    assert {"inversion_time", "repetition_time"} <= set(names)
    blind = replace(phantom.PHILIPS.acquisition, inversion_time=None, repetition_time=None)
    guess = train_weight(torch.from_numpy(TIMES), assumed(blind)).numpy() / signal
    assert np.ptp(guess / guess.mean()) > 2 * np.ptp(ratio / ratio.mean())


def test_completed_gives_another_visit_what_was_assumed(found):
    other = found.completed(replace(PHILIPS, echo_time=3.1))
    assert other.echo_time == 3.1
    assert other.inversion_time == found.acquisition.inversion_time
    assert other.assumed == ("inversion_time", "repetition_time")


def test_model_with_trains_serves_whoever_says_no_ti():
    assert richest_model([SIEMENS]) == "ir"
    assert richest_model([SIEMENS, PHILIPS]) == richest_model([SIEMENS, GE]) == "train"
