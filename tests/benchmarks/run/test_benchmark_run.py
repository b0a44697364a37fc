"""A whole run: its files, scores and manifest."""

import json

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.run import runner
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import SCORE_TYPES, read_scores
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_volume

from support import phantom
from support.benchmark_runs import CELLS, CONTROLS, METHODS, PAIRS, read_json
from support.bids_folder import write_dataset, write_json
from support.tiny_protocols import tiny_protocol

NAMES = [on.name for on in phantom.SCANNERS]

DIRECTIONS = {(a, b) for a in NAMES for b in NAMES if a != b}


@pytest.fixture(scope="module")
def manifest(run):
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def test_nothing_failed(result):
    assert result.failed == ()


class TestFiles:
    def test_of_the_run(self, run):
        assert {path.name for path in run.iterdir()} == {
            "run.json", "methods.json", "metrics.json", "scores.parquet", "histograms.parquet",
            "maps.parquet", "features.parquet", "timings.csv", "scans", "cells",
            "plan.json", "checked.json", "logs", ".lock",
        }  # fmt: skip

    def test_of_the_cells(self, run):
        assert {path.name for path in (run / "cells").iterdir()} == CELLS

    def test_of_a_trained_cell(self, run):
        cell = run / "cells" / "unet_GE-Siemens_fold-1_seed-0"
        files = {p.relative_to(cell).as_posix() for p in cell.rglob("*") if p.is_file()}
        images = {
            f"images/sub-{subject}_from-{a}_to-{b}_T1w.nii.gz"
            for subject in ("01", "03")
            for a, b in (("GE", "Siemens"), ("Siemens", "GE"))
        }
        model = {"model/harmonizer.json", "model/state.safetensors"}
        tables = {f"{name}.parquet" for name in ("scores", "histograms", "features")}
        assert files == images | model | tables | {"cell.json", "history.csv"}

    def test_of_the_scans(self, run):
        wanted = {
            f"sub-{subject}_ses-{name}_{kind}.nii.gz"
            for subject in ("01", "03")
            for name in NAMES
            for kind in ("T1w", "mask")
        }
        assert wanted <= {path.name for path in (run / "scans").iterdir()}

    def test_measured_maps_of_those_whose_maps_are_judged(self, run):
        truth = phantom.quantitative_scan("Q2")
        for kind, values in (("T1map", truth.t1), ("M0map", truth.m0), ("mask", truth.scan.mask)):
            found, _ = read_volume(run / "scans" / f"sub-Q2_{kind}.nii.gz")
            np.testing.assert_allclose(found, values, rtol=1e-3, atol=1e-3)

    def test_no_leftovers(self, run):
        assert not list(run.rglob(".partial-*"))

    def test_no_pickles(self, run):
        endings = {path.suffix for path in run.rglob("*") if path.is_file()}
        known = {".json", ".jsonl", ".parquet", ".csv", ".gz", ".safetensors"}
        assert endings - {""} == known
        assert [p.name for p in run.rglob("*") if p.is_file() and not p.suffix] == [".lock"]


class TestScores:
    def test_columns(self, run):
        table = pd.read_parquet(run / "scores.parquet")
        assert list(table.columns) == list(SCORE_TYPES)

    def test_one_row_for_everything_that_is_judged(self, scores):
        keys = ["harmonizer", "source", "target", "subject", "split", "metric", "tissue"]
        assert not scores.duplicated(keys).any()
        assert len(scores) == len(METHODS | CONTROLS) * 6 * 2 * 3
        assert set(scores["harmonizer"]) == METHODS | CONTROLS
        assert set(zip(scores["source"], scores["target"], strict=True)) == DIRECTIONS
        assert set(scores["metric"]) == {"ssim", "psnr", "nrmse"}
        assert set(scores["tissue"]) == {""}

    def test_who_is_judged_as_what(self, scores):
        assert set(zip(scores["split"], scores["subject"], strict=True)) == {
            ("validation", "01"),
            ("external", "03"),
        }

    def test_protocol_fold_and_seed(self, scores):
        columns = ["protocol", "protocol_version", "fold", "seed"]
        assert scores[columns].drop_duplicates().values.tolist() == [["tiny", 3, 1, 0]]

    def test_controls_stand_where_they_must(self, scores):
        table = scores.pivot_table(index="harmonizer", columns="metric", values="value")
        assert table.loc["oracle", "ssim"] == pytest.approx(1)
        assert table.loc["oracle", "nrmse"] == 0
        assert table["psnr"].idxmax() == "oracle"
        assert table.loc["constant", "ssim"] < table.loc["blurred", "ssim"] < 1

    def test_everything_is_finite(self, scores):
        assert np.isfinite(scores["value"]).all()

    @pytest.mark.parametrize("method", ["none", "unet", "phycharm"])
    def test_values_are_those_of_the_images_on_disk(self, run, scores, method):
        """Recomputed by NumPy from the files alone: error and energy in the target's mask."""
        rows = scores.query(f"harmonizer == '{method}' and metric == 'nrmse'")
        for row in rows.itertuples():
            scans = run / "scans"
            reference, _ = read_volume(scans / f"sub-{row.subject}_ses-{row.target}_T1w.nii.gz")
            mask = read_volume(scans / f"sub-{row.subject}_ses-{row.target}_mask.nii.gz")[0] > 0.5
            name = f"sub-{row.subject}_from-{row.source}_to-{row.target}_T1w.nii.gz"
            (path,) = (run / "cells").glob(f"{method}_*/images/{name}")
            image, _ = read_volume(path)
            error = ((image - reference)[mask].astype(float) ** 2).mean()
            energy = (reference[mask].astype(float) ** 2).mean()
            assert row.value == pytest.approx(np.sqrt(error / energy), rel=1e-6)

    def test_none_is_the_standardized_source(self, run):
        image, affine = read_volume(
            run / "cells/none_all_fold-1_seed-0/images/sub-03_from-GE_to-Philips_T1w.nii.gz"
        )
        expected = phantom.cohort().scan("03", phantom.GE)
        np.testing.assert_allclose(image, expected.image, rtol=1e-6)
        np.testing.assert_allclose(affine, phantom.AFFINE)


