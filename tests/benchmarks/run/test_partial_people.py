"""People who lack scanners: every method learns from them, and a run and its report end well."""

import json
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.benchmarks.run.convergence import measure_convergence
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.training import train_harmonizer
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.harmonizers.external import accepted_settings, create_harmonizer
from phycharm.harmonizers.external.adapter import Adapter
from phycharm.harmonizers.registry import harmonizer_class, harmonizer_names
from phycharm.method.maps import MapsGenerator

from support import phantom
from support.bids_folder import t1w_path, write_dataset
from support.tiny_protocols import tiny_protocol

SMALL = {
    "training": {"epochs": 1, "batch_size": 8},
    "features": phantom.TINY_FEATURES,
    "base": 2,
}
NAMES = [name for name in harmonizer_names() if not issubclass(harmonizer_class(name), Adapter)]
LACKING = {("01", "Philips"), ("02", "GE"), ("03", "Philips")}


@pytest.fixture(scope="module")
def people():
    """01 and 03 lack Philips, 02 lacks GE: nobody but 04 was on GE and on Philips."""
    whole = phantom.cohort(("01", "02", "03", "04"))
    return Cohort(
        subjects=whole.subjects,
        scanners=whole.scanners,
        load=whole.scan,
        has=lambda subject, name: (subject, name) not in LACKING,
    )


