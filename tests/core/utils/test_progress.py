"""Progress: a bar on a terminal, lines elsewhere."""

import io
import re
import sys
from itertools import pairwise

import pytest

from phycharm.utils import progress
from phycharm.utils.progress import progress_bar


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    return clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_plain_lines_say_what_how_far_and_how_long(capsys, clock):
    with progress_bar("unet GE -> Siemens", 40) as bar:
        clock.now += 3
        bar.advance(10, detail="loss 0.1")
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "unet GE -> Siemens: 10/40  3 s, 9 s left  loss 0.1"


def test_plain_lines_come_seldom_but_the_last_always(capsys, clock):
    with progress_bar("work", 100) as bar:
        for _ in range(100):
            clock.now += 1
            bar.advance()
    lines = capsys.readouterr().err.splitlines()
    shown = [int(re.search(r"(\d+)/100", line)[1]) for line in lines]
    assert shown[0] == 1
    assert shown[-1] == 100
    assert all(b - a == 10 for a, b in pairwise(shown[:-1]))


def test_nothing_goes_to_standard_output(capsys):
    with progress_bar("work", 2) as bar:
        bar.advance(2)
    assert capsys.readouterr().out == ""


def test_nothing_to_do(capsys):
    with progress_bar("work", 0) as bar:
        bar.advance(0)
    assert "0/0" in capsys.readouterr().err


def test_bar_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("unet [GE] -> Siemens", 4) as bar:
        bar.advance(detail="loss [0.1]")
        bar.advance(3, detail="loss [0.2]")
    text = terminal.getvalue()
    # Square brackets are no markup: names of scanners may have them.
    assert "unet [GE] -> Siemens" in text
    assert "4/4" in text
    assert "loss [0.2]" in text


def test_bar_ends_with_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyError), progress_bar("work", 2):
        raise KeyError
    # A live display that is left open would refuse the next one.
    with progress_bar("again", 1) as bar:
        bar.advance()


def test_bars_within_bars(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("benchmark", 2) as outer:
        for _ in range(2):
            with progress_bar("training", 3) as inner:
                inner.advance(3)
            outer.advance()
    assert "benchmark" in terminal.getvalue()
    assert "training" in terminal.getvalue()
