"""Fixtures of the harmonizer tests."""

import sys

import pytest


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    """Write a module into a working folder of its own; what it imports is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Install entry points for this test, as a package's metadata would."""

    def write(**entries):
        info = tmp_path / "site" / "outsiders-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outsiders\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {value}" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[phycharm.harmonizers]\n{lines}\n")
        monkeypatch.syspath_prepend(str(info.parent))

    return write
