"""Which jobs of a cluster cells become, and what a job does; the cluster itself is elsewhere."""

import json

import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.workers import slurm
from phycharm.benchmarks.run.workers.execution import Execution
from phycharm.benchmarks.run.workers.slurm import SlurmArray, do_cells

from support.tiny_protocols import pair_protocol

SPY = "support.tiny_methods:Spy"
PROTOCOL = pair_protocol(harmonizers=["none", "unet", SPY], seeds=(0, 1, 2))
UNETS = [f"unet_GE-Siemens_fold-1_seed-{seed}" for seed in (0, 1, 2)]


@pytest.fixture
def dry(tmp_path, shared_dataset, capsys):
    """Return what jobs a run would be, with so many fitted together."""

    def told(**choices):
        dry = Execution(executor="slurm", threads=2, dry_run=True, **choices)
        run_benchmark(PROTOCOL, out=tmp_path / "run", dataset=shared_dataset, execution=dry)
        return capsys.readouterr().out.splitlines()

    return told


def test_a_job_takes_what_is_fitted_together(dry):
    lines = dry(stack=2)
    assert any(line.endswith(f": {UNETS[0]} + {UNETS[1]}") for line in lines)
    (with_last,) = (line for line in lines if UNETS[2] in line)
    assert f"+ {UNETS[2]}" not in with_last


def test_what_gains_nothing_by_it_waits_for_nobody(dry):
    assert not any("spy" in line and "+" in line for line in dry(stack=3))


def test_unasked_cells_are_done_one_by_one(dry):
    assert not any("+" in line for line in dry())


def test_who_was_in_a_lost_job_is_done_alone(tmp_path, shared_dataset, monkeypatch):
    """A stack of a job that ends without a result may have been too large for it."""
    submitted = []

    def submit(self, jobs):
        submitted.append([[[t.name for t in group] for group in job] for job in jobs])
        for job in submitted[-1] if len(submitted) > 1 else ():
            do_cells(str(self.root), job, 1)
        return []

    monkeypatch.setattr(SlurmArray, "_submit", submit)
    monkeypatch.setattr(slurm, "_in_queue", lambda _: False)
    out = tmp_path / "run"
    two = pair_protocol(harmonizers=["unet"], seeds=(0, 1))
    asked = Execution(executor="slurm", stack=2)
    assert not run_benchmark(two, out=out, dataset=shared_dataset, execution=asked).failed
    first, second = ([group for job in jobs for group in job] for jobs in submitted)
    assert UNETS[:2] in first
    assert all(len(group) == 1 for group in second)


def test_a_job_fits_its_group_as_one(tmp_path, shared_dataset, monkeypatch):
    def submit(self, jobs):
        for job in jobs:
            do_cells(str(self.root), [[task.name for task in group] for group in job], 1)
        return []

    monkeypatch.setattr(SlurmArray, "_submit", submit)
    monkeypatch.setattr(slurm, "_in_queue", lambda _: False)
    out = tmp_path / "run"
    asked = Execution(executor="slurm", stack=3)
    protocol = pair_protocol(harmonizers=["none", "unet"], seeds=(0, 1, 2))
    assert not run_benchmark(protocol, out=out, dataset=shared_dataset, execution=asked).failed
    records = [json.loads((out / "cells" / name / "cell.json").read_text()) for name in UNETS]
    assert [(one["status"], one["fitted_together"]) for one in records] == [("done", 3)] * 3
