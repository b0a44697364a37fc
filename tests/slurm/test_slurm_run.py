"""A run as jobs of a real cluster, of one node (see one_node_cluster.sh and `nox -s slurm`)."""

import json
import shutil
import subprocess
import threading
import time

import pandas as pd
import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.workers import slurm
from phycharm.benchmarks.run.workers.cell_log import CellLog
from phycharm.benchmarks.run.workers.execution import Execution
from phycharm.benchmarks.run.workers.slurm import SlurmArray
from phycharm.errors import InputError

from support.tiny_protocols import pair_protocol

PROTOCOL = pair_protocol(harmonizers=["none", "linear", "unet", "phycharm"])
SLURM = Execution(executor="slurm", threads=1, slurm={"partition": "main", "time": "10"})


def cluster_is_there():
    if shutil.which("sbatch") is None:
        return False
    found = subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False)
    return found.returncode == 0 and bool(found.stdout.strip())


pytestmark = pytest.mark.skipif(not cluster_is_there(), reason="no Slurm cluster")


def scores(out):
    return pd.read_parquet(out / "scores.parquet")


def workers_of(out):
    logs = [CellLog(out, path.stem).read() for path in (out / "logs").glob("*.jsonl")]
    return {entry["pid"] for log in logs for entry in log if entry["event"] == "begin"}


@pytest.fixture(autouse=True, scope="module")
def polled_often():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slurm, "_POLL_S", 0.5)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory, shared_dataset):
    out = tmp_path_factory.mktemp("slurm") / "results"
    result = run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, execution=SLURM)
    assert not result.failed
    return out


def test_scores_are_those_of_one_process(run, tmp_path, shared_dataset):
    here = tmp_path / "here"
    one = Execution(jobs=2, threads=2)  # processes of one thread, as the jobs are
    run_benchmark(PROTOCOL, out=here, dataset=shared_dataset, execution=one)
    pd.testing.assert_frame_equal(scores(run), scores(here), check_exact=True)


def test_jobs_did_it(run):
    assert len(workers_of(run)) > 1
    assert list((run / "logs" / "slurm").glob("*.sh"))


def test_second_call_submits_nothing(run, shared_dataset, monkeypatch):
    def refuse(*_):
        raise AssertionError("submitted")

    monkeypatch.setattr(SlurmArray, "_submit", refuse)
    run_benchmark(PROTOCOL, out=run, dataset=shared_dataset, execution=SLURM)


def test_second_call_submits_only_the_rest(run, tmp_path, shared_dataset):
    out = shutil.copytree(run, tmp_path / "results")
    lost = "unet_GE-Siemens_fold-1_seed-0"
    shutil.rmtree(out / "cells" / lost)
    before = {p.parent.name: p.stat().st_mtime_ns for p in (out / "cells").glob("*/cell.json")}
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, execution=SLURM)
    after = {p.parent.name: p.stat().st_mtime_ns for p in (out / "cells").glob("*/cell.json")}
    assert {name for name in after if after[name] != before.get(name)} == {lost}
    pd.testing.assert_frame_equal(scores(out), scores(run), check_exact=True)


def test_dry_run_only_says_it(tmp_path, shared_dataset, capsys):
    dry = Execution(executor="slurm", threads=2, dry_run=True)
    out = tmp_path / "results"
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, execution=dry)
    said = capsys.readouterr().out
    assert "at once, job 1 (2 cores): maps_corrected_case-4_seed-0" in said
    assert "when the maps are there, job 1 (2 cores): phycharm_GE-Siemens" in said
    assert not list((out / "cells").glob("*/cell.json"))
    assert json.loads((out / "run.json").read_text())["status"] == "interrupted"


def test_killed_job_is_submitted_again(tmp_path, shared_dataset):
    """Preemption, a lost node, want of memory: the element ends without a result."""
    out = tmp_path / "results"
    longer = pair_protocol(harmonizers=["unet"], training={"epochs": 60, "batch_size": 8})
    cell = "unet_GE-Siemens_fold-1_seed-0"
    killed = []

    def kill_once():
        end = time.monotonic() + 120
        while time.monotonic() < end and not killed:
            begun = [e for e in CellLog(out, cell).read() if e["event"] == "begin"]
            if begun:
                subprocess.run(["kill", "-9", str(begun[0]["pid"])], check=False)
                killed.append(begun[0]["pid"])
            time.sleep(0.2)

    killer = threading.Thread(target=kill_once)
    killer.start()
    result = run_benchmark(longer, out=out, dataset=shared_dataset, execution=SLURM)
    killer.join()
    assert killed
    assert not result.failed
    begun = [e["pid"] for e in CellLog(out, cell).read() if e["event"] == "begin"]
    assert len(begun) == 2
    assert json.loads((out / "cells" / cell / "cell.json").read_text())["status"] == "done"


def test_refused_options_are_one_line(tmp_path, shared_dataset):
    wrong = Execution(executor="slurm", slurm={"partition": "nowhere"})
    with pytest.raises(InputError, match="Slurm refused") as refused:
        run_benchmark(PROTOCOL, out=tmp_path / "results", dataset=shared_dataset, execution=wrong)
    assert "\n" not in str(refused.value)
