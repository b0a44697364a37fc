"""The evaluation of one cell: rows, images, and what they are compared with."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import distance

from phycharm.benchmarks.protocol.cells import Cell
from phycharm.benchmarks.scoring.controls import constant, oracle
from phycharm.benchmarks.scoring.evaluation import Evaluation
from phycharm.benchmarks.scoring.image_scorer import ImageScorer
from phycharm.benchmarks.scoring.unsegmented import segmentation_failures

from support.tissue_engines import Crashing, Threshold, common, scans

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
    evaluation.run(lambda source, target: oracle(target), keep_images=False)
    perfect = scores_of(evaluation)
    assert (perfect.loc[perfect["metric"].str.startswith("dice"), "value"] == 1).all()
    assert (perfect.loc[perfect["metric"].str.contains("volume"), "value"] == 0).all()
    evaluation._scores.clear()
    evaluation.run(lambda source, target: constant(target), keep_images=False)
    assert scores_of(evaluation)["value"].isna().all()


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
