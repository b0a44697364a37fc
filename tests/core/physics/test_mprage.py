"""The readout-train signal against a simulation of every pulse and every recovery."""

import math

import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.mprage import ReadoutTrain, inversion_train_signals, mprage_signal

SIEMENS = {
    "inversion_time": 1200.0,
    "repetition_time": 2400.0,
    "flip_angle": 8.0,
    "echo_spacing": 6.6,
    "readouts": 176,
}
GE = {
    "inversion_time": 450.0,
    "repetition_time": 2200.0,
    "flip_angle": 12.0,
    "echo_spacing": 8.232,
    "readouts": 190,
    "centre": 0,
}
MP2RAGE = (
    ReadoutTrain(inversion_time=940.0, flip_angle=4.0, echo_spacing=7.1, readouts=176),
    ReadoutTrain(inversion_time=2830.0, flip_angle=5.0, echo_spacing=7.1, readouts=176),
)


def recover(mz, time, t1):
    decay = math.exp(-time / t1)
    return mz * decay + 1 - decay


def step_by_step(t1, m0, *, trains, repetition_time, inversion_efficiency, b1):
    """Play the sequence pulse by pulse until the magnetisation of two cycles agrees."""
    before, previous = 1.0, math.inf
    while abs(before - previous) > 1e-14:
        previous, mz, clock, signals = before, -inversion_efficiency * before, 0.0, []
        for train in trains:
            angle = math.radians(train.flip_angle) * b1
            for pulse in range(train.readouts):
                time = train.inversion_time + (pulse - train.centre_index) * train.echo_spacing
                mz = recover(mz, time - clock, t1)
                clock = time
                if pulse == train.centre_index:
                    signals.append(m0 * mz * math.sin(angle))
                mz *= math.cos(angle)
        before = recover(mz, repetition_time - clock, t1)
    return signals


T1S = [250.0, 838.0, 1450.0, 4300.0]


@pytest.mark.parametrize("protocol", [SIEMENS, GE], ids=["linear", "centric"])
@pytest.mark.parametrize(("efficiency", "b1"), [(1.0, 1.0), (0.93, 0.8), (0.5, 1.3)])
def test_mprage_equals_step_by_step_simulation(protocol, efficiency, b1):
    t1 = torch.tensor(T1S, dtype=torch.float64)
    signal = mprage_signal(t1, 0.8, inversion_efficiency=efficiency, b1=b1, **protocol)
    train = ReadoutTrain(**{k: v for k, v in protocol.items() if k != "repetition_time"})
    expected = [
        step_by_step(
            x,
            0.8,
            trains=[train],
            repetition_time=protocol["repetition_time"],
            inversion_efficiency=efficiency,
            b1=b1,
        )[0]
        for x in T1S
    ]
    torch.testing.assert_close(
        signal, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("b1", [0.75, 1.0, 1.2])
def test_mp2rage_equals_step_by_step_simulation(b1):
    t1 = torch.tensor(T1S, dtype=torch.float64)
    options = {"trains": MP2RAGE, "repetition_time": 5000.0, "inversion_efficiency": 0.96, "b1": b1}
    signals = torch.stack(inversion_train_signals(t1, 1.0, **options), dim=1)
    expected = [step_by_step(x, 1.0, **options) for x in T1S]
    torch.testing.assert_close(
        signals, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12
    )


def test_float32_stays_within_a_millionth_of_float64():
    t1 = torch.linspace(100.0, 5000.0, 400, dtype=torch.float64)
    exact = mprage_signal(t1, **SIEMENS)
    single = mprage_signal(t1.float(), **SIEMENS)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=1e-6)


def test_without_pulses_to_speak_of_it_is_inversion_recovery():
    """With vanishing flip angle the signal per sin(angle) is the textbook inversion recovery."""
    t1 = torch.tensor(T1S, dtype=torch.float64)
    protocol = SIEMENS | {"flip_angle": 1e-4}
    shape = mprage_signal(t1, **protocol) / math.sin(math.radians(1e-4))
    ti, tr = SIEMENS["inversion_time"], SIEMENS["repetition_time"]
    steady = (1 - torch.exp(-tr / t1)) / (1 + torch.exp(-tr / t1))
    expected = 1 - (1 + steady) * torch.exp(-ti / t1)
    torch.testing.assert_close(shape, expected, rtol=0, atol=1e-6)


def test_broadcasts_t1_m0_and_b1():
    t1 = torch.full((4, 1, 1), 900.0)
    m0 = torch.linspace(0.5, 1.0, 3).reshape(3, 1)
    b1 = torch.linspace(0.8, 1.2, 5)
    signal = mprage_signal(t1, m0, b1=b1, **SIEMENS)
    assert signal.shape == (4, 3, 5)
    alone = mprage_signal(t1[0, 0], m0[2], b1=b1[1], **SIEMENS)
    torch.testing.assert_close(signal[3, 2, 1], alone[0])


def test_gradients_in_t1_m0_and_b1():
    t1 = torch.tensor([600.0, 1400.0], dtype=torch.float64, requires_grad=True)
    m0 = torch.tensor([0.7, 0.9], dtype=torch.float64, requires_grad=True)
    b1 = torch.tensor([0.9, 1.1], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t, m, b: mprage_signal(t, m, b1=b, **GE), (t1, m0, b1))
    assert torch.autograd.gradcheck(
        lambda t, m, b: inversion_train_signals(t, m, trains=MP2RAGE, repetition_time=5000.0, b1=b),
        (t1, m0, b1),
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"inversion_time": 300.0}, "before the inversion"),
        ({"repetition_time": 1700.0}, "longer repetition time"),
        ({"readouts": 0}, "readouts >= 1"),
        ({"centre": 176}, "centre < readouts"),
        ({"echo_spacing": 0.0}, "echo_spacing > 0"),
    ],
)
def test_impossible_timing_is_an_input_error(change, complaint):
    with pytest.raises(InputError, match=complaint):
        mprage_signal(torch.tensor([900.0]), **(SIEMENS | change))


def test_overlapping_trains_are_an_input_error():
    late = ReadoutTrain(inversion_time=2000.0, flip_angle=5.0, echo_spacing=7.1, readouts=176)
    with pytest.raises(InputError, match="overlaps"):
        inversion_train_signals(
            torch.tensor([900.0]), trains=(MP2RAGE[0], late), repetition_time=5000.0
        )
