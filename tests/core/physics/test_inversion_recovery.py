"""The preprint's signal equation against its definition, step-by-step relaxation and gradients."""

import math
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from phycharm.physics.inversion_recovery import (
    constrained_t1w,
    inversion_recovery_signal,
    m0_from_inversion,
    recovery_weight,
)

TIMES = {
    "Siemens": {"inversion_time": 1200.0, "repetition_time": 2400.0},
    "Philips": {"inversion_time": 1000.0, "repetition_time": 1800.0},
    "GE": {"inversion_time": 450.0, "repetition_time": 8.232},
    "QMG": {"inversion_time": 2830.0, "repetition_time": 5000.0},
    "short TI": {"inversion_time": 450.0, "repetition_time": 2200.0},
}
T1 = torch.tensor([250.0, 850.0, 1400.0, 2500.0, 4300.0], dtype=torch.float64)


def grid(dtype=torch.float64, *, count=400, seed=0):
    """Random tissue and images as they occur: T1 in ms, M0, a source image that has decayed."""
    generator = torch.Generator().manual_seed(seed)
    t1 = 300 + 3700 * torch.rand(count, dtype=torch.float64, generator=generator)
    m0 = 0.5 + torch.rand(count, dtype=torch.float64, generator=generator)
    t2_star = 20 + 60 * torch.rand(count, dtype=torch.float64, generator=generator)
    return tuple(values.to(dtype) for values in (t1, m0, t2_star))


def bloch(t1, *, inversion_time, repetition_time, cycles=3):
    """Invert, relax for TI by integrating dMz/dt = (1 - Mz) / T1, excite by 90 degrees, relax on.

    Returns the transverse magnetisation after the excitation in the last of several cycles.
    """

    def relax(mz, time):
        solution = solve_ivp(
            lambda _, mz: (1 - mz) / t1, (0, time), [mz], rtol=1e-10, atol=1e-12, method="DOP853"
        )
        return float(solution.y[0, -1])

    mz = 1.0
    for _ in range(cycles):
        mz = relax(-mz, inversion_time)  # 180 degrees, then TI
        signal, mz = mz, 0.0  # 90 degrees: all of it is read, none is left
        mz = relax(mz, repetition_time - inversion_time)
    return abs(signal)


@pytest.mark.parametrize("name", ["Siemens", "Philips", "QMG", "short TI"])
def test_weight_equals_a_step_by_step_bloch_simulation(name):
    weight = recovery_weight(T1, **TIMES[name])
    simulated = [bloch(float(t1), **TIMES[name]) for t1 in T1]
    assert weight.tolist() == pytest.approx(simulated, abs=1e-8)


def test_full_relaxation_is_the_textbook_inversion_recovery():
    # TR of infinity: 1 - 2 exp(-TI / T1), and after a long TI everything is back.
    weight = recovery_weight(T1, inversion_time=600.0, repetition_time=1e9)
    np.testing.assert_allclose(weight, np.abs(1 - 2 * np.exp(-600 / T1.numpy())), atol=1e-14)
    long = recovery_weight(T1, inversion_time=1e9, repetition_time=2e9)
    np.testing.assert_allclose(long, 1, atol=1e-14)


def test_signal_vanishes_at_the_null_point():
    null = math.log(2) * 850.0
    weight = recovery_weight(
        torch.tensor([850.0], dtype=torch.float64), inversion_time=null, repetition_time=1e9
    )
    assert float(weight) == pytest.approx(0, abs=1e-14)


def test_readout_time_in_place_of_tr_gives_twice_the_saturation_recovery():
    # The authors' GE: exp(-8.232 / T1) is nearly 1, and f = 2 (1 - exp(-TI / T1)).
    weight = recovery_weight(T1, **TIMES["GE"])
    np.testing.assert_allclose(weight, 2 * (1 - np.exp(-450 / T1.numpy())), atol=0.035)


@pytest.mark.parametrize("name", TIMES)
def test_weight_is_a_magnitude(name):
    times = TIMES[name]
    t1 = torch.linspace(1, 20000, 5000, dtype=torch.float64)
    weight = recovery_weight(t1, **times)
    assert (weight >= 0).all()
    signed = (
        1 - 2 * torch.exp(-times["inversion_time"] / t1) + torch.exp(-times["repetition_time"] / t1)
    )
    torch.testing.assert_close(weight, signed.abs())
    # METHODS: f >= 0 for every T1 only if TR <= 2 TI.
    never_negative = bool((signed >= -1e-15).all())
    assert never_negative == (times["repetition_time"] <= 2 * times["inversion_time"])


@pytest.mark.parametrize("t1", [0.0, -500.0, 1e-30])
def test_impossible_t1_gives_a_finite_signal(t1):
    value = torch.tensor([t1], requires_grad=True)
    weight = recovery_weight(value, **TIMES["Siemens"])
    weight.backward()
    assert weight.isfinite().all()
    assert value.grad.isfinite().all()


