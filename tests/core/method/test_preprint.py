"""The preprint's settings, written out, against what is really used; what differs is declared."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from phycharm.method import translation
from phycharm.method.maps import MapsGenerator, generator
from phycharm.method.phycharm_paper import PhyCHarmPaper
from phycharm.networks.layers.dropout import Dropout

from support import phantom
from support.phantom import TINY_FEATURES

# medRxiv 10.1101/2025.02.07.25321867; units and times are those of its authors' code.
_NETWORK = {
    "kind": "BasicUNet",
    "channels in and out": (1, 1),
    "features": (16, 32, 64, 128, 256, 32),
    "norm": "InstanceNorm",
    "activation": ("LeakyReLU", 0.1),
    "optimizer": "Adam",
    "learning rate": 1e-3,
    "weight decay": 0,
    "batch": 2,
    "schedule": "constant",
    "image unit": 4095,
    "slices": "all",
    "canvas": "field of view",
    "loss": "whole image",
    "output": "as it is",
}
MAPS = _NETWORK | {
    "epochs": 500,
    "betas": (0.9, 0.999),
    "dropout": 0,
    "T1 unit": 4095,
    "M0 unit": 500,
    "weights": (1, 1, 1e-6),
    "consistency": "voxel by voxel",
    "constraint": (2830, 5000),
    "images": "measured",
    "noise": False,
    "signal": "ir",
}
HARMONIZATION = _NETWORK | {
    "epochs": 200,
    "betas": (0.5, 0.999),
    "dropout": 0.1,
    "networks": ["GE->Siemens", "Siemens->GE"],
}
# What the default generator does otherwise, and words by which it says so.
CORRECTED = {
    "image unit": "not divided by 4095",
    "slices": "without brain are left out",
    "canvas": "cut to a canvas around the brain",
    "loss": "inside the brain mask and not over the whole image",
    "output": "softplus",
    "T1 unit": "1000 ms counts as 1 in T1, instead of 4095",
    "M0 unit": "99th percentile in the brain instead of 500",
    "consistency": "one factor a slice",
    "constraint": "own acquisition",
    "images": "computed from the cohort's own maps",
    "noise": "get noise",
    "signal": "Signal model: train instead of ir",
}

# The brain is narrower than the field of view, and no brain is in the first and last slice.
SHAPE = (34, 34, 8)


class Watched:
    """A training that takes one step, and remembers what it was given."""

    seen = ()

    def __init__(self, **given):
        self.given = given
        Watched.seen = (*Watched.seen, self)

    def run(self):
        self.given["step"](torch.arange(2))
        for module in self.given["modules"].values():
            module.eval()
        return []


@pytest.fixture(autouse=True)
def _watched(monkeypatch):
    monkeypatch.setattr(Watched, "seen", ())
    for module in (generator, translation):
        monkeypatch.setattr(module, "Training", Watched)


def described(training):
    """Plan, optimizer and network of a training."""
    plan, (optimizer,) = training.given["plan"], training.given["optimizers"]
    network = next(iter(training.given["modules"].values()))
    (group,) = optimizer.param_groups

    def layers(kind):
        return [module for module in network.modules() if isinstance(module, kind)]

    convolutions, norms = layers(nn.Conv2d), layers(nn.InstanceNorm2d)
    activations = {(type(m).__name__, m.negative_slope) for m in layers(nn.LeakyReLU)}
    down = [norm.num_features for norm in norms[:10:2]]
    return {
        "kind": type(network).__name__,
        "channels in and out": (convolutions[0].in_channels, convolutions[-1].out_channels),
        "features": (*down, norms[-1].num_features),
        "norm": type(norms[0]).__name__,
        "activation": activations.pop() if len(activations) == 1 else activations,
        "optimizer": type(optimizer).__name__,
        "learning rate": group["lr"],
        "weight decay": group["weight_decay"],
        "betas": group["betas"],
        "batch": plan.batch_size,
        "epochs": plan.epochs,
        "schedule": plan.schedule,
        "dropout": max((m.p for m in layers((nn.Dropout, nn.Dropout2d, Dropout))), default=0),
    }


def stack(images):
    """What a stack of slices of one person holds."""
    return {
        "slices": "all" if len(images) == SHAPE[2] else "with brain",
        "canvas": "field of view" if min(images.shape[2:]) >= SHAPE[0] else "brain",
    }


def maps_used(made):
    """What a maps generator really uses, seen while it is fitted and asked."""
    cohort = phantom.quantitative_cohort(("Q1",), shape=SHAPE)
    made.fit(cohort, scanners=phantom.SCANNERS)
    (training,) = Watched.seen
    samples = made._samples(cohort, made._acquisitions(phantom.SCANNERS))
    own = samples.at((samples.acquisition == len(samples.acquisitions) - 1).nonzero()[:, 0])
    objective, one = made._objective(), cohort.read("Q1")
    raw = phantom.raw_scan("Q1", phantom.QUANT, shape=SHAPE)
    off = objective.terms(own, own.t1 + 100.0, own.m0 + 0.1)
    # Other maps outside the brain, where no map is measured.
    other = replace(own, maps=own.maps + torch.tensor([9.0, 1.0, 0.0])[:, None, None] * ~own.mask)
    constraint = objective.constraint
    return (
        described(training)
        | stack(own.image)
        | {
            "image unit": round(raw.image[raw.mask].max() / own.image.max().item(), 1),
            "loss": "whole image" if objective.terms(other, own.t1, own.m0)["T1"] > 0 else "brain",
            "output": "as it is" if made._head(torch.tensor(-1.0)) == -1 else "positive",
            "T1 unit": round(100 / off["T1"].sqrt().item()),
            "M0 unit": round(one.m0_scale * one.m0.max() / own.m0.max().item(), 3),
            "weights": tuple(vars(objective.weights).values()),
            "consistency": "voxel by voxel" if off["consistency"] < 1e-9 else "factor",
            "constraint": constraint and (constraint.inversion_time, constraint.repetition_time),
            "images": "measured" if len(samples) == len(own) else "computed too",
            "noise": not torch.equal(made._varied(own).image, own.image),
            "signal": made._model,
        }
    )


def harmonization_used(method, monkeypatch):
    """What the method really uses, seen while it is fitted."""
    seen = []
    original = PhyCHarmPaper._matched_slices

    def watch(self, *arguments):
        seen.append(original(self, *arguments))
        return seen[-1]

    monkeypatch.setattr(PhyCHarmPaper, "_matched_slices", watch)
    pair = phantom.cohort(("01",), (phantom.GE, phantom.SIEMENS), shape=SHAPE)
    method.fit(pair, maps=printed_maps())
    training, slices = Watched.seen[1], seen[0]
    raw = phantom.raw_scan("01", phantom.SIEMENS, shape=SHAPE)
    network = method._networks["GE->Siemens"]
    with torch.no_grad():
        answer = network(slices.inputs)
        loss = method._loss({"HN": answer}, slices)["loss"]
        translated = method._image(slices.inputs, answer)
    whole = (answer - slices.wanted).square().mean()
    return (
        described(training)
        | stack(slices.wanted)
        | {
            "image unit": round(raw.image[raw.mask].max() / slices.wanted.max().item(), 1),
            "loss": "whole image" if torch.isclose(loss, whole) else "another",
            "output": "as it is" if torch.allclose(translated, answer) else "another",
            "networks": list(method._networks),
        }
    )


def printed_maps():
    made = MapsGenerator(preset="paper", features=TINY_FEATURES)
    return made.fit(phantom.quantitative_cohort(("Q1",), shape=SHAPE))


def test_maps_are_made_as_printed():
    assert maps_used(MapsGenerator(preset="paper")) == MAPS


def test_harmonization_is_as_printed(monkeypatch):
    assert harmonization_used(PhyCHarmPaper(), monkeypatch) == HARMONIZATION


def test_what_the_default_generator_does_otherwise_is_declared():
    made = MapsGenerator()
    used = maps_used(made)
    assert {name for name, value in MAPS.items() if used[name] != value} == set(CORRECTED)
    for words in CORRECTED.values():
        assert sum(words in sentence for sentence in made.deviations) == 1, words


def test_nothing_is_declared_that_is_as_printed():
    said = " ".join(MapsGenerator(preset="paper").deviations + PhyCHarmPaper().deviations)
    assert not [words for words in CORRECTED.values() if words in said]
    assert "instead of" not in said


PLAN = {
    "epochs": 3,
    "steps": 1000,
    "batch_size": 4,
    "learning_rate": 2e-3,
    "betas": (0.7, 0.8),
    "schedule": "cosine",
    "precision": "bfloat16",
}
MAPS_CHANGES = {
    "case": (1, "Loss case: 1 instead of 4"),
    "signal": ("mprage", "Signal model: mprage instead of ir"),
    "consistency": ("corrected", "least-squares one"),
    "features": (TINY_FEATURES, "[4, 4, 4, 8, 8, 4]"),
    "m0_unit": (1.0, "1.0 instead of 500.0"),
}
CHANGES = {
    "features": (TINY_FEATURES, "[4, 4, 4, 8, 8, 4]"),
    "dropout": (0.3, "Dropout: 0.3 instead of 0.1"),
}
# These are declared by the generator itself, or change no equation.
ELSEWHERE = {"preset", "training", "maps", "seed", "device"}


def with_plans(changes):
    plans = [("training", ({name: value}, "Training plan:")) for name, value in PLAN.items()]
    return [*changes.items(), *plans]


@pytest.mark.parametrize(("name", "change"), with_plans(MAPS_CHANGES))
@pytest.mark.parametrize("preset", ["paper", "corrected"])
def test_every_changed_setting_of_the_maps_is_declared(preset, name, change):
    value, words = change
    plain, changed = MapsGenerator(preset=preset), MapsGenerator(preset=preset, **{name: value})
    if plain.settings()[name] == changed.settings()[name]:
        assert (preset, name) in {("corrected", "consistency"), ("corrected", "m0_unit")}
        return
    (added,) = set(changed.deviations) - set(plain.deviations)
    assert words in added


@pytest.mark.parametrize(("name", "change"), with_plans(CHANGES))
def test_every_changed_setting_of_the_method_is_declared(name, change):
    value, words = change
    (added,) = set(PhyCHarmPaper(**{name: value}).deviations) - set(PhyCHarmPaper().deviations)
    assert words in added


def test_no_setting_is_forgotten():
    for kind, changes in ((MapsGenerator, MAPS_CHANGES), (PhyCHarmPaper, CHANGES)):
        names = set(inspect.signature(kind).parameters)
        assert names == set(changes) | (ELSEWHERE & names)
    fields = set(inspect.signature(translation.TrainingPlan).parameters)
    assert set(PLAN) == fields


def test_every_deviation_is_one_sentence():
    methods = (PhyCHarmPaper(), MapsGenerator(preset="paper"), MapsGenerator())
    for made in methods:
        assert made.deviations
        assert len(set(made.deviations)) == len(made.deviations)
        assert all(text[0].isupper() and text.endswith(".") for text in made.deviations)


def test_units_of_the_file_and_not_of_the_standardization_count():
    """A scan on any scale is the same image over 4095."""
    made = printed_maps()
    scan = phantom.cohort(shape=SHAPE).scan("01", phantom.GE)
    raw = phantom.raw_scan("01", phantom.GE, shape=SHAPE)
    for there, back in zip(made.predict(scan), made.predict(raw), strict=True):
        np.testing.assert_allclose(there, back, rtol=1e-3, atol=1e-2)
    half = raw.with_image(raw.image * np.float32(0.5))
    assert np.abs(made.predict(half)[0] - made.predict(raw)[0]).max() > 1e-3
