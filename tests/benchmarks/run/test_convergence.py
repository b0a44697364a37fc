"""Convergence: twice the budget, scored on the people by whom states were chosen."""

import json
import shutil

import pandas as pd
import pytest
import torch

from phycharm.benchmarks.metrics import score_image
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.run.budget.doubling import CONVERGENCE_TYPES, doubled
from phycharm.benchmarks.run.convergence import measure_convergence
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.harmonizers.external import create_harmonizer
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.utils.seeding import derived_seed

from support.tiny_protocols import pair_protocol

PLAN = {"steps": 2, "batch_size": 8}
PROTOCOL = pair_protocol(
    harmonizers=["none", "linear", "unet", "calamiti", "phycharm"],
    training=PLAN,
    settings={
        "unet": {"features": [4, 4, 4, 8, 8, 4]},
        "phycharm": {"features": [4, 4, 4, 8, 8, 4]},
        "calamiti": {"base": 2},
    },
)
TRAINED = {"unet", "calamiti", "phycharm"}


@pytest.fixture(scope="module")
def finished(shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("convergence") / "run"
    result = run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, device="cpu")
    assert not result.failed
    return out


@pytest.fixture(scope="module")
def measured(finished):
    """The run with its table, and whose scans were read for it."""
    read = set()
    scan = Cohort.scan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cohort, "scan", lambda self, s, on: read.add(s) or scan(self, s, on))
        table = measure_convergence(finished, device="cpu")
    return finished, table, read


@pytest.fixture
def copy(finished, tmp_path):
    """The run before anything was measured, for this test to spoil."""
    folder = shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(folder / "convergence", ignore_errors=True)
    (folder / "convergence.parquet").unlink(missing_ok=True)
    return folder


def test_a_row_per_method_and_direction_and_the_maps(measured):
    folder, table, _ = measured
    assert list(table.columns) == list(CONVERGENCE_TYPES)
    images = table[table["metric"] == "ssim"]
    assert set(images["harmonizer"]) == TRAINED
    for _, own in images.groupby("harmonizer"):
        assert set(zip(own["source"], own["target"], strict=True)) == {
            ("GE", "Siemens"), ("Siemens", "GE"),
        }  # fmt: skip
        # CALAMITI's one model of two directions has twice the updates, and a rival's turns.
        assert set(own["steps"]) == {2}
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "convergence.parquet"), table)


def test_the_single_budget_is_the_runs(measured):
    folder, table, _ = measured
    keys = ["harmonizer", "source", "target", "subject"]
    scores = read_scores(folder / "scores.parquet")
    own = scores[(scores["metric"] == "ssim") & (scores["split"] == "validation")]
    images = table[table["metric"] == "ssim"].set_index(keys)["value"]
    assert dict(images) == {k: v for k, v in own.set_index(keys)["value"].items() if k in images}


def test_external_people_are_not_read(measured):
    folder, table, read = measured
    manifest = json.loads((folder / "run.json").read_text())
    external = set(manifest["protocol"]["external"])
    (fold,) = manifest["protocol"]["folds"]
    assert external and not external & read
    assert set(table.loc[table["metric"] == "ssim", "subject"]) == set(fold["validation"])


def test_the_doubled_budget_is_a_training_of_twice_the_steps(measured, shared_dataset):
    _, table, _ = measured
    data = RunData(BidsDataset(shared_dataset), PROTOCOL)
    (fold,) = data.design.folds
    train, validation = data.fold_cohorts(fold, ("GE", "Siemens"))
    settings = PROTOCOL.settings["unet"] | {"training": {"steps": 4, "batch_size": 8}}
    seed = derived_seed(0, "unet_GE-Siemens_fold-1_seed-0")
    method = create_harmonizer("unet", settings=settings, seed=seed, device="cpu")
    method.fit(train, validation)
    (subject,) = fold.validation
    for source, target in validation.directions():
        scan, wanted = validation.scan(subject, source), validation.scan(subject, target)
        image = torch.from_numpy(method.harmonize(scan, target))
        mask, reference = torch.from_numpy(wanted.mask), torch.from_numpy(wanted.image)
        given = torch.from_numpy(scan.image)
        expected = score_image(reference, image, mask, source=given, names=["ssim"])["ssim"]
        row = table[
            (table["harmonizer"] == "unet")
            & (table["source"] == source.name)
            & (table["target"] == target.name)
        ]
        assert row["value_doubled"].item() == pytest.approx(expected, abs=1e-6)
        assert row["value"].item() != row["value_doubled"].item()


