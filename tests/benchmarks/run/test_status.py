"""How far a run is."""

import json
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from phycharm.benchmarks.run.run_lock import HOLDER
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.workers.cell_log import CellLog
from phycharm.benchmarks.run.workers.status import run_status
from phycharm.errors import InputError

from support.tiny_protocols import pair_protocol

PROTOCOL = pair_protocol(harmonizers=["none", "linear", "histogram"])
CELL = "histogram_all_fold-1_seed-0"


@pytest.fixture(scope="module")
def finished(tmp_path_factory, shared_dataset):
    out = tmp_path_factory.mktemp("finished") / "results"
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset)
    return out


@pytest.fixture
def out(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "results")


def dead_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def write_log(out, *entries):
    path = CellLog(out, CELL).path
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def began(ago, *, host=None, pid=None):
    time = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    who = {"host": host or platform.node(), "pid": pid or os.getpid()}
    return {"time": time, "event": "begin", **who}


def test_finished(finished):
    status = run_status(finished)
    assert {cell.state for cell in status.cells} == {"done"}
    assert status.count("done") == len(status.cells) == 6
    assert status.left == 0
    assert status.working == ""
    assert all(cell.seconds > 0 for cell in status.cells)
    assert "6 cells: 6 done." in status.text()
    assert "All is done" in status.text()


def test_running_here(out):
    shutil.rmtree(out / "cells" / CELL)
    write_log(out, began(90))
    (out / HOLDER).write_text(
        json.dumps({"host": platform.node(), "pid": os.getpid(), "since": "2026"})
    )
    status = run_status(out)
    (cell,) = (cell for cell in status.cells if cell.name == CELL)
    assert cell.state == "running"
    assert 85 < cell.seconds < 120
    assert f"running: {CELL}, 2 min, process {os.getpid()} on {platform.node()}" in status.text()
    assert f"Process {os.getpid()}" in status.working


@pytest.mark.parametrize("ending", [[], [{"time": "2026", "event": "broken off"}]])
def test_broken_off(out, ending):
    shutil.rmtree(out / "cells" / CELL)
    write_log(out, began(5, pid=dead_process()), *ending)
    status = run_status(out)
    assert status.count("broken off") == 1
    assert "the same command goes on" in status.text()


def test_on_another_machine_it_is_believed(out):
    shutil.rmtree(out / "cells" / CELL)
    write_log(out, began(5, host="node7"))
    assert "on node7" in run_status(out).text()


def test_waiting_and_failed(out):
    shutil.rmtree(out / "cells" / CELL)
    CellLog(out, CELL).path.unlink()
    path = out / "cells" / "linear_all_fold-1_seed-0" / "cell.json"
    record = json.loads(path.read_text()) | {"status": "failed", "error": "It broke."}
    path.write_text(json.dumps(record))
    text = run_status(out).text()
    assert "4 done, 1 failed, 1 waiting; about" in text
    assert "failed: linear_all_fold-1_seed-0: It broke." in text


def test_damaged_logs_are_survived(out):
    CellLog(out, CELL).path.write_bytes(b'\xff{"time": 3}\n[]\n{"event"\n')
    assert run_status(out).count("done") == 6


def test_nothing_is_changed(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    run_status(finished)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_no_run(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        run_status(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no plan\.json"):
        run_status(tmp_path)
