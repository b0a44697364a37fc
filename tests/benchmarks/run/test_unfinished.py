"""Runs, and models, whose trainings were interrupted: nothing of it shows in the end."""

import json
from functools import partial

import pandas as pd
import pytest

from phycharm.baselines.unet import UNet
from phycharm.benchmarks.run import training
from phycharm.benchmarks.run.cells import cell_place, cell_runner
from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.training import train_generator, train_harmonizer
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.harmonizers.external import load_harmonizer
from phycharm.networks.keeping.kept_fit import kept_in

from support.interruptions import Interrupted, Stopwatch, assert_same_tensors
from support.tiny_protocols import pair_protocol
from support.training_runs import protocol as training_protocol

PLAN = {"steps": 4, "batch_size": 8}


@pytest.fixture
def kept_always(monkeypatch):
    """Keep a state after every batch."""
    for module in (cell_place, training):
        monkeypatch.setattr(module, "kept_in", partial(kept_in, every=0))


@pytest.fixture
def stopwatch(monkeypatch, kept_always):
    return Stopwatch(monkeypatch)


def run(dataset, out, *harmonizers, **options):
    protocol = pair_protocol(training=PLAN, maps={"training": PLAN}, metrics=["ssim"])
    spec = {"dataset": dataset, "device": "cpu", "harmonizers": harmonizers, **options}
    return run_benchmark(protocol, out=out, **spec)


def stopped(stopwatch, at, work):
    stopwatch.until(at)
    with pytest.raises(Interrupted):
        work()
    stopwatch.until(None)


