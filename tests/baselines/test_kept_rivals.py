"""Fits of Pix2Pix and CALAMITI that were interrupted end as if nothing had."""

import pytest

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.baselines.pix2pix.pix2pix import Pix2Pix

from support.interruptions import Stopwatch, assert_same_tensors, interrupted, undisturbed
from support.toy_cohort import A, B, toy_cohort, toy_scan

PRECISIONS = ["float32", "bfloat16"]


def pix2pix(precision):
    training = {"epochs": 2, "batch_size": 4, "precision": precision}
    return Pix2Pix(training=training, base=4).fit(toy_cohort("01"), toy_cohort("02"))


def calamiti(precision):
    training = {"steps": 2, "batch_size": 4, "precision": precision}
    orientations = ("axial", "coronal") if precision == "float32" else ("axial",)
    method = Calamiti(training=training, base=2, orientations=orientations)
    return method.fit(toy_cohort("01", "02"), toy_cohort("03"))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("fit", [pix2pix, calamiti], ids=lambda fit: fit.__name__)
def test_resumed_is_undisturbed_bit_for_bit(fit, precision, tmp_path, monkeypatch):
    stopwatch = Stopwatch(monkeypatch)
    alone, batches = undisturbed(stopwatch, lambda: fit(precision))
    # An odd and an even number of batches: rivals that take turns must not take one twice.
    again = interrupted(stopwatch, lambda: fit(precision), tmp_path, [2, 3, 2, batches // 3])
    assert again.history == alone.history
    assert_same_tensors(again.state().tensors, alone.state().tensors)
    scan = toy_scan("03", A)
    assert (again.harmonize(scan, B) == alone.harmonize(scan, B)).all()
