"""The evaluation of one cell: rows, images, and what they are compared with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import distance

from phycharm.benchmarks.protocol.cells import Cell
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring import cases
from phycharm.benchmarks.scoring.controls import constant, oracle
from phycharm.benchmarks.scoring.evaluation import Evaluation
from phycharm.benchmarks.scoring.image_scorer import ImageScorer
from phycharm.benchmarks.scoring.unsegmented import segmentation_failures
from phycharm.data.bids.bids_dataset import BidsDataset

from support.tissue_engines import PROTOCOL, Crashing, Threshold, common, scans

THREE = ("GE", "Philips", "Siemens")
CELL = Cell(spec="none", harmonizer="none", scanners=("GE", "Siemens"), whole=True, fold=1, seed=7)


@pytest.fixture
def evaluation(data, scorer, tmp_path):
    return Evaluation(
        data=data,
        scorer=ImageScorer(metrics=("psnr",), device="cpu"),
        tissues=scorer,
        cell=CELL,
        folder=tmp_path / "cell",
    )


@pytest.fixture
def three(evaluation, shared_dataset):
    """Three scanners: each target has two sources."""
    protocol = PROTOCOL.model_copy(update={"scanners": list(THREE)})
    evaluation.data = RunData(BidsDataset(shared_dataset), protocol)
    evaluation.tissues.data = evaluation.data
    evaluation.cell = replace(CELL, scanners=THREE)
    evaluation.scorer = ImageScorer(metrics=("psnr", "structure"), device="cpu")
    return evaluation


def scores_of(evaluation):
    found = pd.read_parquet(evaluation.folder / "scores.parquet")
    return found[found["tissue"] != ""]


def test_rows_name_everything_about_a_tissue_score(evaluation):
    evaluation.run(lambda source, target: source.image)
    found = scores_of(evaluation)
    assert set(found["protocol"]) == {"tissues"}
    assert set(found["protocol_version"]) == {3}
    assert set(found["harmonizer"]) == {"none"}
    assert set(found["seed"]) == {7}
    keys = ["split", "subject", "source", "target", "metric", "tissue"]
    assert not found.duplicated(keys).any()
    # One validation and one external person, two directions, six metrics, three tissues.
    assert len(found) == 2 * 2 * 6 * 3
    assert set(zip(found["split"], found["subject"], strict=True)) == {
        ("validation", "01"),
        ("external", "03"),
    }
    assert {path.name for path in (evaluation.folder / "segmentations").iterdir()} == {
        f"sub-{subject}_from-{a}_to-{b}_{suffix}.nii.gz"
        for subject in ("01", "03")
        for a, b in (("GE", "Siemens"), ("Siemens", "GE"))
        for suffix in ("seg", "pveseg")
    }


def test_directions_are_compared_with_their_own_target(evaluation, data):
    evaluation.run(lambda source, target: source.image)
    found = scores_of(evaluation).set_index(["subject", "source", "target", "metric", "tissue"])[
        "value"
    ]
    ge, siemens = (Threshold().segment(scan) for scan in scans(data))
    difference = siemens.volumes_ml["GM"] - ge.volumes_ml["GM"]
    place = ("volume_difference_ml", "GM")
    assert found["03", "Siemens", "GE", *place] == pytest.approx(difference)
    assert found["03", "GE", "Siemens", *place] == pytest.approx(-difference)
    wanted = 1 - distance.dice((ge.labels == 2).ravel(), (siemens.labels == 2).ravel())
    assert found["03", "GE", "Siemens", "dice", "GM"] == pytest.approx(wanted)


def test_images_are_segmented_inside_the_targets_mask_without_negative_voxels(
    evaluation, engine, data
):
    evaluation.run(lambda source, target: source.image - np.float32(0.5))
    brains = {scan.image.tobytes(): scan.mask for who in ("01", "03") for scan in scans(data, who)}
    harmonized = [image for image in engine.images if image.tobytes() not in brains]
    assert len(harmonized) == 4
    for image in harmonized:
        assert image.min() >= 0
        assert any(image[mask].any() and not image[~mask].any() for mask in brains.values())


def test_controls_frame_the_methods(evaluation):
    evaluation.run(lambda source, target: oracle(target), of_target=True)
    perfect = scores_of(evaluation)
    assert (perfect.loc[perfect["metric"].str.startswith("dice"), "value"] == 1).all()
    assert (perfect.loc[perfect["metric"].str.contains("volume"), "value"] == 0).all()
    evaluation.run(lambda source, target: constant(target), of_target=True)
    assert scores_of(evaluation)["value"].isna().all()


def read(evaluation, name):
    table = pd.read_parquet(evaluation.folder / f"{name}.parquet")
    return table.sort_values([c for c in table if c != "value"], ignore_index=True)


NAMES = ("scores", "histograms", "volumes", "features")


@pytest.mark.parametrize("many", [False, True])
def test_what_follows_from_the_target_is_scored_once_a_target(three, engine, many):
    """Its rows are those that a scoring from every source gives."""
    three.run(lambda source, target: oracle(target), of_target=many)
    found = {name: read(three, name) for name in NAMES}
    calls = len(engine.images)
    three.run(lambda source, target: oracle(target), of_target=not many)
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, read(three, name))
    # The dataset's own scans were segmented by the first.
    assert calls == 2 * 3 + 2 * (3 if many else 6)
    structure = found["scores"].query("metric == 'structure' and target == 'GE'")
    assert structure.groupby("subject")["value"].nunique().eq(2).all()


def test_one_case_at_a_time_gives_the_same(three, monkeypatch):
    monkeypatch.setattr(cases, "_MOST_VOXELS", 1)
    made = []
    three.run(lambda source, target: made.append(1) or source.image)
    few = {name: read(three, name) for name in NAMES}
    monkeypatch.undo()
    three.run(lambda source, target: source.image)
    for name, table in few.items():
        pd.testing.assert_frame_equal(table, read(three, name))
    assert len(made) == 2 * 6


def test_cases_come_a_few_at_a_time(three, monkeypatch):
    data = three.data
    maker = cases.CaseMaker(
        data=data, scanners=THREE, left_out=(), make=lambda source, target: source.image
    )
    scan = data.cohort.scan("03", data.cohort.scanner("GE"))
    monkeypatch.setattr(cases, "_MOST_VOXELS", 4 * scan.image.size)
    assert [len(some) for some in maker.cases("external", "03")] == [4, 2]
    monkeypatch.setattr(cases, "_MOST_VOXELS", 1)
    assert [len(some) for some in maker.cases("external", "03")] == [1] * 6


def test_a_crash_costs_one_image_its_scores_and_is_written_down(evaluation, data):
    ge, siemens = scans(data)
    # Not the scan's own image: that is segmented too, as the reference of the other direction.
    darker = ge.image * np.float32(0.9)
    fatal = np.where(siemens.mask, darker, np.float32(0))
    evaluation.tissues.segmenter = Crashing(RuntimeError("bus error"), fatal)
    evaluation.run(lambda source, target: source.image * np.float32(0.9))
    found = scores_of(evaluation)
    lost = found[found["value"].isna()]
    assert set(zip(lost["subject"], lost["source"], strict=True)) == {("03", "GE")}
    assert len(lost) == 6 * 3
    image_scores = pd.read_parquet(evaluation.folder / "scores.parquet").query("metric == 'psnr'")
    assert image_scores["value"].notna().all()
    (line,) = segmentation_failures(evaluation.folder)
    assert line == "sub-03_from-GE_to-Siemens: RuntimeError: bus error"


def test_without_engine_there_are_no_tissue_scores(evaluation, data, tmp_path):
    evaluation.tissues = None
    evaluation.run(lambda source, target: source.image)
    assert scores_of(evaluation).empty
    assert not (evaluation.folder / "segmentations").exists()


def test_the_judge_tells_the_scorer_of_a_common_domain(evaluation):
    evaluation.run(
        lambda source, target: common(source).image, reference=lambda target: common(target).image
    )
    found = scores_of(evaluation)
    inverted = found[(found["metric"] == "dice") & (found["tissue"] == "WM")]["value"]
    # Against the scans, with their contrast the other way round, these would be near zero.
    assert inverted.min() > 0.5
