"""Faults planted into runs: `compare` sees each of them, and no more than there is."""

from typing import ClassVar

import numpy as np
import pytest

from phycharm.benchmarks.metrics import structural_similarity
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.statistics.regression import (
    bless,
    compare_scores,
    read_score_set,
    tolerances_for,
)
from phycharm.benchmarks.statistics.regression.delta import MISSING, MOVED
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import write_volume
from phycharm.testing import assert_scores

from support import bids_folder, phantom
from support.tiny_protocols import pair_protocol

SCANNERS = (phantom.GE, phantom.SIEMENS)
PROTOCOL = pair_protocol(
    metrics=["ssim", "nrmse"],
    split={
        "training": 2,
        "external": 1,
        "folds": [1, 2],
        "quantitative_training": 1,
        "quantitative_validation": 0,
    },
    training={"steps": 6, "batch_size": 8, "learning_rate": 1e-2},
)


class Mine:
    """Brings the brain's mean to that of the target's training scans."""

    card: ClassVar = {"name": "mine", "scope": "all", "revision": "1"}

    def fit(self, train, validation=None):
        self.means = {on.name: _mean(train.scans(on)) for on in train.scanners}

    def harmonize(self, scan, target):
        return scan.image * np.float32(self.means[target.name] / scan.image[scan.mask].mean())


class Leaky(Mine):
    """The same method, which now finds the scan that it is compared with."""

    dataset: ClassVar = None

    def harmonize(self, scan, target):
        image = super().harmonize(scan, target)
        seen = BidsDataset(self.dataset).travelling().scan(scan.subject, target)
        wanted = seen.image * np.float32(image[scan.mask].mean() / seen.image[seen.mask].mean())
        return 0.2 * image + 0.8 * wanted


class FailsInOneFold(Mine):
    """The same method, which cannot learn in the second fold."""

    def fit(self, train, validation=None):
        if validation is not None and validation.subjects == ("02",):
            raise ArithmeticError("no luck")
        super().fit(train)


def _mean(scans):
    return float(np.mean([scan.image[scan.mask].mean() for scan in scans]))


def run(out, dataset, *, mine=Mine, protocol=PROTOCOL):
    methods = ["none", "unet", mine]
    return run_benchmark(
        protocol, out=out, dataset=dataset, harmonizers=methods, device="cpu"
    ).folder


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Three people on two scanners; not to be changed."""
    return bids_folder.write_dataset(
        tmp_path_factory.mktemp("people") / "dataset", scanners=SCANNERS, quantitative=()
    )


@pytest.fixture(scope="module")
def reference(people, tmp_path_factory):
    """The blessed scores of the methods as they should be."""
    folder = tmp_path_factory.mktemp("blessed")
    bless(folder / "reference", run(folder / "run", people), why="As it should be.")
    return folder / "reference"


def compare(reference, folder):
    return compare_scores(
        read_score_set(reference), read_score_set(folder), tolerances_for(reference)
    )


def moved(delta):
    """Methods and metrics of which scores moved."""
    table = delta.moved_summary()
    return {*zip(table["harmonizer"], table["metric"], strict=True)}


CONTROLS = {"blurred", "constant"}
METHODS = {"none", "unet", "mine"}


def test_the_same_again_has_not_moved(reference, people, tmp_path):
    delta = compare(reference, run(tmp_path / "again", people))
    assert not delta.moved, delta.headline
    assert delta.notes == []


def test_a_metric_with_a_wrong_constant(reference, people, tmp_path, monkeypatch):
    monkeypatch.setattr(structural_similarity, "SSIM_K2", 0.05)
    delta = compare(reference, run(tmp_path / "wrong", people))
    assert delta.moved
    # The oracle has 1 whatever the constant is.
    assert moved(delta) == {(name, "ssim") for name in METHODS | CONTROLS}


def test_a_method_that_sees_its_target(reference, people, tmp_path, monkeypatch):
    monkeypatch.setattr(Leaky, "dataset", people)
    folder = run(tmp_path / "leaky", people, mine=Leaky)
    delta = compare(reference, folder)
    assert moved(delta) == {("mine", "ssim"), ("mine", "nrmse")}
    # Better scores are no lesser finding here; a floor does not see them.
    (change,) = delta.moved_summary().query("metric == 'nrmse'")["mean_change"]
    assert change < 0
    assert_scores(folder, reference)


def test_an_under_trained_method(reference, people, tmp_path):
    fewer = PROTOCOL.model_copy(update={"training": {**PROTOCOL.training, "steps": 1}})
    folder = run(tmp_path / "fewer", people, protocol=fewer)
    delta = compare(reference, folder)
    assert moved(delta) == {("unet", "ssim"), ("unet", "nrmse")}
    with pytest.raises(AssertionError, match="unet nrmse"):
        assert_scores(folder, reference)


def test_a_fold_that_fails_silently(reference, people, tmp_path):
    folder = run(tmp_path / "fails", people, mine=FailsInOneFold)
    delta = compare(reference, folder)
    assert moved(delta) == {("mine", "ssim"), ("mine", "nrmse")}
    lost = delta.where([MISSING])
    assert set(lost["fold"]) == {2}
    assert len(lost) == len(delta.where())
    assert delta.reasons() == ["mine_all_fold-2_seed-0 failed: ArithmeticError: no luck"]
    with pytest.raises(AssertionError, match="no luck"):
        assert_scores(folder, reference, harmonizer="mine")


def test_a_changed_mask(reference, tmp_path):
    people = bids_folder.write_dataset(tmp_path / "dataset", scanners=SCANNERS, quantitative=())
    scan = phantom.raw_scan("03", phantom.GE)
    mask = scan.mask.copy()
    mask[:, :, : mask.shape[2] // 2] = False
    write_volume(bids_folder.mask_path(people, "03", "GE"), mask, scan.affine)
    delta = compare(reference, run(tmp_path / "run", people))
    # Nothing was learned from the third person, and all else is as it was.
    rows = delta.where([MOVED])
    assert set(rows["subject"]) == {"03"}
    assert moved(delta) >= {(name, metric) for name in METHODS for metric in ("ssim", "nrmse")}
    assert any(note.startswith("The data are not those of the reference") for note in delta.notes)