@pytest.fixture(scope="module")
def generators(quantitative):
    training = {"epochs": 1, "batch_size": 16}
    return {
        preset: MapsGenerator(preset=preset, training=training, features=phantom.TINY_FEATURES).fit(
            quantitative.subset(["Q1"]), quantitative.subset(["Q2"]), scanners=phantom.SCANNERS
        )
        for preset in ("corrected", "paper")
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_method_learns_from_whoever_was_there(name, people, generators):
    settings = {key: SMALL[key] for key in accepted_settings(name) if key in SMALL}
    method = create_harmonizer(name, settings=settings, seed=0, device="cpu")
    needs = method.card.needs
    context = (
        {"maps": generators[method.card.maps_preset or "corrected"]} if "maps" in needs else {}
    )
    train = people.subset(subjects=["01", "02", "04"])
    method.fit(train, people.subset(subjects=["03"]), **context)
    for a, b in permutations(phantom.SCANNERS, 2):
        image = method.harmonize(people.scan("04", a), b)
        assert np.isfinite(image).all() and image.any(), (a.name, b.name)


def test_a_direction_that_nobody_teaches_is_not_made_up(people):
    settings = {"training": SMALL["training"], "features": phantom.TINY_FEATURES}
    method = create_harmonizer("unet", settings=settings, seed=0, device="cpu")
    method.fit(people.subset(subjects=["01", "02"]))
    assert np.isfinite(method.harmonize(people.scan("04", "GE"), phantom.SIEMENS)).all()
    # The command line looks here for what a model can do.
    pairs = [["GE", "Siemens"], ["Philips", "Siemens"], ["Siemens", "GE"], ["Siemens", "Philips"]]
    assert sorted(method.fitted_on["directions"]) == pairs
    with pytest.raises(ValueError, match="not fitted to GE->Philips"):
        method.harmonize(people.scan("04", "GE"), phantom.PHILIPS)


def test_calamiti_never_looks_at_a_scan_that_does_not_exist(people, monkeypatch):
    """The zeros that stand in a stack for a missing scan change nothing that is learned."""
    from phycharm.baselines import matched_slices

    def learned():
        method = Calamiti(scope="all", base=2, training={"epochs": 2, "batch_size": 4})
        return method.fit(people.subset(subjects=["01", "02", "04"])).state().tensors

    before, spread = learned(), matched_slices._spread

    def spoilt(slices, there):
        found = spread(slices, there)
        found[:, ~there] = 1e6
        return found

    monkeypatch.setattr(matched_slices, "_spread", spoilt)
    after = learned()
    assert {key for key in before if not before[key].equal(after[key])} == set()


def test_slices_need_somebody_on_two_scanners(people):
    nobody = people.subset(subjects=["02"], scanners=[phantom.GE, phantom.PHILIPS])
    for name in ("pix2pix", "calamiti"):
        method = create_harmonizer(name, settings={}, seed=0, device="cpu")
        with pytest.raises(InputError, match="on two of the scanners GE, Philips"):
            method.fit(nobody)


@dataclass(frozen=True)
class Run:
    folder: Path
    failed: tuple[str, ...]

    def cell(self, name):
        return json.loads((self.folder / "cells" / name / "cell.json").read_text())


@pytest.fixture(scope="module")
def partial_dataset(tmp_path_factory):
    """GE and Philips share 04 and 05 alone, whom nobody learns from; 06 was on GE only."""
    root = tmp_path_factory.mktemp("partial") / "dataset"
    write_dataset(root, subjects=("01", "02", "03", "04", "05", "06"), quantitative=())
    lost = [("01", "Philips"), ("02", "Philips"), ("03", "GE"), ("05", "Siemens")]
    for subject, name in [*lost, ("06", "Philips"), ("06", "Siemens")]:
        t1w_path(root, subject, name).unlink()
    return root


@pytest.fixture(scope="module")
def run(partial_dataset, tmp_path_factory):
    split = {"training": ("01", "02", "03"), "external": "rest", "folds": (1, 3)}
    protocol = tiny_protocol(harmonizers=["none", "linear", "unet"], split=split)
    out = tmp_path_factory.mktemp("run") / "run"
    with pytest.warns(UserWarning, match="sub-06 was scanned on GE alone here and takes no part"):
        result = run_benchmark(protocol, out=out, dataset=partial_dataset, device="cpu")
    return Run(result.folder, result.failed)


def test_a_run_on_them_ends_well(run):
    assert run.failed == ()
    scores = read_scores(run.folder / "scores.parquet")
    there = scores[["subject", "source", "target"]].drop_duplicates()
    assert {(s, frozenset((a, b))) for s, a, b in there.itertuples(index=False)} == {
        ("01", frozenset(("GE", "Siemens"))),
        ("03", frozenset(("Philips", "Siemens"))),
        *(("04", frozenset(p)) for p in permutations(("GE", "Philips", "Siemens"), 2)),
        ("05", frozenset(("GE", "Philips"))),
    }
    assert np.isfinite(scores["value"]).all()


def test_what_nobody_teaches_is_left_out_and_recorded(run):
    record = run.cell("unet_GE-Philips_fold-1_seed-0")
    assert record["status"] == "left out"
    assert record["error"] == ""
    assert record["left_out"][0] == {
        "source": "GE",
        "target": "Philips",
        "reason": "not trained: 2 people have both, none to learn from",
    }
    record = run.cell("unet_Philips-Siemens_fold-1_seed-0")
    assert record["status"] == "done"
    assert record["people"] == {"train": ["03"], "validation": []}
    # In fold 3 nobody to learn from was on Philips.
    record = run.cell("linear_all_fold-3_seed-0")
    assert {one["target"] for one in record["left_out"] if one["source"] == "GE"} == {"Philips"}
    assert not run.cell("none_all_fold-3_seed-0")["left_out"]
    manifest = json.loads((run.folder / "run.json").read_text())["protocol"]
    assert manifest["lacking"]["05"] == ["Siemens"]
    assert manifest["bystanders"] == ["sub-06 was scanned on GE alone here and takes no part."]


def test_scans_that_are_there_are_kept_and_no_others(run):
    kept = {path.name for path in (run.folder / "scans").glob("*_T1w.nii.gz")}
    assert "sub-05_ses-GE_T1w.nii.gz" in kept
    assert not any("sub-05_ses-Siemens" in name or "sub-06" in name for name in kept)


def test_twice_the_budget_is_measured_where_there_is_a_first(run):
    table = measure_convergence(run.folder, harmonizers=["unet"], device="cpu")
    pairs = set(zip(table["source"], table["target"], strict=True))
    # Fold 1 leaves out 01, who was on GE and Siemens.
    assert pairs == {("GE", "Siemens"), ("Siemens", "GE")}


def test_training_on_all_of_them_is_chosen_by_whom_was_everywhere(partial_dataset, tmp_path):
    protocol = tiny_protocol(scanners=["GE", "Philips", "Siemens"])
    with pytest.warns(UserWarning, match="sub-06 was scanned on GE alone"):
        model = train_harmonizer("unet", protocol, partial_dataset, tmp_path, device="cpu")
    # 04 alone was on every scanner: states are chosen by it, the others are learned from.
    assert model.fitted_on["validation"] == ["04"]
    assert model.fitted_on["subjects"] == ["01", "02", "03", "05"]


def test_training_warns_of_what_nobody_teaches(dataset, tmp_path):
    t1w_path(dataset, "01", "Philips").unlink()
    t1w_path(dataset, "02", "GE").unlink()
    with pytest.warns(UserWarning, match="unet: learns nothing between GE and Philips"):
        train_harmonizer("unet", tiny_protocol(), dataset, tmp_path, device="cpu")


def test_its_report_says_how_many_people_stand_behind_each_direction(run):
    from phycharm.reports import write_report

    html = write_report([run.folder], run.folder / "page.html").read_text(encoding="utf-8")
    assert "2 external subjects (1 to 2 a direction)" in html
    assert "GE → Philips (n = 2)" in html
    assert "2 people have both, none to learn from" in html
    assert "sub-06 was scanned on GE alone here and takes no part." in html
    assert "Not everybody was scanned on every scanner" in html


def test_methods_are_ranked_on_what_all_could_be_trained_for(run):
    from phycharm.reports.results import load_results

    board = load_results(run.folder).leaderboard()
    scores = pd.read_parquet(run.folder / "scores.parquet")
    own = scores[(scores["metric"] == "ssim") & (scores["split"] == "external")]
    # Nobody teaches GE and Philips; Philips and Siemens nobody in fold 3.
    own = own[own[["source", "target"]].isin(["Siemens"]).any(axis=1)]
    with_philips = own[["source", "target"]].isin(["Philips"]).any(axis=1)
    own = own[~(with_philips & (own["fold"] == 3))]
    keys = ["harmonizer", "subject", "source", "target"]
    means = own.groupby(keys)["value"].mean().groupby(["harmonizer", "subject"]).mean()
    means = means.groupby("harmonizer").mean()
    shown = dict(zip(board.index, board["SSIM"], strict=True))
    assert shown["No harmonization"] == pytest.approx(means["none"])
    assert shown["U-Net"] == pytest.approx(means["unet"])
    assert board["Place"].min() == 1
