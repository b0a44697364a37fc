"""Cells whose fits are done together: what they are alone, whoever fails or dies."""

import json
import textwrap

import pandas as pd
import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.tasks import Task
from phycharm.benchmarks.run.workers.cell_log import CellLog
from phycharm.benchmarks.run.workers.execution import Execution
from phycharm.benchmarks.run.workers.fitting_together import in_groups
from phycharm.benchmarks.run.workers.status import run_status
from phycharm.networks.stacking.stacked_training import StackedTraining

from support.phantom import TINY_FEATURES
from support.tiny_protocols import pair_protocol

PROTOCOL = pair_protocol(
    harmonizers=["none", "unet", "pix2pix", "phycharm"],
    seeds=(0, 1),
    settings={name: {"features": TINY_FEATURES} for name in ("unet", "phycharm")}
    | {"pix2pix": {"base": 4}},
)


def scores(out):
    return pd.read_parquet(out / "scores.parquet")


def records(out):
    found = [json.loads(path.read_text()) for path in (out / "cells").glob("*/cell.json")]
    return {record["cell"]: record for record in found}


def run(out, dataset, protocol=PROTOCOL, **choices):
    return run_benchmark(protocol, out=out, dataset=dataset, execution=Execution(**choices))


@pytest.fixture(scope="module")
def alone(tmp_path_factory, shared_dataset):
    out = tmp_path_factory.mktemp("alone") / "results"
    run(out, shared_dataset, threads=1)
    return out


@pytest.fixture(scope="module", params=[1, 2], ids=["here", "in workers"])
def together(request, tmp_path_factory, shared_dataset):
    out = tmp_path_factory.mktemp("together") / "results"
    run(out, shared_dataset, jobs=request.param, threads=request.param, stack=4)
    return out


def test_scores_are_those_of_fits_alone(alone, together):
    columns = ["harmonizer", "source", "target", "fold", "seed", "subject", "metric"]
    a, b = (scores(out).set_index(columns)["value"].sort_index() for out in (alone, together))
    assert a.index.equals(b.index)
    networks = a.index.get_level_values("harmonizer").isin(["unet", "pix2pix", "phycharm"])
    pd.testing.assert_series_equal(a[~networks], b[~networks])
    image = b.index.get_level_values("metric").isin(["ssim", "psnr", "nrmse"])
    pd.testing.assert_series_equal(a[networks & image], b[networks & image], rtol=5e-3)


def test_records_say_how_many_were_fitted_together(alone, together):
    asked = {"unet": 2, "pix2pix": 2, "phycharm": 2, "maps": 2}
    for name, record in records(together).items():
        expected = asked.get(name.split("_")[0], 1)
        assert record.get("fitted_together", 1) == expected
        if expected > 1:
            assert record["fit_seconds"] > 0
    assert {record.get("fitted_together", 1) for record in records(alone).values()} == {1}


def test_logs_hear_the_fit_and_the_rest(together):
    log = CellLog(together, "unet_GE-Siemens_fold-1_seed-1").read()
    events = [entry["event"] for entry in log if entry["event"] != "said"]
    assert events == ["begin", "fitted", "begin", "end"]
    assert any("and 1 more" in entry.get("text", "") for entry in log)
    cells = run_status(together).cells
    assert {cell.state for cell in cells} == {"done"}
    fitted = next(entry for entry in log if entry["event"] == "fitted")["seconds"]
    (cell,) = (cell for cell in cells if cell.name == "unet_GE-Siemens_fold-1_seed-1")
    assert cell.seconds > fitted


