"""A second process draws part of a page, and the page is the same with it and without."""

import subprocess
import sys

import pytest

from phycharm.reports import write_report
from phycharm.reports.page import sections_aside
from phycharm.reports.page.sections import SECTIONS, make_sections
from phycharm.reports.page.sections_aside import SectionsAside
from phycharm.reports.run.load import load_runs


@pytest.fixture
def started(monkeypatch):
    """Let any run be worth a process, and note the commands that are run."""
    monkeypatch.setattr(sections_aside, "MANY_PICTURES", 1)
    monkeypatch.setattr(sections_aside, "usable_cores", lambda: 2)
    monkeypatch.setattr(sections_aside, "usable_memory", lambda: 10**12)
    found = []

    class Noted(subprocess.Popen):
        def __init__(self, command, **how):
            found.append(self)
            super().__init__(command, **how)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return found


def test_a_second_process_leaves_the_page_as_it_is(run_dir, page, started, tmp_path):
    made = write_report([run_dir], tmp_path / "aside.html")
    assert [process.returncode for process in started] == [0]
    assert made.read_bytes() == page.read_bytes()


def test_what_the_process_does_not_bring_is_made_here(
    run_dir, page, started, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    made = write_report([run_dir], tmp_path / "failed.html")
    assert [process.returncode for process in started] == [1]
    assert made.read_bytes() == page.read_bytes()


@pytest.mark.parametrize("begun", [(), ("subjects", "tissues"), sections_aside.ASIDE])
def test_no_part_is_lost_or_made_twice(run_dir, started, monkeypatch, begun):
    """Whoever begins a part makes it; what a process began and did not bring is made here."""
    made = []

    def watched(view, prefix, *, only):
        made.extend(only)
        return make_sections(view, prefix, only=only)

    monkeypatch.setattr(sections_aside, "make_sections", watched)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (view,) = load_runs([run_dir], reference=None)
    with SectionsAside(view, "r0") as aside:
        for name in begun:
            assert sections_aside._begin(aside._result(), name)
        found = aside.sections()
    assert sorted(made) == sorted(SECTIONS)
    assert [one.id for one in found] == [one.id for one in make_sections(view, "r0")]


def test_it_ends_with_the_page(run_dir, started):
    (view,) = load_runs([run_dir], reference=None)
    with pytest.raises(KeyboardInterrupt), SectionsAside(view, "r0"):
        raise KeyboardInterrupt
    assert [process.poll() is not None for process in started] == [True]


@pytest.mark.parametrize(
    ("name", "value"),
    [("usable_cores", 1), ("usable_memory", 10**9), ("MANY_PICTURES", 10**9)],
)
def test_nothing_is_started_where_it_would_not_pay(run_dir, started, monkeypatch, name, value):
    whole = name == "MANY_PICTURES"
    monkeypatch.setattr(sections_aside, name, value if whole else lambda: value)
    (view,) = load_runs([run_dir], reference=None)
    with SectionsAside(view, "r0"):
        assert not started