def test_what_was_measured_is_not_measured_again(measured, no_training):
    folder, table, _ = measured
    pd.testing.assert_frame_equal(measure_convergence(folder, device="cpu"), table)


def test_it_goes_on_where_it_was_interrupted(copy, monkeypatch):
    measure_convergence(copy, harmonizers=["unet"], device="cpu")
    fitted = []
    fit = Harmonizer.fit
    monkeypatch.setattr(
        Harmonizer, "fit", lambda self, *a, **k: fitted.append(self.card.name) or fit(self, *a, **k)
    )
    table = measure_convergence(copy, harmonizers=["unet", "calamiti"], device="cpu")
    assert fitted == ["calamiti"]
    assert set(table["harmonizer"]) == {"unet", "calamiti"}


def test_a_run_of_another_version_is_no_measure(copy, no_training):
    path = next(copy.glob("cells/unet*/cell.json"))
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"fingerprint": "other"}))
    with pytest.raises(InputError, match="run the benchmark again first"):
        measure_convergence(copy, harmonizers=["unet"], device="cpu")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"harmonizers": ["linear"]}, "linear: learns nothing by steps"),
        ({"fold": 9}, "has no fold 9; there are 1"),
        ({"seed": 7}, "has no seed 7; there are 0"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(finished, no_training, options, message):
    with pytest.raises(InputError, match=message) as error:
        measure_convergence(finished, device="cpu", **options)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_run_or_without_ssim(copy, tmp_path, no_training):
    with pytest.raises(InputError, match="run the benchmark first"):
        measure_convergence(tmp_path)
    path = copy / "run.json"
    manifest = json.loads(path.read_text())
    manifest["protocol"]["metrics"] = ["psnr"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="ssim was not measured"):
        measure_convergence(copy)


def test_a_budget_that_nobody_named_cannot_be_doubled():
    assert doubled({"epochs": 3, "batch_size": 2}) == {"epochs": 6, "batch_size": 2}
    assert doubled({"steps": 5, "epochs": 3}, epochs=9) == {"steps": 10, "epochs": 3}
    with pytest.raises(InputError, match="neither steps nor epochs"):
        doubled({"batch_size": 2})


def test_maps_are_judged_by_the_true_t1_of_travellers(simulated_dataset, tmp_path):
    """They are of a simulation, whose truth lies on disk: one by whom states are chosen."""
    plan = {"harmonizers": ["phycharm"], "settings": PROTOCOL.settings, "training": PLAN}
    protocol = pair_protocol(**plan)
    run_benchmark(protocol, out=tmp_path, dataset=simulated_dataset, device="cpu")
    found = measure_convergence(tmp_path, harmonizers=["maps"], device="cpu")
    assert set(found["harmonizer"]) == {"maps"}
    assert set(found["metric"]) == {"t1_error"}
    assert set(zip(found["source"], found["target"], strict=True)) == {
        ("GE", ""), ("Siemens", ""),
    }  # fmt: skip
    known = pd.read_parquet(tmp_path / "maps.parquet")
    known = known[(known["metric"] == "median_relative_error") & (known["map"] == "T1")]
    known = known[(known["cohort"] == "travelling") & known["tissue"].isin(["GM", "WM"])]
    for row in found.to_dict("records"):
        own = known[(known["subject"] == row["subject"]) & (known["source"] == row["source"])]
        assert row["value"] == pytest.approx(own["value"].mean(), rel=1e-5)
        assert row["value"] != row["value_doubled"] > 0


def test_of_a_run_whose_tissues_were_measured(shared_dataset, tmp_path):
    """The engine is part of what identifies a cell: the study has to know it too."""
    segmented = pair_protocol(
        harmonizers=["none", "unet"],
        training=PLAN,
        settings={"unet": {"features": [4, 4, 4, 8, 8, 4]}},
        segmenter="hmrf",
    )
    run_benchmark(segmented, out=tmp_path / "run", dataset=shared_dataset, device="cpu")
    table = measure_convergence(tmp_path / "run", device="cpu")
    assert set(table["harmonizer"]) == {"unet"}