def test_second_call_fits_nothing(together, shared_dataset, monkeypatch):
    def refuse(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(StackedTraining, "run", refuse)
    before = scores(together)
    run(together, shared_dataset, threads=1, stack=4)
    pd.testing.assert_frame_equal(scores(together), before)


def test_maps_come_before_what_needs_them(alone):
    from phycharm.benchmarks.run.run_folder import RunFolder
    from phycharm.benchmarks.run.run_plan import RunPlan
    from phycharm.benchmarks.run.tasks import run_tasks

    runner = RunPlan.read(alone).runner(RunFolder(alone))
    tasks = run_tasks(runner, runner.methods.cards)
    groups = in_groups(tasks, size=3)
    assert sorted(task.name for group in groups for task in group) == sorted(t.name for t in tasks)
    known = set()
    for group in groups:
        assert len(group) <= 3
        assert len({task.kinship for task in group}) == 1
        assert all(not task.needs or task.needs in known for task in group)
        known |= {task.name for task in group}


def test_maps_of_two_presets_do_not_wait_for_each_other():
    maps = [("corrected", 4, 0), ("paper", 4, 0), ("corrected", 4, 1), ("paper", 1, 0)]
    tasks = [
        Task(name=f"maps {n}", kind="maps", harmonizer="maps", maps=one)
        for n, one in enumerate(maps)
    ]
    found = [{task.maps[0] for task in group} for group in in_groups(tasks, size=8)]
    assert found == [{"corrected"}, {"paper"}]


METHOD = """
    import os
    from dataclasses import replace
    from pathlib import Path
    from phycharm.baselines.unet import UNet

    class Own(UNet):
        card = replace(UNet.card, name="own")

        def learn(self, train, validation, **context):
            {}
            super().learn(train, validation, **context)
"""


@pytest.fixture
def own_method(tmp_path, monkeypatch):
    """Write a U-Net with a line of its own, and return how a protocol names it."""

    def written(line):
        (tmp_path / f"{tmp_path.name}.py").write_text(textwrap.dedent(METHOD.format(line)))
        monkeypatch.syspath_prepend(tmp_path)
        return f"{tmp_path.name}:Own"

    return written


def test_a_failure_is_its_own_cell_s(tmp_path, shared_dataset, own_method):
    spec = own_method("if self.seed % 2: raise ValueError('an odd seed')")
    seeds = tuple(range(6))
    protocol = pair_protocol(harmonizers=[spec], seeds=seeds)
    run(tmp_path / "out", shared_dataset, protocol, threads=1, stack=6)
    found = {
        record["seed"]: record
        for record in records(tmp_path / "out").values()
        if record["harmonizer"] == "own"
    }
    states = {record["status"] for record in found.values()}
    assert states == {"done", "failed"}
    for record in found.values():
        if record["status"] == "failed":
            assert record["error"] == "ValueError: an odd seed"


def test_what_cannot_even_be_made_is_its_own_cell_s(tmp_path, shared_dataset, own_method):
    """A method of others whose constructor refuses one of the seeds."""
    spec = own_method("self.odd = self.seed % 2")
    path = next(tmp_path.glob("*.py"))
    path.write_text(
        path.read_text()
        + "    def __init__(self, *, training=None, seed=0, device='cpu'):\n"
        + "        if seed % 2:\n"
        + "            raise ValueError('an odd seed')\n"
        + "        super().__init__(training=training, seed=seed, device=device)\n"
    )
    protocol = pair_protocol(harmonizers=[spec], seeds=tuple(range(6)))
    run(tmp_path / "out", shared_dataset, protocol, threads=1, stack=6)
    found = [one for one in records(tmp_path / "out").values() if one["harmonizer"] == "own"]
    assert {one["status"] for one in found} == {"done", "failed"}


def test_a_death_costs_the_others_nothing(tmp_path, shared_dataset, own_method):
    """Whoever was fitted together with the one that kills its process is fitted anew, alone."""
    victim = tmp_path / "victim"
    line = (
        f"victim = Path({str(victim)!r}); "
        "victim.exists() or victim.write_text(str(self.seed)); "
        "int(victim.read_text()) == self.seed and os._exit(9)"
    )
    protocol = pair_protocol(harmonizers=[own_method(line)], seeds=(0, 1, 2))
    out = tmp_path / "out"
    run(out, shared_dataset, protocol, jobs=2, threads=2, stack=3)
    own = [one for one in records(out).values() if one["harmonizer"] == "own"]
    assert sorted(one["status"] for one in own) == ["done", "done", "failed"]
    (failed,) = (one for one in own if one["status"] == "failed")
    assert "exit code 9" in failed["error"]
    assert victim.exists()
