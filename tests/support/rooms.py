"""The four rooms as source: their files, and what each imports."""

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "phycharm": "phycharm",
    "phycharm.baselines": "baselines",
    "phycharm.benchmarks": "benchmarks",
    "phycharm.reports": "reports",
}


class Import(NamedTuple):
    """One import statement: what is imported, whether relatively, whether in a function."""

    target: str
    level: int
    lazy: bool
    line: int


def files(room):
    """List the Python files of a room, stubs among them; what pytest alone runs is none of it."""
    folder = ROOT / FOLDERS[room]
    found = sorted(folder.glob("**/*.py")) + sorted(folder.glob("**/*.pyi"))
    return [p for p in found if not p.name.startswith("test_") and p.name != "conftest.py"]


def module_name(room, path):
    """Return the dotted name under which a file of a room is imported."""
    parts = path.relative_to(ROOT / FOLDERS[room]).with_suffix("").parts
    return ".".join([room, *(part for part in parts if part != "__init__")])


def imports(path):
    """Every import of a file, by parsing it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lazy = {id(inner) for function in functions for inner in ast.walk(function)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(a.name, 0, id(node) in lazy, node.lineno) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [
                Import(
                    f"{node.module}.{alias.name}" if node.module else alias.name,
                    node.level, id(node) in lazy, node.lineno,
                )
                for alias in node.names
            ]  # fmt: skip
    return found


def room_of(target):
    """The room that an absolute name lies in, or None for everything of others."""
    parts = target.split(".")
    for room in sorted(FOLDERS, key=len, reverse=True):
        if parts[: len(room.split("."))] == room.split("."):
            return room
    return None


def imported_module(room, path, found):
    """Return the dotted name that an import statement of a file resolves to."""
    if found.level == 0:
        return found.target
    package = module_name(room, path).split(".")
    if path.stem != "__init__":
        package = package[:-1]
    return ".".join([*package[: len(package) - found.level + 1], found.target])
