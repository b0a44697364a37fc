"""Cells in several processes: the same scores, whoever dies."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pandas as pd
import pytest

from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.run_plan import RunPlan
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.tasks import run_tasks
from phycharm.benchmarks.run.workers import execution
from phycharm.benchmarks.run.workers.cell_log import CellLog
from phycharm.benchmarks.run.workers.execution import Execution
from phycharm.benchmarks.run.workers.local_pool import LocalPool
from phycharm.benchmarks.run.workers.one_cell import run_one
from phycharm.errors import InputError

from support.tiny_protocols import pair_protocol

PROTOCOL = pair_protocol(harmonizers=["none", "linear", "unet", "phycharm"])

TWO = Execution(jobs=2, threads=2)


def scores(out):
    return pd.read_parquet(out / "scores.parquet")


@pytest.fixture(scope="module")
def alone(tmp_path_factory, shared_dataset):
    """The run of one process with one thread."""
    import torch

    before = torch.get_num_threads()
    out = tmp_path_factory.mktemp("alone") / "results"
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, execution=Execution(threads=1))
    torch.set_num_threads(before)
    return out


@pytest.fixture(scope="module")
def together(tmp_path_factory, shared_dataset):
    """The same in two processes of one thread each."""
    import torch

    before = torch.get_num_threads()
    out = tmp_path_factory.mktemp("together") / "results"
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset, execution=TWO)
    torch.set_num_threads(before)
    return out


def test_scores_are_equal_to_the_last_digit(alone, together):
    pd.testing.assert_frame_equal(scores(alone), scores(together), check_exact=True)
    for name in ("histograms", "maps"):
        a, b = (pd.read_parquet(out / f"{name}.parquet") for out in (alone, together))
        pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_several_processes_took_part(together):
    logs = [CellLog(together, p.stem).read() for p in (together / "logs").glob("*.jsonl")]
    workers = {entry["pid"] for log in logs for entry in log if entry["event"] == "begin"}
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_every_cell_has_a_log_of_who_and_how_long(alone):
    plan = RunPlan.read(alone)
    for cell in plan.cells:
        log = CellLog(alone, cell.name).read()
        assert [log[0]["event"], log[-1]["event"]] == ["begin", "end"]
        assert log[0]["threads"] == 1
    said = [
        e["text"] for e in CellLog(alone, "unet_GE-Siemens_fold-1_seed-0").read() if "text" in e
    ]
    assert any("unet GE -> Siemens" in line for line in said)


def test_cell_keeps_its_own_environment(together):
    for path in (together / "cells").glob("*/cell.json"):
        record = json.loads(path.read_text())
        assert record["environment"]["packages"]["torch"]
        assert record["hardware"]["threads"] == 1


def test_second_call_does_nothing(together, shared_dataset, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a worker was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    before = scores(together)
    run_benchmark(PROTOCOL, out=together, dataset=shared_dataset, execution=TWO)
    pd.testing.assert_frame_equal(scores(together), before)


def test_a_cell_follows_from_folder_and_name(together, tmp_path):
    """Moved elsewhere, lost, and made again by nothing but its name."""
    root = shutil.copytree(together, tmp_path / "moved")
    name = "unet_GE-Siemens_fold-1_seed-0"
    shutil.rmtree(root / "cells" / name)
    run = RunFolder(root)
    runner = RunPlan.read(root).runner(run)
    task = next(t for t in run_tasks(runner, runner.methods.cards) if t.name == name)
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    assert run_one(runner, task, threads=1) == {"status": "done", "error": ""}
    torch.set_num_threads(before)
    a, b = (pd.read_parquet(out / "cells" / name / "scores.parquet") for out in (together, root))
    pd.testing.assert_frame_equal(a, b, check_exact=True)


class TestDeaths:
    @staticmethod
    def deadly(folder, *, times):
        """A method that kills its process, so many times."""
        count = folder / "deaths"
        text = textwrap.dedent(f"""
            import os, signal
            from pathlib import Path
            from phycharm import Harmonizer, MethodCard

            class Deadly(Harmonizer):
                card = MethodCard(name="deadly", summary="Kills.", scope="all", supervision="none")

                def apply(self, scan, target):
                    count = Path({str(count)!r})
                    deaths = len(count.read_text()) if count.exists() else 0
                    if deaths < {times}:
                        count.write_text("x" * (deaths + 1))
                        os.kill(os.getpid(), signal.SIGKILL)
                    return scan.image
        """)
        (folder / f"deadly_{times}.py").write_text(text)
        return f"deadly_{times}:Deadly"

    @pytest.mark.parametrize("times", [1, 9])
    def test_of_a_worker(self, tmp_path, shared_dataset, monkeypatch, times):
        """Once may be want of memory; twice is the method's own doing, and its alone."""
        spec = self.deadly(tmp_path, times=times)
        monkeypatch.syspath_prepend(tmp_path)
        out = tmp_path / "results"
        result = run_benchmark(
            PROTOCOL, out=out, dataset=shared_dataset, harmonizers=["linear", spec], execution=TWO
        )
        found = set(scores(out)["harmonizer"])
        assert "linear" in found
        assert ("deadly" in found) == (times == 1)
        assert bool(result.failed) == (times > 1)
        if result.failed:
            assert "its process died (signal 9)" in result.failed[0]

    def test_of_an_idle_worker(self, tmp_path):
        """It is replaced; nobody says that it had not started."""
        pool, ears = LocalPool(root=tmp_path, jobs=1, threads=1), selectors.DefaultSelector()
        pool._start(ears)
        (worker,) = pool._workers
        worker.ready = True
        worker.process.kill()
        assert pool._bury(worker, ears, []) == ("", "")
        assert len(pool._workers) == 1
        assert pool._workers[0] is not worker
        pool._stop()
        ears.close()

    def test_of_whoever_started_them(self, tmp_path, shared_dataset):
        """Workers do not outlive the run that holds the folder."""
        out = tmp_path / "results"
        script = (
            "import sys\n"
            f"sys.path[:0] = {sys.path!r}\n"
            "from pathlib import Path\n"
            "from phycharm.benchmarks.run.runner import run_benchmark\n"
            "from phycharm.benchmarks.run.workers.execution import Execution\n"
            "from support.tiny_protocols import pair_protocol\n"
            "plan = {'epochs': 5000, 'batch_size': 8}\n"
            "slow = pair_protocol(harmonizers=['unet'], training=plan)\n"
            f"run_benchmark(slow, out=Path({str(out)!r}), dataset=Path({str(shared_dataset)!r}),"
            " execution=Execution(jobs=2))\n"
        )
        log = CellLog(out, "unet_GE-Siemens_fold-1_seed-0")
        command = [sys.executable, "-P", "-c", script]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            waited(lambda: any(entry["event"] == "begin" for entry in log.read()), seconds=60)
            worker = next(entry["pid"] for entry in log.read() if entry["event"] == "begin")
            process.send_signal(signal.SIGKILL)
        waited(lambda: not alive(worker), seconds=10)