def test_echo_time_decay():
    t1, m0, t2_star = grid()
    signal = inversion_recovery_signal(t1, m0, **TIMES["Siemens"], echo_time=2.1, t2_star=t2_star)
    without = inversion_recovery_signal(t1, m0, **TIMES["Siemens"], echo_time=2.1)
    torch.testing.assert_close(signal / without, torch.exp(-2.1 / t2_star))
    torch.testing.assert_close(without, m0 * recovery_weight(t1, **TIMES["Siemens"]))


def test_m0_comes_back():
    t1, m0, _ = grid()
    signal = inversion_recovery_signal(t1, m0, **TIMES["QMG"])
    found = m0_from_inversion(signal, t1, **TIMES["QMG"])
    usable = recovery_weight(t1, **TIMES["QMG"]) > 0.05
    assert usable.float().mean() > 0.9
    torch.testing.assert_close(found[usable], m0[usable], rtol=1e-12, atol=0)


def test_m0_stays_finite_at_the_null_point():
    null = torch.tensor([600 / math.log(2)], dtype=torch.float64)
    found = m0_from_inversion(torch.ones(1), null, inversion_time=600.0, repetition_time=1e9)
    assert float(found) == pytest.approx(1 / 0.05)


class TestConstrainedImage:
    """The closed form against steps 7 to 10 as they are printed."""

    PAIRS = tuple(permutations(TIMES, 2))

    @staticmethod
    def by_logarithm(image, t1, m0, source, target, source_te, target_te):
        source_signal = inversion_recovery_signal(t1, m0, **TIMES[source])  # step 7
        ratio = image / source_signal  # step 8
        t2_star = -source_te / torch.log(ratio)  # step 9
        return inversion_recovery_signal(
            t1, m0, **TIMES[target], echo_time=target_te, t2_star=t2_star
        )  # step 10

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    @pytest.mark.parametrize(("source_te", "target_te"), [(2.12, 3.192), (3.192, 2.12)])
    def test_equals_the_logarithmic_form(self, source, target, source_te, target_te):
        t1, m0, t2_star = grid()
        signals = [inversion_recovery_signal(t1, m0, **TIMES[name]) for name in (source, target)]
        image = signals[0] * torch.exp(-source_te / t2_star)
        closed = constrained_t1w(
            image, *signals, source_echo_time=source_te, target_echo_time=target_te
        )
        printed = self.by_logarithm(image, t1, m0, source, target, source_te, target_te)
        # Near a null of the source's signal the ratio has no meaning, and is floored.
        valid = signals[0] > 0.05 * signals[0].max()
        assert valid.float().mean() > 0.85
        assert (closed - printed)[valid].abs().max() < 1e-12

    def test_is_the_target_image_when_the_tissue_is_known(self):
        t1, m0, t2_star = grid()
        signals = [inversion_recovery_signal(t1, m0, **TIMES[n]) for n in ("Philips", "Siemens")]
        images = [
            signal * torch.exp(-echo_time / t2_star)
            for signal, echo_time in zip(signals, (3.2, 2.1), strict=True)
        ]
        made = constrained_t1w(images[0], *signals, source_echo_time=3.2, target_echo_time=2.1)
        valid = signals[0] > 0.05 * signals[0].max()
        torch.testing.assert_close(made[valid], images[1][valid], rtol=1e-12, atol=0)

    def test_equal_echo_times_make_m0_cancel(self):
        t1, m0, t2_star = grid()
        weights = [recovery_weight(t1, **TIMES[name]) for name in ("Siemens", "Philips")]
        image = m0 * weights[0] * torch.exp(-2.12 / t2_star)
        made = [
            constrained_t1w(
                image,
                assumed * weights[0],
                assumed * weights[1],
                source_echo_time=2.12,
                target_echo_time=2.12,
            )
            for assumed in (m0, 0.9 * m0, torch.full_like(m0, 0.8))
        ]
        valid = weights[0] > 0.15
        for other in made[1:]:
            torch.testing.assert_close(other[valid], made[0][valid], rtol=1e-12, atol=0)

    def test_same_scanner_changes_nothing(self):
        t1, m0, t2_star = grid()
        signal = inversion_recovery_signal(t1, m0, **TIMES["Siemens"])
        image = signal * torch.exp(-2.12 / t2_star)
        made = constrained_t1w(image, signal, signal, source_echo_time=2.12, target_echo_time=2.12)
        valid = signal > 0.05 * signal.max()
        torch.testing.assert_close(made[valid], image[valid], rtol=1e-12, atol=0)

    def test_ratio_above_one_has_no_negative_t2_star(self):
        # Brighter than the maps allow: step 9 would give T2* < 0; the closed form goes on.
        signal = torch.ones(3, dtype=torch.float64)
        image = torch.tensor([1.5, 2.9, 50.0], dtype=torch.float64)
        made = constrained_t1w(image, signal, signal, source_echo_time=2.0, target_echo_time=4.0)
        np.testing.assert_allclose(made, [1.5**2, 2.9**2, 9.0], rtol=1e-12)

    def test_background_and_nulls_stay_finite(self):
        signal = torch.tensor([0.0, 1e-12, 1.0, 0.5])
        image = torch.tensor([0.0, 0.3, 0.0, -0.2])
        made = constrained_t1w(image, signal, signal, source_echo_time=3.0, target_echo_time=2.0)
        assert made.isfinite().all()
        assert made[2] == made[3] == 0
        empty = torch.zeros(4)
        made = constrained_t1w(empty, empty, empty, source_echo_time=3.0, target_echo_time=2.0)
        assert not made.any()

    def test_slices_of_a_batch_do_not_see_each_other(self):
        generator = torch.Generator().manual_seed(0)
        source, target, image = torch.rand(3, 4, 1, 8, 8, generator=generator)
        source = source * torch.tensor([1.0, 0.01, 5.0, 0.3])[:, None, None, None]
        image = source * image
        times = {"source_echo_time": 3.0, "target_echo_time": 2.0}
        together = constrained_t1w(image, source, target, **times)
        alone = torch.cat(
            [
                constrained_t1w(*(volume[[n]] for volume in (image, source, target)), **times)
                for n in range(4)
            ]
        )
        torch.testing.assert_close(together, alone)

    def test_gradient_at_voxels_that_are_exactly_zero(self):
        image = torch.tensor([0.0, 0.4], dtype=torch.float64)
        source = torch.tensor([0.7, 0.5], dtype=torch.float64, requires_grad=True)
        target = torch.tensor([0.6, 0.8], dtype=torch.float64, requires_grad=True)
        # A target echo time below the source's: a root, whose slope at 0 is infinite.
        made = constrained_t1w(image, source, target, source_echo_time=3.0, target_echo_time=2.0)
        made.sum().backward()
        assert source.grad.isfinite().all()
        assert target.grad.isfinite().all()


