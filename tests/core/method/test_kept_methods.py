"""Fits of U-Net, PhyCHarm and the maps generator that were interrupted end as if nothing had."""

import pytest

from phycharm.baselines.unet import UNet
from phycharm.method.maps import MapsGenerator
from phycharm.method.phycharm import PhyCHarm
from phycharm.method.phycharm_paper import PhyCHarmPaper

from support import phantom
from support.interruptions import Stopwatch, assert_same_tensors, interrupted, undisturbed
from support.phantom import TINY_FEATURES

PAIR = (phantom.GE, phantom.SIEMENS)
PRECISIONS = ["float32", "bfloat16"]


def plan(precision, **changes):
    return {"epochs": 2, "batch_size": 8, "precision": precision, "schedule": "cosine", **changes}


def unet(pair, precision):
    method = UNet(training=plan(precision), features=TINY_FEATURES)
    return method.fit(pair.subset(subjects=["01"]), pair.subset(subjects=["02"]))


def maps(pair, precision):
    made = MapsGenerator(training=plan(precision), features=TINY_FEATURES)
    people = (phantom.quantitative_cohort(one) for one in (["Q1"], ["Q2"]))
    return made.fit(*people, scanners=PAIR)


def phycharm(pair, precision):
    """With its generator trained on the way, and pairs synthesised to begin with."""
    method = PhyCHarm(
        training=plan(precision, epochs=3),
        maps={"training": plan(precision, epochs=1), "features": list(TINY_FEATURES)},
        features=TINY_FEATURES,
    )
    return method.fit(
        pair.subset(subjects=["01"]),
        pair.subset(subjects=["02"]),
        quantitative=phantom.quantitative_cohort(["Q1"]),
    )


def printed(pair, precision):
    method = PhyCHarmPaper(
        training=plan(precision),
        maps={"training": plan(precision, epochs=1), "features": list(TINY_FEATURES)},
        features=TINY_FEATURES,
    )
    return method.fit(pair, quantitative=phantom.quantitative_cohort(["Q1"]))


@pytest.fixture(scope="module")
def pair(cohort):
    return cohort.subset(subjects=["01", "02"], scanners=PAIR)


def check(fit, pair, precision, folder, monkeypatch, stops):
    """Interrupt at these parts of what is left each time, and compare all that is kept."""
    stopwatch = Stopwatch(monkeypatch)
    alone, batches = undisturbed(stopwatch, lambda: fit(pair, precision))
    at = [max(1, round(part * batches)) for part in stops]
    again = interrupted(stopwatch, lambda: fit(pair, precision), folder, at)
    assert 0 < stopwatch.batches < batches
    assert again.history == alone.history
    assert_same_tensors(again.state().tensors, alone.state().tensors)
    assert again.state().facts == alone.state().facts
    return again, alone


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("fit", [unet, maps], ids=lambda fit: fit.__name__)
def test_bit_for_bit(fit, pair, precision, tmp_path, monkeypatch):
    # In the first training, in what is left of it, and far behind.
    check(fit, pair, precision, tmp_path, monkeypatch, (0.1, 0.3, 0.5))


@pytest.mark.parametrize(
    ("fit", "precision", "stops"),
    # In the generator, in what is learned before the travellers, and in the second direction.
    [(phycharm, "float32", (0.05, 0.3, 0.5)), (phycharm, "bfloat16", (0.4,))],
)
def test_images_too(fit, precision, stops, pair, tmp_path, monkeypatch):
    again, alone = check(fit, pair, precision, tmp_path, monkeypatch, stops)
    scan = pair.scan("02", phantom.GE)
    ours, theirs = (one.harmonize(scan, phantom.SIEMENS) for one in (again, alone))
    assert (ours == theirs).all()


def test_the_printed_method_too(pair, tmp_path, monkeypatch):
    check(printed, pair, "float32", tmp_path, monkeypatch, (0.6,))


def test_a_fit_of_several_directions_goes_on_in_the_one_it_was_in(pair, tmp_path, monkeypatch):
    stopwatch = Stopwatch(monkeypatch)
    alone, batches = undisturbed(stopwatch, lambda: unet(pair, "float32"))
    interrupted(stopwatch, lambda: unet(pair, "float32"), tmp_path, [batches // 2 + 2])
    # The first direction is half of it; of the second one batch is lost, and one was done.
    assert stopwatch.batches == batches - batches // 2 - 1
    assert alone.history
