"""Volumes of an evaluation: measured, of the scan itself, true; and who has lost grey matter."""

import nibabel
import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.protocol.cells import Cell
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.scoring.controls import constant
from phycharm.benchmarks.scoring.evaluation import Evaluation
from phycharm.benchmarks.scoring.features import FEATURE_KEYS, FEATURES
from phycharm.benchmarks.scoring.image_scorer import ImageScorer
from phycharm.benchmarks.scoring.volumes import VOLUME_TYPES, known_losses
from phycharm.data.bids.bids_dataset import BidsDataset

from support.tissue_engines import PROTOCOL, Threshold, common, scans

CELL = Cell(spec="none", harmonizer="none", scanners=("GE", "Siemens"), whole=True, fold=1, seed=7)
KEYS = ["subject", "source", "target", "tissue"]


@pytest.fixture
def evaluation(data, scorer, tmp_path):
    return Evaluation(
        data=data,
        scorer=ImageScorer(metrics=("psnr",), device="cpu"),
        tissues=scorer,
        cell=CELL,
        folder=tmp_path / "cell",
    )


def volumes_of(evaluation):
    return pd.read_parquet(evaluation.folder / "volumes.parquet")


def test_every_image_and_every_target_has_its_volumes(evaluation, data):
    evaluation.run(lambda source, target: source.image)
    table = volumes_of(evaluation)
    assert list(table) == list(VOLUME_TYPES)
    assert not table.duplicated(KEYS).any()
    # Two people; two harmonized images and the two scans themselves; three tissues.
    assert len(table) == 2 * 4 * 3
    found = table.set_index(KEYS)["volume_ml"]
    for scan in scans(data):
        name, wanted = scan.scanner.name, Threshold().segment(scan).volumes_ml
        assert found["03", name, name, "GM"] == pytest.approx(wanted["GM"])
    scores = pd.read_parquet(evaluation.folder / "scores.parquet")
    scores = scores[scores["metric"] == "volume_difference_ml"].set_index(KEYS)["value"]
    for (subject, source, target, tissue), difference in scores.items():
        made = found[subject, source, target, tissue]
        itself = found[subject, target, target, tissue]
        assert made - itself == pytest.approx(difference)


def test_the_truth_is_counted_in_the_target_s_mask(simulated_dataset, scorer, tmp_path):
    data = RunData(BidsDataset(simulated_dataset), PROTOCOL)
    scorer.data = data
    parts = {"scorer": ImageScorer(metrics=("psnr",), device="cpu"), "tissues": scorer}
    one = Evaluation(data=data, cell=CELL, folder=tmp_path / "cell", **parts)
    one.run(lambda source, target: source.image)
    found = volumes_of(one).set_index(KEYS)
    ge, _ = scans(data)
    folder = simulated_dataset / "derivatives" / "truth" / "sub-03" / "anat"
    truth = nibabel.load(folder / "sub-03_label-GM_probseg.nii.gz")
    truth = nibabel.as_closest_canonical(truth).get_fdata()
    wanted = truth[ge.mask].sum() * abs(np.linalg.det(ge.affine[:3, :3])) / 1000
    assert found.loc[("03", "Siemens", "GE", "GM"), "true_ml"] == pytest.approx(wanted, rel=1e-5)
    assert (found.xs("GM", level="tissue")["known_loss"] == 0).all()
    assert found.xs("WM", level="tissue")["known_loss"].isna().all()


def test_an_image_without_tissues_has_no_volume_and_the_scan_keeps_its_own(evaluation):
    evaluation.run(lambda source, target: constant(target))
    table = volumes_of(evaluation)
    itself = table["source"] == table["target"]
    assert table.loc[~itself, "volume_ml"].isna().all()
    assert (table.loc[itself, "volume_ml"] > 0).all()
    assert table["true_ml"].isna().all()
    assert table["known_loss"].isna().all()


def test_of_a_common_domain_the_scan_itself_is_the_method_s_image_of_it(evaluation, data):
    evaluation.run(
        lambda source, target: common(source).image, reference=lambda target: common(target).image
    )
    found = volumes_of(evaluation).set_index(KEYS)["volume_ml"]
    ge, _ = scans(data)
    own = common(ge).with_image(np.maximum(common(ge).image, 0))
    wanted = Threshold().segment(own).volumes_ml["WM"]
    assert found["03", "GE", "GE", "WM"] == pytest.approx(wanted)


def test_without_engine_there_are_features_and_no_volumes(evaluation):
    evaluation.tissues = None
    evaluation.run(lambda source, target: source.image)
    assert not (evaluation.folder / "volumes.parquet").exists()
    table = pd.read_parquet(evaluation.folder / "features.parquet")
    assert list(table) == [*FEATURE_KEYS, *FEATURES]
    assert len(table) == 2 * 4
    assert table["mean"].notna().all()
    assert table["mean_GM"].isna().all()


class TestKnownLosses:
    def test_as_the_simulator_writes_it(self, tmp_path):
        (tmp_path / "participants.tsv").write_text(
            "participant_id\tgroup\tanatomy\tatrophy\nsub-01\tt\tM\t0\nsub-05\tt\tM\t0.1\n"
        )
        assert known_losses(tmp_path) == {"01": 0.0, "05": 0.1}

    @pytest.mark.parametrize(
        "text",
        [None, "", "participant_id\tage\nsub-01\t40\n", "participant_id\tatrophy\nsub-01\tn/a\n"],
    )
    def test_others_say_nothing(self, tmp_path, text):
        if text is not None:
            (tmp_path / "participants.tsv").write_text(text)
        assert known_losses(tmp_path) == {}
