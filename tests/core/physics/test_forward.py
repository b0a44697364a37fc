"""Which signal model is used, with which times."""

import math
from dataclasses import replace

import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.acquisition import Acquisition
from phycharm.physics.forward import (
    effective_repetition_time,
    richest_model,
    t1w_weight,
)
from phycharm.physics.inversion_recovery import recovery_weight
from phycharm.physics.mprage import mprage_signal
from phycharm.physics.readout import has_readout_train, train_weight

from support import phantom

T1 = torch.tensor([500.0, 850.0, 1400.0, 3800.0], dtype=torch.float64)
TRAIN = Acquisition(
    inversion_time=1000.0,
    repetition_time=2300.0,
    echo_time=2.9,
    flip_angle=8.0,
    echo_spacing=7.0,
    readouts=176,
)


def test_ir_is_the_preprints_equation():
    siemens = phantom.SIEMENS.acquisition
    expected = recovery_weight(T1, inversion_time=1200.0, repetition_time=2400.0)
    assert torch.equal(t1w_weight(T1, siemens, model="ir"), expected)


def test_mprage_is_the_whole_train():
    expected = mprage_signal(
        T1,
        inversion_time=1000.0,
        repetition_time=2300.0,
        flip_angle=8.0,
        echo_spacing=7.0,
        readouts=176,
    ).abs()
    assert torch.equal(t1w_weight(T1, TRAIN, model="mprage"), expected)
    assert not torch.allclose(t1w_weight(T1, TRAIN, model="ir"), expected, rtol=0.05)


def test_train_is_the_readout_trains_own():
    assert torch.equal(t1w_weight(T1, TRAIN, model="train"), train_weight(T1, TRAIN))


def test_earlier_models_fall_back_where_a_train_cannot_be_linear():
    # 95 pulses of 8.2 ms do not fit before a TI of 450 ms.
    ge = replace(
        TRAIN, inversion_time=450.0, repetition_time=2200.0, echo_spacing=8.2, readouts=190
    )
    assert torch.equal(t1w_weight(T1, ge, model="mprage"), t1w_weight(T1, ge, model="ir"))


@pytest.mark.parametrize("model", ["train", "mprage"])
@pytest.mark.parametrize("missing", ["echo_spacing", "readouts"])
def test_train_that_is_not_known(missing, model):
    acquisition = replace(TRAIN, **{missing: None})
    assert not has_readout_train(acquisition)
    with pytest.raises(InputError, match="NumberShots"):
        t1w_weight(T1, acquisition, model=model)


@pytest.mark.parametrize("model", ["ir", "train", "mprage"])
@pytest.mark.parametrize("scanner", [*phantom.SCANNERS, phantom.QUANT], ids=lambda s: s.name)
def test_white_matter_is_brighter_than_grey_and_grey_than_fluid(model, scanner):
    acquisition = scanner.acquisition
    if model == "mprage":  # which takes the middle readout, where there is room
        acquisition = replace(acquisition, echo_spacing=7.0, readouts=160)
    white, grey, fluid = t1w_weight(T1[1:], acquisition, model=model).tolist()
    assert white > grey > fluid >= 0


@pytest.mark.parametrize("model", ["ir", "train", "mprage"])
def test_no_t1_gives_infinities(model):
    t1 = torch.tensor([0.0, 1e-6, 1.0, 1e5])
    weight = t1w_weight(t1, TRAIN, model=model)
    assert weight.isfinite().all()
    assert (weight >= 0).all()


class TestEffectiveRepetitionTime:
    def test_is_the_acquisitions_own_where_f_keeps_its_sign(self):
        for acquisition in (phantom.SIEMENS.acquisition, phantom.PHILIPS.acquisition):
            assert effective_repetition_time(acquisition) == acquisition.repetition_time

    def test_is_the_echo_spacing_where_f_would_turn(self):
        # f(2000; 450, 2200) = 1 - 2 exp(-0.225) + exp(-1.1) < 0: grey matter would be too bright.
        assert 1 - 2 * math.exp(-0.225) + math.exp(-1.1) < 0
        ge = replace(phantom.GE.acquisition, repetition_time=2200.0, echo_spacing=None)
        assert effective_repetition_time(ge) == 0
        assert effective_repetition_time(replace(ge, echo_spacing=8.232)) == 8.232

    def test_gives_the_authors_ge(self):
        ge = replace(phantom.GE.acquisition, echo_spacing=8.232)
        expected = recovery_weight(T1, inversion_time=450.0, repetition_time=8.232)
        assert torch.equal(t1w_weight(T1, ge, model="ir"), expected)

    def test_is_monotone_in_the_brain_for_every_scanner(self):
        t1 = torch.linspace(400, 2000, 500, dtype=torch.float64)
        for scanner in (*phantom.SCANNERS, phantom.QUANT):
            weight = t1w_weight(t1, scanner.acquisition, model="ir")
            assert (weight.diff() < 0).all()


def test_richest_model_needs_every_train():
    assert richest_model([TRAIN, TRAIN]) == "train"
    assert richest_model([TRAIN, replace(TRAIN, readouts=None)]) == "ir"
    assert richest_model(iter([phantom.GE.acquisition])) == "train"


@pytest.mark.parametrize("model", ["ir", "train", "mprage"])
def test_gradients(model):
    t1 = T1.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda t1: t1w_weight(t1, TRAIN, model=model), (t1,))
