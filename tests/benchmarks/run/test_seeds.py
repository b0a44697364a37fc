"""Seeds of a run: other people, further trainings, and folders that hold others already."""

import json
import shutil

import pandas as pd
import pytest

from phycharm.benchmarks.run import runner
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.errors import InputError

from support.benchmark_runs import read_json
from support.bids_folder import write_dataset, write_json
from support.tiny_protocols import pair_protocol, tiny_protocol

SIMULATION = {"subjects": 3, "voxel_size": 8.0, "seed": 5}


@pytest.fixture
def simulated(monkeypatch):
    """A stand-in for the simulator; the seeds that it was asked for."""
    asked = []

    def simulate(root, **options):
        asked.append(options["seed"])
        write_dataset(root)
        maker = [{"Name": "phycharm simulate"}]
        write_json(root / "dataset_description.json", {"Name": "Made", "GeneratedBy": maker})

    monkeypatch.setattr(runner, "simulate_dataset", simulate)
    return asked


def run_once(out, dataset, **options):
    options = {"harmonizers": ["none", "unet"], "device": "cpu", **options}
    return run_benchmark(pair_protocol(), out=out, dataset=dataset, **options)


@pytest.fixture(scope="module")
def two_seeds(shared_dataset, tmp_path_factory):
    """Seed 3 alone, then 3 and 4 in the same folder; when each cell was written the first time."""
    out = tmp_path_factory.mktemp("seeds") / "run"
    run_once(out, shared_dataset, seeds=[3])
    before = written(out)
    assert not run_once(out, shared_dataset, seeds=[3, 4]).failed
    return out, before


def written(out):
    return {p.parent.name: p.stat().st_mtime_ns for p in out.glob("cells/*/cell.json")}


class TestTraining:
    def test_what_draws_is_fitted_with_every_seed_and_what_does_not_once(self, two_seeds):
        scores = read_scores(two_seeds[0] / "scores.parquet")
        for name, seeds in (("none", {3}), ("unet", {3, 4})):
            assert set(scores.loc[scores["harmonizer"] == name, "seed"]) == seeds

    def test_another_seed_is_another_fit(self, two_seeds):
        scores = read_scores(two_seeds[0] / "scores.parquet")
        scores = scores[scores["metric"] == "ssim"]
        keys = ["harmonizer", "source", "target", "subject"]
        by_seed = scores.pivot_table(index=keys, columns="seed", values="value")
        assert (by_seed[3] != by_seed[4]).loc["unet"].all()

    def test_the_manifest_says_which(self, two_seeds):
        assert read_json(two_seeds[0] / "run.json")["protocol"]["seeds"] == [3, 4]

    def test_the_manifest_forgets_none(self, two_seeds, shared_dataset, tmp_path):
        out = tmp_path / "run"
        shutil.copytree(two_seeds[0], out)
        run_once(out, shared_dataset, seeds=[4])
        assert read_json(out / "run.json")["protocol"]["seeds"] == [3, 4]

    def test_a_further_seed_costs_no_earlier_fit(self, two_seeds):
        out, before = two_seeds
        after = written(out)
        # The controls go by the first seed, which is still the same.
        assert {name: after[name] for name in before} == before
        assert set(after) - set(before) == {"unet_GE-Siemens_fold-1_seed-4"}

    def test_scores_of_a_seed_are_those_of_a_run_with_it_alone(
        self, two_seeds, shared_dataset, tmp_path
    ):
        run_once(tmp_path / "run", shared_dataset, seeds=[4])
        alone = read_scores(tmp_path / "run" / "scores.parquet")
        scores = read_scores(two_seeds[0] / "scores.parquet")
        keys = ["harmonizer", "source", "target", "subject", "metric", "split"]
        both = [
            table[(table["seed"] == 4) & (table["harmonizer"] == "unet")].sort_values(keys)
            for table in (alone, scores)
        ]
        pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in both))

    @pytest.mark.parametrize("seeds", [[1, 1], [-1], []])
    def test_seeds_that_are_none(self, seeds, shared_dataset, tmp_path, no_training):
        with pytest.raises(InputError, match=r"Seeds: seeds.*; give other ones"):
            run_once(tmp_path / "run", shared_dataset, seeds=seeds)
        assert not (tmp_path / "run").exists()


class TestSimulation:
    def test_its_seed_is_simulated_and_recorded(self, simulated, tmp_path):
        out = tmp_path / "run"
        protocol = tiny_protocol(simulation=SIMULATION)
        run_benchmark(protocol, out=out, harmonizers=["none"], device="cpu", seed=7)
        assert simulated == [7]
        recorded = read_json(out / "run.json")["protocol"]
        assert recorded["simulation"]["seed"] == 7
        assert recorded["seeds"] == [0]

    def test_a_folder_of_other_people_is_refused(self, simulated, tmp_path):
        protocol, out = tiny_protocol(simulation=SIMULATION), tmp_path / "run"
        run_benchmark(protocol, out=out, harmonizers=["none"], device="cpu")
        before = (out / "scores.parquet").read_bytes()
        with pytest.raises(InputError) as refusal:
            run_benchmark(protocol, out=out, harmonizers=["none"], device="cpu", seed=7)
        message = str(refusal.value)
        assert "simulation.seed is 7 and was 5" in message
        assert "--out" in message
        assert "\n" not in message
        assert simulated == [5]
        assert (out / "scores.parquet").read_bytes() == before

    def test_one_s_own_people_have_no_seed(self, shared_dataset, tmp_path, no_training):
        with pytest.raises(InputError, match="seed 7: is that of simulated people"):
            run_once(tmp_path / "run", shared_dataset, seed=7)
        assert not (tmp_path / "run").exists()

    def test_a_negative_one(self, simulated, tmp_path):
        with pytest.raises(InputError, match=r"simulation\.seed"):
            run_benchmark(tiny_protocol(), out=tmp_path / "run", device="cpu", seed=-7)
        assert not simulated


def test_a_manifest_without_a_protocol_is_refused_all_the_same(two_seeds, shared_dataset, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json").write_text(json.dumps({"fingerprint": "another", "protocol": None}))
    with pytest.raises(InputError, match="another configuration"):
        run_once(out, shared_dataset)
