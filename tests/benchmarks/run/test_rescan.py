"""The scan-rescan ceiling: repeats of a target scan, where a dataset has them."""

import shutil

import nibabel
import numpy as np
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.benchmarks.statistics import ceiling
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.errors import InputError

from support.bids_folder import t1w_path
from support.tiny_protocols import pair_protocol

NOISE = 0.01


def add_repeat(root, subject, session, *, shift=0.0):
    """Scan somebody again: the same image with a little noise."""
    first = t1w_path(root, subject, session)
    second = first.with_name(first.name.replace("_T1w", "_run-2_T1w"))
    image = nibabel.load(first)
    data = image.get_fdata()
    noise = np.random.default_rng(0).standard_normal(data.shape) * NOISE * data.max()
    affine = image.affine + np.array([[0, 0, 0, shift]] + [[0, 0, 0, 0]] * 3)
    nibabel.save(nibabel.Nifti1Image((data + noise).astype(np.float32), affine), second)
    sidecar = first.with_name(first.name.replace(".nii.gz", ".json"))
    if sidecar.is_file():
        shutil.copy(sidecar, second.with_name(second.name.replace(".nii.gz", ".json")))


def evaluated_subject(dataset):
    return BidsDataset(dataset).travelling().subjects[2]


def run(dataset, out):
    protocol = pair_protocol(harmonizers=["none"])
    return read_scores(run_benchmark(protocol, out=out, dataset=dataset).folder / "scores.parquet")


def test_repeats_are_scored_where_they_are_and_only_there(dataset, tmp_path):
    subject = evaluated_subject(dataset)
    add_repeat(dataset, subject, "Siemens")
    scores = run(dataset, tmp_path / "run")
    rescans = scores[scores["harmonizer"] == "rescan"]
    assert set(rescans["subject"]) == {subject}
    assert set(rescans["target"]) == {"Siemens"}
    similarity = scores[scores["metric"] == "ssim"].groupby("harmonizer")["value"].mean()
    assert similarity["none"] < similarity["rescan"] < 1
    found = ceiling(scores, METRICS)
    assert not found.empty


def test_without_repeats_there_is_no_ceiling(dataset, tmp_path):
    assert "rescan" not in set(run(dataset, tmp_path / "run")["harmonizer"])


def test_repeat_on_another_grid_is_named_before_anything_is_computed(dataset, tmp_path):
    add_repeat(dataset, evaluated_subject(dataset), "Siemens", shift=30.0)
    with pytest.raises(InputError, match=r"run-2_T1w\.nii\.gz: .*resample"):
        run_benchmark(pair_protocol(harmonizers=["none"]), out=tmp_path / "run", dataset=dataset)
    assert not (tmp_path / "run").exists()


def test_first_run_stays_the_scan(dataset):
    subject = evaluated_subject(dataset)
    cohort = BidsDataset(dataset).travelling()
    before = cohort.scan(subject, cohort.scanner("Siemens")).image
    add_repeat(dataset, subject, "Siemens")
    repeated = BidsDataset(dataset)
    cohort = repeated.travelling()
    scan = cohort.scan(subject, cohort.scanner("Siemens"))
    np.testing.assert_array_equal(scan.image, before)
    again = repeated.rescan(scan)
    assert again is not None
    assert not np.array_equal(again.image, before)
    with pytest.raises(InputError, match="run-2"):
        add_repeat(dataset, subject, "Siemens", shift=30.0)
        repeated.rescan(scan)
