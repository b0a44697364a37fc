"""One run at a time works in a folder."""

import json
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from phycharm.benchmarks.run.run_lock import HOLDER, LOCK, RunLock, lock_holder
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.errors import InputError

from support.tiny_protocols import pair_protocol

HOLD = """
import sys, time
from pathlib import Path
from phycharm.benchmarks.run.run_lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def holding(root, seconds=60.0):
    """Another process that works in the folder."""
    command = [sys.executable, "-c", HOLD, str(root), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_run_is_refused_in_one_line(tmp_path):
    with holding(tmp_path) as other, pytest.raises(InputError) as refused, RunLock(tmp_path):
        pass
    line = str(refused.value)
    assert "\n" not in line
    for word in (str(tmp_path), str(other.pid), platform.node(), "--wait"):
        assert word in line
    assert "remove" not in line


def test_it_can_wait(tmp_path, capfd):
    with holding(tmp_path, 1.5) as other:
        start = time.monotonic()
        with RunLock(tmp_path, wait=True):
            waited = time.monotonic() - start
            assert lock_holder(tmp_path)["pid"] == os.getpid()
    assert waited > 0.5
    assert f"waiting for the run of process {other.pid}" in capfd.readouterr().err


def test_killed_holder_holds_nothing(tmp_path):
    with holding(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
    with RunLock(tmp_path):
        assert lock_holder(tmp_path)["pid"] == os.getpid()


@pytest.mark.parametrize("host", ["elsewhere", None])
def test_stale_lock_is_told_and_can_be_broken(tmp_path, monkeypatch, host):
    """Where a file is the lock, whoever dies leaves it behind."""
    from filelock import SoftFileLock

    dead = multiprocessing.Process(target=int)
    dead.start()
    dead.join()
    holder = {"host": host or platform.node(), "pid": dead.pid, "since": "2026-01-01"}
    (tmp_path / HOLDER).write_text(json.dumps(holder))
    monkeypatch.setattr(
        "phycharm.benchmarks.run.run_lock.FileLock", lambda path: SoftFileLock(path)
    )
    held = SoftFileLock(tmp_path / LOCK)
    held.acquire()
    with (
        pytest.raises(InputError, match=r"If that run is dead, remove .*\.lock"),
        RunLock(tmp_path),
    ):
        pass
    held.release(force=True)
    (tmp_path / LOCK).unlink(missing_ok=True)
    with RunLock(tmp_path):
        assert lock_holder(tmp_path)["host"] == platform.node()


def test_nothing_is_left_where_nothing_came_of_it(tmp_path):
    root = tmp_path / "results"
    with pytest.raises(ZeroDivisionError), RunLock(root):
        raise ZeroDivisionError
    assert not root.exists()


def test_damaged_holder_is_nobody(tmp_path):
    for text in ("", "[]", '{"host": "a"}', "\x00"):
        (tmp_path / HOLDER).write_text(text)
        assert lock_holder(tmp_path) is None


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be made"), RunLock(tmp_path / "file" / "results"):
        pass


def test_benchmark_takes_it(tmp_path, shared_dataset):
    out = tmp_path / "results"
    with holding(out), pytest.raises(InputError, match="works here"):
        run_benchmark(pair_protocol(), out=out, dataset=shared_dataset, harmonizers="linear")
    run_benchmark(pair_protocol(), out=out, dataset=shared_dataset, harmonizers="linear")
    assert lock_holder(out) is None
