"""A whole run: the files and columns that docs/results.md promises, and what stands in them."""

import json

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.run import runner
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.scores import SCORE_TYPES, read_scores
from phycharm.data.bids import BidsDataset
from phycharm.data.nifti import read_volume
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator

from support import phantom
from support.bids_folder import write_dataset, write_json
from support.tiny_protocols import pair_protocol, tiny_protocol

METHODS = {"none", "linear", "histogram", "unet", "phycharm"}
CONTROLS = {"oracle", "blurred", "constant"}
NAMES = [on.name for on in phantom.SCANNERS]
DIRECTIONS = {(a, b) for a in NAMES for b in NAMES if a != b}
PAIRS = ["GE-Philips", "GE-Siemens", "Philips-Siemens"]
CELLS = (
    {f"{name}_all_fold-1_seed-0" for name in {"none", "linear", "histogram"} | CONTROLS}
    | {f"{name}_{pair}_fold-1_seed-0" for name in ("unet", "phycharm") for pair in PAIRS}
    | {"maps_case-4_seed-0"}
)


@pytest.fixture(scope="module")
def result(shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("with a space") / "run"
    return run_benchmark(tiny_protocol(), out=out, dataset=shared_dataset, device="cpu")


@pytest.fixture(scope="module")
def run(result):
    return result.folder


@pytest.fixture(scope="module")
def scores(run):
    return read_scores(run / "scores.parquet")


@pytest.fixture(scope="module")
def manifest(run):
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_nothing_failed(result):
    assert result.failed == ()


class TestFiles:
    def test_of_the_run(self, run):
        assert {path.name for path in run.iterdir()} == {
            "run.json", "methods.json", "metrics.json", "scores.parquet", "histograms.parquet",
            "maps.parquet", "timings.csv", "scans", "cells",
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
        tables = {"cell.json", "history.csv", "scores.parquet", "histograms.parquet"}
        assert files == images | model | tables

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
        assert endings == {".json", ".parquet", ".csv", ".gz", ".safetensors"}


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
            "name", "path", "simulated", "fingerprint", "checksums", "license", "citation",
        }  # fmt: skip
        assert dataset["simulated"] is False
        assert dataset["fingerprint"] == BidsDataset(shared_dataset).fingerprint
        assert dataset["checksums"] == BidsDataset(shared_dataset).checksums

    def test_scanners(self, manifest):
        siemens = manifest["scanners"]["Siemens"]
        assert (siemens["inversion_time"], siemens["echo_time"]) == (1200.0, 2.12)
        assert siemens["manufacturer"] == "Maker of Siemens"
        assert siemens["field_strength"] == 3.0

    def test_environment_and_hardware(self, manifest):
        assert {"phycharm", "git_commit", "python", "platform", "packages"} <= set(
            manifest["environment"]
        )
        assert {"cpu", "cores", "memory_gb", "device"} <= set(manifest["hardware"])
        assert manifest["hardware"]["device"] == "cpu"


class TestTables:
    def test_methods_have_their_cards(self, run):
        cards = read_json(run / "methods.json")
        assert set(cards) == METHODS | CONTROLS | {"rescan"}
        checks = {name for name, card in cards.items() if card["control"]}
        assert checks == CONTROLS | {"rescan"}
        assert all(card["name"] == name for name, card in cards.items())

    def test_metrics_have_their_definitions(self, run):
        records = read_json(run / "metrics.json")
        assert {record["name"] for record in records} == set(METRICS)
        for record in records:
            assert {"name", "definition", "higher_is_better", "best", "tissue", "unit"} <= set(
                record
            )

    def test_timings_have_every_cell(self, run):
        timings = pd.read_csv(run / "timings.csv")
        assert set(timings["cell"]) == CELLS
        assert set(timings["status"]) == {"done"}
        trained = timings[timings["harmonizer"].isin(["unet", "phycharm", "maps"])]
        assert (trained["fit_seconds"] > 0).all()
        assert (trained["parameters"] > 1000).all()

    def test_histograms(self, run, scores):
        table = pd.read_parquet(run / "histograms.parquet")
        assert list(table.columns) == [
            "split", "fold", "source", "target", "subject", "harmonizer", "seed", "bin_left",
            "bin_right", "count",
        ]  # fmt: skip
        assert set(table["harmonizer"]) >= METHODS
        mask, _ = read_volume(run / "scans" / "sub-03_ses-GE_mask.nii.gz")
        one = table.query("subject == '03' and source == 'Siemens' and target == 'GE'")
        counts = one.groupby("harmonizer")["count"].sum()
        assert (counts <= mask.sum()).all()
        assert counts["none"] > 0.95 * mask.sum()
        edges = one.groupby("harmonizer")["bin_left"].apply(tuple)
        assert edges.nunique() == 1, "one set of bins for all"

    def test_histogram_of_the_reference_itself(self, run):
        table = pd.read_parquet(run / "histograms.parquet")
        wanted = "subject == '03' and source == 'Siemens' and target == 'GE' and harmonizer == "
        counted = table.query(wanted + "'oracle'").sort_values("bin_left")
        mask = read_volume(run / "scans" / "sub-03_ses-GE_mask.nii.gz")[0] > 0
        brain = read_volume(run / "scans" / "sub-03_ses-GE_T1w.nii.gz")[0][mask]
        edges = [*counted["bin_left"], counted["bin_right"].iloc[-1]]
        # Values beyond the edges are counted in the outermost bins.
        expected, _ = np.histogram(np.clip(brain, edges[0], edges[-1]), edges)
        np.testing.assert_array_equal(counted["count"], expected)

    def test_maps(self, run):
        table = pd.read_parquet(run / "maps.parquet")
        assert list(table.columns) == [
            "case", "preset", "subject", "map", "source", "seed", "metric", "tissue", "value",
        ]  # fmt: skip
        assert set(table["subject"]) == {"Q2"}, "only people who were not learned from"
        assert set(table["map"]) == {"T1", "M0"}
        assert set(table["metric"]) == {"ssim", "psnr", "nrmse", "median_relative_error"}
        predicted, _ = read_volume(run / "cells/maps_case-4_seed-0/images/sub-Q2_T1map.nii.gz")
        truth = phantom.quantitative_scan("Q2")
        white = truth.scan.mask & (truth.t1 >= 700) & (truth.t1 <= 1050)
        expected = np.median(np.abs(predicted - truth.t1)[white] / truth.t1[white])
        (found,) = table.query(
            "map == 'T1' and metric == 'median_relative_error' and tissue == 'WM'"
        )["value"]
        assert found == pytest.approx(expected, rel=1e-3)


RECORD_KEYS = {
    "format", "cell", "harmonizer", "scanners", "fold", "seed", "case", "fingerprint",
    "status", "error", "repr", "device", "fit_seconds", "harmonize_seconds", "score_seconds",
    "peak_memory_mb", "parameters", "deviations", "warnings",
}  # fmt: skip


class TestCells:
    @pytest.mark.parametrize("cell", sorted(c for c in CELLS if c.split("_")[0] in METHODS))
    def test_records(self, run, cell):
        record = read_json(run / "cells" / cell / "cell.json")
        assert set(record) == RECORD_KEYS
        assert record["cell"] == cell
        assert (record["status"], record["error"], record["device"]) == ("done", "", "cpu")
        assert record["harmonizer"] == cell.split("_")[0]
        assert len(record["scanners"]) == (3 if "_all_" in cell else 2)

    def test_history(self, run):
        for cell, networks in (
            ("unet_GE-Siemens_fold-1_seed-0", {"HN"}),
            ("maps_case-4_seed-0", {"QMG"}),
        ):
            table = pd.read_csv(run / "cells" / cell / "history.csv", keep_default_na=False)
            assert list(table.columns) == [
                "network", "source", "target", "epoch", "split", "term", "value",
            ]  # fmt: skip
            assert set(table["network"]) == networks
            assert table["epoch"].min() == 1
            assert "loss" in set(table["term"])
            assert set(table["split"]) <= {"train", "validation"}

    def test_saved_model_makes_the_images_on_disk(self, run):
        for method in ("unet", "phycharm"):
            cell = run / "cells" / f"{method}_GE-Siemens_fold-1_seed-0"
            loaded = load_harmonizer(cell / "model", device="cpu")
            assert isinstance(loaded, Harmonizer)
            image = loaded.harmonize(phantom.cohort().scan("03", phantom.GE), phantom.SIEMENS)
            kept, _ = read_volume(cell / "images" / "sub-03_from-GE_to-Siemens_T1w.nii.gz")
            np.testing.assert_allclose(image, kept, atol=1e-5)

    def test_saved_generator_makes_the_maps_on_disk(self, run):
        cell = run / "cells" / "maps_case-4_seed-0"
        generator = MapsGenerator.load(cell / "model")
        t1, _ = generator.predict(phantom.quantitative_scan("Q2").scan)
        kept, _ = read_volume(cell / "images" / "sub-Q2_T1map.nii.gz")
        np.testing.assert_allclose(t1, kept, rtol=1e-4)

    def test_one_generator_serves_all_pairs(self, run):
        states = [
            load_harmonizer(run / "cells" / f"phycharm_{pair}_fold-1_seed-0" / "model")
            for pair in PAIRS
        ]
        scan = phantom.quantitative_scan("Q2").scan
        maps = [method._generator.predict(scan)[0] for method in states]
        np.testing.assert_array_equal(maps[0], maps[1])
        np.testing.assert_array_equal(maps[0], maps[2])


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


@pytest.fixture(scope="module")
def by_case(shared_dataset, tmp_path_factory):
    protocol = pair_protocol(
        harmonizers=["phycharm", "none"],
        maps={
            "cases": [4, 1],
            "harmonize_with_all": True,
            "training": {"epochs": 1, "batch_size": 8},
        },
    )
    out = tmp_path_factory.mktemp("cases") / "run"
    return run_benchmark(protocol, out=out, dataset=shared_dataset, device="cpu").folder


class TestMapsOfSeveralCases:
    def test_each_is_a_method_of_its_own(self, by_case):
        evaluated = set(read_scores(by_case / "scores.parquet")["harmonizer"]) - CONTROLS
        assert evaluated == {"none", "phycharm", "phycharm-case-1"}
        cards = read_json(by_case / "methods.json")
        assert "loss case 1 instead of 4" in cards["phycharm-case-1"]["summary"]
        assert cards["phycharm-case-1"]["variant_of"] == "phycharm"
        assert cards["phycharm"]["variant_of"] == ""
        assert cards["phycharm-case-1"]["citation"] == cards["phycharm"]["citation"]

    def test_cells_say_which_case_they_are_of(self, by_case):
        cases = {
            path.parent.name: read_json(path).get("case")
            for path in by_case.glob("cells/*/cell.json")
        }
        assert cases["phycharm_GE-Siemens_fold-1_seed-0"] == 4
        assert cases["phycharm-case-1_GE-Siemens_fold-1_seed-0"] == 1
        assert cases["none_all_fold-1_seed-0"] is None

    def test_maps_are_those_of_the_case(self, by_case):
        for name, case in (("phycharm", 4), ("phycharm-case-1", 1)):
            method = load_harmonizer(by_case / f"cells/{name}_GE-Siemens_fold-1_seed-0/model")
            own = MapsGenerator.load(by_case / f"cells/maps_case-{case}_seed-0/model")
            assert method._generator.case == case
            for key, tensor in own.state().tensors.items():
                assert tensor.equal(method._generator.state().tensors[key])

    def test_their_names_are_nobody_elses(self, shared_dataset, tmp_path):
        taken = "phycharm-case-1=support.outsiders:Offset"
        protocol = pair_protocol(maps={"cases": [4, 1], "harmonize_with_all": True})
        with pytest.raises(InputError, match="called 'phycharm-case-1'"):
            run_benchmark(
                protocol, out=tmp_path, dataset=shared_dataset, harmonizers=["phycharm", taken]
            )
