"""What is printed goes through one function, by which a terminal is only ever shown things."""

import ast

import pytest

from support.rooms import FOLDERS, ROOT, files

# Programs for who works on the package; they print numbers of their own.
PROGRAMS = {"phycharm/simulate/calibration.py", "phycharm/simulate/steadiness.py"}
DOOR = {"phycharm/utils/untrusted/printable.py", "phycharm/commands/main.py"}
ALL = [path for room in FOLDERS for path in files(room)]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_prints_by_himself(path):
    if path.relative_to(ROOT).as_posix() in PROGRAMS | DOOR:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = node.func if isinstance(node, ast.Call) else None
        own = isinstance(called, ast.Name) and called.id == "print"
        assert not own, f"line {node.lineno}: use `say` of utils.untrusted.printable"
