"""How much memory a process may hold."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phycharm.utils import memory
from phycharm.utils.memory import peak_memory, usable_memory

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", ["memory.max", "memory.limit_in_bytes"])
def test_a_control_group_allows_less(tmp_path, name):
    (tmp_path / name).write_text("1048576\n")
    assert usable_memory([tmp_path / "none", tmp_path]) == 1048576


@pytest.mark.parametrize("content", ["max\n", "9223372036854771712\n", "nonsense"])
def test_else_what_the_machine_has(tmp_path, content):
    (tmp_path / "memory.max").write_text(content)
    assert usable_memory([tmp_path]) == MACHINE


def test_here():
    assert 0 < usable_memory() <= MACHINE


SMALL = "from phycharm.utils.memory import peak_memory; print(peak_memory())"


def test_peak_is_in_bytes():
    large = bytearray(2**28)
    large[::4096] = b"1" * (len(large) // 4096)  # pages that nobody wrote to are not there
    assert len(large) < peak_memory() <= MACHINE


# Elsewhere there is `getrusage` alone, which may well hand on what the starting process held.
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux alone tells it")
def test_peak_is_not_that_of_who_started_the_process():
    """What `getrusage` says of a worker is at least what the run had held that started it."""
    large = bytearray(2**30)
    large[::4096] = b"1" * (len(large) // 4096)
    started = subprocess.run([sys.executable, "-c", SMALL], capture_output=True, check=True)
    assert int(started.stdout) < 2**29 < 2**30 < peak_memory()


def test_peak_elsewhere(monkeypatch):
    monkeypatch.setattr(memory, "_PEAK", "nowhere told")
    by_rusage = peak_memory()
    monkeypatch.undo()
    assert by_rusage >= 0.98 * peak_memory()
