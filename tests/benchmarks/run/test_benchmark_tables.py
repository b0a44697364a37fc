"""The tables and cells that a run leaves, and maps of several loss cases."""

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.data.nifti import read_volume
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator

from support import phantom
from support.benchmark_runs import CELLS, CONTROLS, METHODS, PAIRS, read_json
from support.tiny_protocols import pair_protocol


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
            "case", "preset", "cohort", "subject", "map", "source", "seed", "metric", "tissue",
            "value",
        ]  # fmt: skip
        # The phantoms are no simulated people: of their travellers no truth is on disk.
        assert set(table["cohort"]) == {"quantitative"}
        assert set(table["subject"]) == {"Q2"}, "only people who were not learned from"
        assert set(table["map"]) == {"T1", "M0"}
        assert set(table["metric"]) == {"ssim", "psnr", "nrmse", "median_relative_error"}
        predicted, _ = read_volume(
            run / "cells/maps_corrected_case-4_seed-0/images/sub-Q2_T1map.nii.gz"
        )
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
    "fitted_on", "fitted_together",
    "peak_memory_mb", "parameters", "deviations", "findings", "warnings", "environment", "hardware",
    "files",
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
            ("maps_corrected_case-4_seed-0", {"QMG"}),
        ):
            table = pd.read_csv(run / "cells" / cell / "history.csv", keep_default_na=False)
            assert list(table.columns) == [
                "network", "source", "target", "epoch", "step", "split", "term", "value",
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
        cell = run / "cells" / "maps_corrected_case-4_seed-0"
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
        maps = [method._physics.fitted_generator.predict(scan)[0] for method in states]
        np.testing.assert_array_equal(maps[0], maps[1])
        np.testing.assert_array_equal(maps[0], maps[2])


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
            own = MapsGenerator.load(by_case / f"cells/maps_corrected_case-{case}_seed-0/model")
            assert method._physics.fitted_generator.case == case
            for key, tensor in own.state().tensors.items():
                assert tensor.equal(method._physics.fitted_generator.state().tensors[key])

    def test_their_names_are_nobody_elses(self, shared_dataset, tmp_path):
        taken = "phycharm-case-1=support.outsiders:Offset"
        protocol = pair_protocol(maps={"cases": [4, 1], "harmonize_with_all": True})
        with pytest.raises(InputError, match="called 'phycharm-case-1'"):
            run_benchmark(
                protocol, out=tmp_path, dataset=shared_dataset, harmonizers=["phycharm", taken]
            )
