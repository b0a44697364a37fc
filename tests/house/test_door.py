"""`import phycharm`: quick, and with the names that most people need."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import phycharm

STUB = Path(phycharm.__file__).with_suffix(".pyi")
NAMES = [
    alias.name
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
]
HEAVY = {"torch", "numpy", "pandas", "matplotlib", "nibabel", "scipy", "pydantic"}


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_the_import_brings_nothing_heavy():
    loaded = python("import sys, phycharm; print(*sys.modules)")
    assert not HEAVY & set(loaded)
    own = [name for name in loaded if name.startswith("phycharm")]
    assert own == ["phycharm"]


def test_listing_and_naming_the_version_bring_nothing_heavy():
    code = "import sys, phycharm; dir(phycharm); phycharm.__version__; print(*sys.modules)"
    assert not HEAVY & set(python(code))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_resolves_and_is_listed(name):
    assert name in dir(phycharm)
    found = getattr(phycharm, name)
    assert isinstance(found, str) or found.__name__ == name


def test_the_list_is_complete():
    listed = next(
        ast.literal_eval(node.value)
        for node in ast.parse(STUB.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
    )
    assert sorted(listed) == sorted(NAMES) == sorted(phycharm.__all__)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no_such"):
        _ = phycharm.no_such


def test_the_version_is_that_of_the_installed_package():
    assert phycharm.__version__ == version("phycharm")