def slots(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.safetensors"))


class TestCell:
    # One direction has 4 batches.
    NAME = "unet_GE-Siemens_fold-1_seed-0"

    def test_goes_on_in_the_direction_it_was_in(self, pair, tmp_path, stopwatch):
        wanted = read_scores(run(pair, tmp_path / "whole", "unet").folder / "scores.parquet")
        out = tmp_path / "run"
        stopped(stopwatch, 7, lambda: run(pair, out, "unet"))
        kept = slots(out / "unfinished")
        assert [path.split("/")[0] for path in kept] == [self.NAME] * 2
        assert [path.split("/")[-1] for path in kept] == ["001.safetensors", "002.safetensors"]
        found = run(pair, out, "unet")
        assert not found.failed
        assert stopwatch.batches == 8 - 6
        pd.testing.assert_frame_equal(read_scores(out / "scores.parquet"), wanted, check_exact=True)
        history = [f / "cells" / self.NAME / "history.csv" for f in (out, tmp_path / "whole")]
        assert history[0].read_text() == history[1].read_text()
        assert not (out / "unfinished").exists()
        assert sorted(p.name for p in out.iterdir()) == sorted(
            p.name for p in (tmp_path / "whole").iterdir()
        )

    def test_seconds_are_those_of_the_whole_fit(self, pair, tmp_path, stopwatch, monkeypatch):
        out = tmp_path / "run"
        stopped(stopwatch, 7, lambda: run(pair, out, "unet"))
        monkeypatch.setattr(cell_runner, "seconds_before", lambda: 3600.0)
        run(pair, out, "unet")
        record = json.loads((out / "cells" / self.NAME / "cell.json").read_text())
        assert record["fit_seconds"] > 3600

    def test_maps_of_a_method_have_a_place_of_their_own(self, pair, tmp_path, stopwatch):
        out = tmp_path / "run"
        stopped(stopwatch, 3, lambda: run(pair, out, "phycharm"))
        (kept,) = slots(out / "unfinished")
        assert kept.startswith("maps_corrected_case-4_seed-0/")
        stopped(stopwatch, 5, lambda: run(pair, out, "phycharm"))
        kept = slots(out / "unfinished")
        assert kept and all(path.startswith("phycharm_GE-Siemens_fold-1_seed-0/") for path in kept)
        assert not run(pair, out, "phycharm").failed
        assert not (out / "unfinished").exists()

    def test_what_was_learned_before_a_failure_is_not_learned_again(
        self, pair, tmp_path, stopwatch, monkeypatch
    ):
        out = tmp_path / "run"
        with monkeypatch.context() as patch:
            patch.setattr(UNet, "apply", lambda *_: 1 / 0)
            assert run(pair, out, "unet").failed
        assert len(slots(out / "unfinished")) == 2
        stopwatch.until(None)
        assert not run(pair, out, "unet").failed
        assert stopwatch.batches == 0
        assert not (out / "unfinished").exists()

    def test_fresh_starts_over(self, pair, tmp_path, stopwatch):
        out = tmp_path / "run"
        stopped(stopwatch, 7, lambda: run(pair, out, "unet"))
        run(pair, out, "unet", fresh=True)
        assert stopwatch.batches == 8
        assert not (out / "unfinished").exists()

    def test_another_method_of_that_name_does_not_use_it(self, pair, tmp_path, stopwatch):
        out = tmp_path / "run"
        stopped(stopwatch, 7, lambda: run(pair, out, "unet"))
        protocol = pair_protocol(
            training=PLAN,
            maps={"training": PLAN},
            metrics=["ssim"],
            settings={"unet": {"features": [4, 4, 4, 8, 8, 4], "dropout": 0.2}},
        )
        (tmp_path / "run" / "run.json").unlink()
        run_benchmark(protocol, out=out, dataset=pair, device="cpu", harmonizers=["unet"])
        assert stopwatch.batches == 8

    def test_a_folder_with_nothing_else_is_the_runs_own(self, tmp_path):
        for name in ("unfinished", "tensorboard"):
            (tmp_path / name).mkdir()
        RunFolder(tmp_path).require_ours()


def test_fits_of_seconds_leave_nothing(pair, tmp_path, monkeypatch):
    made = []
    plain = RunFolder.forget_unfinished
    monkeypatch.setattr(
        RunFolder,
        "forget_unfinished",
        lambda self, cell: (made.extend(self.root.rglob("unfinished")), plain(self, cell)),
    )
    run(pair, tmp_path / "run", "unet")
    assert made == []


class TestTrain:
    def fit(self, dataset, out, spec="unet", **options):
        short = training_protocol(training=PLAN, maps={"training": PLAN})
        return train_harmonizer(spec, short, dataset, out, device="cpu", **options)

    def test_goes_on(self, pair, tmp_path, stopwatch):
        alone = self.fit(pair, tmp_path / "alone")
        out = tmp_path / "models" / "unet"
        stopped(stopwatch, 7, lambda: self.fit(pair, out))
        assert [p.name for p in out.parent.iterdir()] == [".unfinished-unet"]
        self.fit(pair, out)
        assert stopwatch.batches == 2
        assert [p.name for p in out.parent.iterdir()] == ["unet"]
        assert_same_tensors(load_harmonizer(out).state().tensors, alone.state().tensors)
        history = [(folder / "history.csv").read_text() for folder in (out, tmp_path / "alone")]
        assert history[0] == history[1]

    def test_generator_on_the_way(self, pair, tmp_path, stopwatch):
        out = tmp_path / "model"
        stopped(stopwatch, 6, lambda: self.fit(pair, out, "phycharm"))
        assert len(slots(tmp_path / ".unfinished-model")) == 2
        self.fit(pair, out, "phycharm")
        assert not (tmp_path / ".unfinished-model").exists()

    def test_another_dataset_starts_anew(self, pair, tmp_path, stopwatch):
        stopped(stopwatch, 7, lambda: self.fit(pair, tmp_path / "model"))
        (sidecar,) = pair.rglob("sub-01_ses-GE_T1w.json")
        sidecar.write_text(sidecar.read_text() + " ")
        self.fit(pair, tmp_path / "model")
        assert stopwatch.batches == 8
        assert not (tmp_path / ".unfinished-model").exists()

    def test_maps_alone(self, pair, tmp_path, stopwatch):
        short = training_protocol(maps={"training": PLAN})

        def fit():
            return train_generator(short, pair, tmp_path / "maps", case=4, device="cpu")

        stopped(stopwatch, 3, fit)
        assert len(slots(tmp_path / ".unfinished-maps")) == 1
        fit()
        assert stopwatch.batches == 2
        assert not (tmp_path / ".unfinished-maps").exists()