def waited(true, *, seconds):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    return state != "Z"


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"threads": 0}, {"jobs": -3}, {"stack": 0}])
def test_no_processes(wrong):
    with pytest.raises(InputError, match="give 1 or more"):
        Execution(**wrong)


def test_class_of_a_notebook_is_in_no_other_process(tmp_path, shared_dataset):
    with pytest.raises(InputError, match="notebook"):
        run_benchmark(
            PROTOCOL, out=tmp_path / "results", dataset=shared_dataset,
            harmonizers="Mine=__main__:Mine", execution=TWO,
        )  # fmt: skip


class TestHowMany:
    @pytest.fixture
    def runner(self, together):
        run = RunFolder(together)
        return RunPlan.read(together).runner(run)

    @pytest.fixture
    def machine(self, monkeypatch):
        def of(*, cores, gigabytes):
            monkeypatch.setattr(execution.torch, "get_num_threads", lambda: cores)
            monkeypatch.setattr(execution, "usable_memory", lambda: int(gigabytes * 2**30))

        return of

    @pytest.mark.parametrize(
        ("cores", "gigabytes", "jobs"), [(4, 64, 4), (4, 2.5, 2), (4, 0.1, 1), (1, 64, 1)]
    )
    def test_as_many_as_cores_if_memory_allows(self, runner, machine, cores, gigabytes, jobs):
        machine(cores=cores, gigabytes=gigabytes)
        assert execution._fitting_jobs(runner) == jobs

    def test_whole_brains_at_full_size_come_one_at_a_time(self, runner, machine, monkeypatch):
        machine(cores=16, gigabytes=24)
        scan = runner.data.cohort.scan("01", runner.data.cohort.scanners[0])
        monkeypatch.setattr(execution, "_BYTES_PER_VOXEL", 6000 * 240**3 // scan.image.size)
        assert execution._fitting_jobs(runner) == 1

    def test_gpus_decide_where_they_compute(self, runner, machine, monkeypatch):
        machine(cores=16, gigabytes=1)
        runner.device = "cuda"
        monkeypatch.setattr(execution.torch.cuda, "device_count", lambda: 3)
        assert execution._fitting_jobs(runner) == 3

    def test_nobody_said_how_many(self, alone, shared_dataset, tmp_path, monkeypatch):
        """Two at once here: one thread each, whatever is left to do, so that scores stay."""
        monkeypatch.setattr(execution, "_fitting_jobs", lambda runner: 2)
        out = tmp_path / "results"
        run_benchmark(
            PROTOCOL, out=out, dataset=shared_dataset, execution=Execution(jobs=None, threads=2)
        )
        pd.testing.assert_frame_equal(scores(out), scores(alone))
        assert list((out / "logs").glob("worker-2.txt"))