class TestGradients:
    """Automatic against numerical derivatives, in float64."""

    def inputs(self, count=6):
        t1, m0, t2_star = grid(count=count, seed=3)
        return [value.clone().requires_grad_() for value in (t1 + 200, m0, t2_star)]

    @pytest.mark.parametrize("name", TIMES)
    def test_weight(self, name):
        t1, *_ = self.inputs()
        assert torch.autograd.gradcheck(lambda t1: recovery_weight(t1, **TIMES[name]), (t1,))

    def test_signal(self):
        def signal(t1, m0, t2_star):
            return inversion_recovery_signal(
                t1, m0, **TIMES["Siemens"], echo_time=2.1, t2_star=t2_star
            )

        assert torch.autograd.gradcheck(signal, self.inputs())

    def test_m0(self):
        t1, m0, _ = self.inputs()
        assert torch.autograd.gradcheck(
            lambda s, t1: m0_from_inversion(s, t1, **TIMES["QMG"]), (m0, t1)
        )

    def test_constrained_image(self):
        t1, m0, t2_star = self.inputs()
        image = inversion_recovery_signal(
            t1, m0, **TIMES["Siemens"], echo_time=2.12, t2_star=t2_star
        )
        image = image.detach().requires_grad_()

        def made(image, t1, m0):
            signals = (inversion_recovery_signal(t1, m0, **TIMES[n]) for n in ("Siemens", "QMG"))
            return constrained_t1w(image, *signals, source_echo_time=2.12, target_echo_time=3.192)

        assert torch.autograd.gradcheck(made, (image, t1, m0))


class TestTypesAndShapes:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_dtype_is_kept_and_float32_agrees(self, dtype):
        t1, m0, t2_star = grid(dtype)
        exact = grid()
        signal = inversion_recovery_signal(t1, m0, **TIMES["GE"], echo_time=3.0, t2_star=t2_star)
        expected = inversion_recovery_signal(
            exact[0], exact[1], **TIMES["GE"], echo_time=3.0, t2_star=exact[2]
        )
        assert signal.dtype == dtype
        torch.testing.assert_close(signal.double(), expected, rtol=2e-6, atol=2e-6)
        made = constrained_t1w(signal, m0, m0, source_echo_time=3.0, target_echo_time=2.0)
        assert made.dtype == dtype

    def test_any_shape_and_broadcasting(self):
        t1 = torch.rand(2, 1, 5, 6) * 1000 + 500
        m0 = torch.rand(6)
        signal = inversion_recovery_signal(t1, m0, **TIMES["Siemens"])
        assert signal.shape == t1.shape
        torch.testing.assert_close(
            signal[1, 0, 2, 3], m0[3] * recovery_weight(t1[1, 0, 2, 3], **TIMES["Siemens"])
        )


class TestDecayOnly:
    """A decay cannot brighten: what is brighter than the model says is passed on as it is."""

    image = torch.tensor([0.2, 0.5, 1.0, 1.5, 2.5], dtype=torch.float64)
    signal = torch.ones(5, dtype=torch.float64)

    def made(self, **options):
        return constrained_t1w(
            self.image,
            self.signal,
            2 * self.signal,
            source_echo_time=2.0,
            target_echo_time=3.0,
            **options,
        )

    def test_below_one_it_is_the_closed_form(self):
        torch.testing.assert_close(self.made(decay_only=True)[:3], self.made()[:3])

    def test_above_one_the_ratio_is_passed_on(self):
        expected = 2 * self.image[3:]
        torch.testing.assert_close(self.made(decay_only=True)[3:], expected)
        assert (self.made()[3:] > expected).all()
