"""How much memory a process may hold."""

import os

import pytest

from phycharm.utils.memory import usable_memory

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