class TestManifest:
    def test_keys(self, manifest):
        assert set(manifest) == {
            "format", "protocol", "fingerprint", "dataset", "scanners", "environment", "hardware",
            "segmenter", "status", "started", "finished", "wall_seconds", "peak_memory_mb",
        }  # fmt: skip
        assert manifest["format"] == 1
        assert manifest["status"] == "finished"
        assert manifest["started"] <= manifest["finished"]

    def test_protocol_as_resolved(self, manifest):
        protocol = manifest["protocol"]
        assert (protocol["name"], protocol["version"]) == ("tiny", 3)
        assert protocol["scanners"] == NAMES
        assert protocol["pairs"] == [pair.split("-") for pair in PAIRS]
        assert protocol["folds"] == [{"fold": 1, "train": ["02"], "validation": ["01"]}]
        assert protocol["external"] == ["03"]
        assert protocol["standardization"] == "p99"

    def test_dataset(self, manifest, shared_dataset):
        dataset = manifest["dataset"]
        assert set(dataset) == {
            "name", "path", "simulated", "fingerprint", "checksums", "rules",
            "names", "names_read_by", "license", "citation", "maps_path",
        }  # fmt: skip
        assert dataset["simulated"] is False
        assert dataset["fingerprint"] == BidsDataset(shared_dataset).fingerprint
        assert dataset["checksums"] == BidsDataset(shared_dataset).checksums

    def test_scanners(self, manifest):
        siemens = manifest["scanners"]["Siemens"]
        assert (siemens["inversion_time"], siemens["echo_time"]) == (1200.0, 2.12)
        assert siemens["manufacturer"] == "Siemens phantoms"
        assert siemens["field_strength"] == 3.0

    def test_environment_and_hardware(self, manifest):
        assert {"phycharm", "git_commit", "python", "platform", "packages"} <= set(
            manifest["environment"]
        )
        assert {"cpu", "cores", "memory_gb", "device"} <= set(manifest["hardware"])
        assert manifest["hardware"]["device"] == "cpu"


class TestRepeated:
    def test_same_seed_same_scores(self, run, scores, shared_dataset, tmp_path):
        run_benchmark(tiny_protocol(), out=tmp_path / "again", dataset=shared_dataset, device="cpu")
        again = read_scores(tmp_path / "again" / "scores.parquet")
        keys = list(SCORE_TYPES)[:-1]
        assert again[keys].equals(scores[keys])
        assert (again["value"] - scores["value"]).abs().max() < 1e-6

    def test_same_folder_finishes_without_fitting(self, run, scores, shared_dataset):
        cells = {path: path.stat().st_mtime_ns for path in run.glob("cells/*/cell.json")}
        run_benchmark(tiny_protocol(), out=run, dataset=shared_dataset, device="cpu")
        assert {path: path.stat().st_mtime_ns for path in cells} == cells
        pd.testing.assert_frame_equal(read_scores(run / "scores.parquet"), scores)


def test_digital_subjects_are_made_where_no_dataset_is_given(tmp_path, monkeypatch):
    asked = {}

    def simulate(root, **options):
        asked.update(options, root=root)
        write_dataset(root)
        maker = [{"Name": "phycharm simulate"}]
        write_json(root / "dataset_description.json", {"Name": "Made", "GeneratedBy": maker})

    monkeypatch.setattr(runner, "simulate_dataset", simulate)
    protocol = tiny_protocol(simulation={"subjects": 3, "voxel_size": 8.0, "seed": 5})
    out = tmp_path / "run"
    run_benchmark(protocol, out=out, harmonizers=["none"], device="cpu")
    assert asked["root"] == out / "dataset"
    assert (asked["subjects"], asked["voxel_size"], asked["seed"]) == (3, 8.0, 5)
    manifest = read_json(out / "run.json")
    assert manifest["dataset"]["simulated"] is True
    asked.clear()
    run_benchmark(protocol, out=out, harmonizers=["none", "linear"], device="cpu")
    assert not asked, "the dataset of the first run is used again"


@pytest.mark.slow
def test_smoke_on_its_own_digital_subjects(tmp_path):
    result = run_benchmark(load_protocol("smoke"), out=tmp_path / "run", device="cpu")
    assert result.failed == ()
    scores = read_scores(result.folder / "scores.parquet")
    assert set(load_protocol("smoke").harmonizers) <= set(scores["harmonizer"])
