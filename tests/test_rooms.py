"""The house: four rooms, imports in one direction, everything packaged that is written."""

import ast
import importlib
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {
    "phycharm": "phycharm",
    "phycharm.baselines": "baselines",
    "phycharm.benchmarks": "benchmarks",
    "phycharm.reports": "reports",
}
MAY_IMPORT = {
    "phycharm": {"phycharm"},
    "phycharm.baselines": {"phycharm"},
    # Methods come through the registry, so that an outsider's stands where ours stand.
    "phycharm.benchmarks": {"phycharm"},
    "phycharm.reports": {"phycharm", "phycharm.benchmarks"},
}
DOOR = ROOT / "phycharm" / "cli.py"
# What `import phycharm` offers; its names are imported on first use.
STUB = ROOT / "phycharm" / "__init__.pyi"


class Import(NamedTuple):
    """One import statement: what is imported, whether relatively, whether in a function."""

    target: str
    level: int
    lazy: bool
    line: int


def files(room):
    return sorted([*(ROOT / FOLDERS[room]).rglob("*.py"), *(ROOT / FOLDERS[room]).rglob("*.pyi")])


def module_name(room, path):
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


ALL_FILES = [(room, path) for room in FOLDERS for path in files(room)]


def case(value):
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else None


@pytest.mark.parametrize(("room", "path"), ALL_FILES, ids=case)
def test_imports_go_in_one_direction(room, path):
    if path == DOOR:
        return
    for found in imports(path):
        other = room_of(found.target) if found.level == 0 else None
        assert other in (None, room, *MAY_IMPORT[room]), f"line {found.line}: {found.target}"


@pytest.mark.parametrize(("room", "path"), ALL_FILES, ids=case)
def test_imports_inside_a_room_are_relative_and_stay_inside(room, path):
    depth = len(path.relative_to(ROOT / FOLDERS[room]).parts)
    for found in imports(path):
        if found.level == 0:
            # The package itself may be named for its version.
            inside = room_of(found.target) == room and found.target not in (
                "phycharm", "phycharm.__version__",
            )  # fmt: skip
            assert not inside, f"line {found.line}: {found.target} of the same room"
        else:
            assert found.level <= depth, f"line {found.line}: leaves the room"
            meant = absolute(found, room, path)
            assert path == STUB or room_of(meant) == room, f"line {found.line}: {meant}"


def absolute(found, room, path):
    """The absolute name of what a relative import names."""
    package = module_name(room, path.parent / "__init__.py").split(".")
    return ".".join([*package[: len(package) - found.level + 1], found.target])


def test_the_stub_names_every_room_and_the_package_beside_it_none():
    named = {room_of(absolute(found, "phycharm", STUB)) for found in imports(STUB)}
    # Methods go by their registered names.
    assert named == set(FOLDERS) - {"phycharm.baselines"}
    assert [found.target for found in imports(STUB.with_suffix(".py"))] == ["lazy_loader"]


def test_only_the_command_line_knows_every_room_and_only_when_asked():
    rooms = {room_of(found.target) for found in imports(DOOR) if found.level == 0}
    assert {"phycharm.benchmarks", "phycharm.reports"} <= rooms
    for found in imports(DOOR):
        if room_of(found.target) not in (None, "phycharm"):
            assert found.lazy, f"line {found.line}: {found.target}"


@pytest.mark.parametrize("path", files("phycharm.reports"), ids=case)
def test_reports_name_no_models(path):
    heavy = {"torch", "monai", "safetensors"}
    for found in imports(path):
        assert found.target.split(".")[0] not in heavy, f"line {found.line}"
        if room_of(found.target) == "phycharm.benchmarks":
            assert found.target.startswith("phycharm.benchmarks.statistics"), f"line {found.line}"


def test_reports_bring_no_torch():
    modules = [module_name("phycharm.reports", path) for path in files("phycharm.reports")]
    script = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'monai'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class TestPackaging:
    SETUPTOOLS = PROJECT["tool"]["setuptools"]

    def test_every_folder_with_code_is_a_listed_package(self):
        written = {
            module_name(room, path.parent / "__init__.py")
            for room in FOLDERS
            for path in files(room)
        }
        # Two folders of the top become sub-packages: the core's own folder must not hold them.
        assert written | {"phycharm.protocols"} == set(self.SETUPTOOLS["packages"])

    def test_every_package_has_an_init(self):
        for room in FOLDERS:
            for path in files(room):
                assert (path.parent / "__init__.py").is_file(), path.parent

    def test_folders_lie_where_the_packages_say(self):
        assert self.SETUPTOOLS["package-dir"] == FOLDERS

    def test_every_other_file_is_package_data(self):
        data = self.SETUPTOOLS["package-data"]
        covered = {
            file
            for package, patterns in data.items()
            for pattern in patterns
            for file in self.folder(package).glob(pattern)
        }
        others = {
            path
            for room in FOLDERS.values()
            for path in (ROOT / room).rglob("*")
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
        }
        assert others <= covered, others - covered

    @staticmethod
    def folder(package):
        room = max((r for r in FOLDERS if (package + ".").startswith(r + ".")), key=len)
        return (ROOT / FOLDERS[room]).joinpath(*package[len(room) :].split(".")[1:])

    def test_typing_marker(self):
        assert (ROOT / "phycharm" / "py.typed").is_file()

    def test_installed_version_is_the_project_s(self):
        assert version("phycharm") == PROJECT["project"]["version"]


class TestEntryPoints:
    DECLARED = PROJECT["project"]["entry-points"]["phycharm.harmonizers"]

    def test_installed_are_the_declared(self):
        installed = {
            entry.name: entry.value
            for entry in entry_points(group="phycharm.harmonizers")
            if entry.value.startswith("phycharm.")
        }
        assert installed == self.DECLARED, "install the package again: pip install -e ."

    @pytest.mark.parametrize("value", DECLARED.values(), ids=DECLARED)
    def test_methods_resolve(self, value):
        module, _, name = value.partition(":")
        assert isinstance(getattr(importlib.import_module(module), name), type)

    def test_command_resolves(self):
        module, _, name = PROJECT["project"]["scripts"]["phycharm"].partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_no_machine_s_own_paths_in_what_is_shipped():
    places = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/opt/" + "venv")
    for room in FOLDERS:
        for path in files(room):
            text = path.read_text(encoding="utf-8")
            assert not [place for place in places if place in text], path
