"""Readout trains: what an acquisition says, and what cannot be."""

from dataclasses import replace

import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.acquisition import Acquisition
from phycharm.physics.mprage import mprage_signal
from phycharm.physics.readout import latest_centre, readout_train, train_weight

from support import phantom

GE = Acquisition(
    inversion_time=450.0, repetition_time=2000.0, echo_time=3.2, flip_angle=12.0,
    echo_spacing=8.232, readouts=166, centre=20, inversion_ends="first pulse",
)  # fmt: skip
SIEMENS = Acquisition(
    inversion_time=1200.0, repetition_time=2400.0, echo_time=2.1, flip_angle=7.0,
    echo_spacing=6.6, readouts=112,
)  # fmt: skip
T1 = torch.tensor([250.0, 838.0, 1450.0, 4300.0], dtype=torch.float64)


def test_ti_to_the_first_pulse_is_lengthened_to_the_centre():
    train = readout_train(GE)
    assert train.start == pytest.approx(450.0)
    assert train.inversion_time == pytest.approx(450.0 + 20 * 8.232)


def test_ti_to_the_centre_is_taken_as_it_is():
    train = readout_train(replace(SIEMENS, centre=10))
    assert train.inversion_time == 1200.0
    assert train.start == pytest.approx(1200.0 - 66.0)


def test_centre_that_nobody_says_is_the_middle_or_the_latest_possible():
    assert readout_train(SIEMENS).centre_index == 56
    short = replace(SIEMENS, inversion_time=200.0)
    assert readout_train(short).centre_index == latest_centre(short) == 30


@pytest.mark.parametrize("on", [*phantom.SCANNERS, phantom.QUANT], ids=lambda on: on.name)
def test_weight_is_that_of_a_pulse_by_pulse_simulation(on):
    """The phantom plays every pulse and knows the centre; told it, the model agrees."""
    known = replace(on.acquisition, centre=phantom.centre(on))
    expected = torch.from_numpy(phantom.weight(T1.numpy(), on))
    # The phantom interpolates a table of T1.
    torch.testing.assert_close(train_weight(T1, known), expected, rtol=2e-3, atol=1e-5)


def test_efficiency_and_transmit_act():
    seen = mprage_signal(
        T1, inversion_time=1200.0, repetition_time=2400.0, flip_angle=7.0, echo_spacing=6.6,
        readouts=112, inversion_efficiency=0.8, b1=0.9,
    )  # fmt: skip
    changed = replace(SIEMENS, inversion_efficiency=0.8, transmit=0.9)
    torch.testing.assert_close(train_weight(T1, changed), seen.abs())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inversion_time": 2500.0}, "TI lasts 2500 ms, longer than TR, 2400 ms"),
        ({"readouts": 400}, "the readout train lasts 2640 ms, longer than TR, 2400 ms"),
        (
            {"repetition_time": 1400.0, "centre": 56},
            "ends 1569.6 ms after the inversion, and TR is 1400 ms",
        ),
        ({"inversion_time": 100.0, "centre": 56}, "before the inversion"),
        ({"centre": 112}, "0 <= centre < readouts"),
        ({"readouts": None}, "NumberShots"),
        ({"echo_spacing": None}, "RepetitionTimeExcitation"),
    ],
)
def test_what_no_physics_fits_is_said_in_one_line(changes, said):
    with pytest.raises(InputError) as failure:
        readout_train(replace(SIEMENS, **changes))
    assert said in str(failure.value)
    assert "\n" not in str(failure.value)
