"""The house: four rooms, imports in one direction, everything packaged that is written."""

import importlib
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from support.rooms import FOLDERS, ROOT, files, imported_module, imports, module_name, room_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAY_IMPORT = {
    "phycharm": {"phycharm"},
    "phycharm.baselines": {"phycharm"},
    # Methods come through the registry, so that an outsider's stands where ours stand.
    "phycharm.benchmarks": {"phycharm"},
    "phycharm.reports": {"phycharm", "phycharm.benchmarks"},
}
# The command line: every file may know every room, but only from inside a function.
DOOR = ROOT / "phycharm" / "commands"
# So does what users' tests call.
TESTING = ROOT / "phycharm" / "testing.py"
# What `import phycharm` offers; its names are imported on first use.
STUB = ROOT / "phycharm" / "__init__.pyi"


ALL_FILES = [(room, path) for room in FOLDERS for path in files(room)]


def case(value):
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else None


@pytest.mark.parametrize(("room", "path"), ALL_FILES, ids=case)
def test_imports_go_in_one_direction(room, path):
    for found in imports(path):
        if (path.parent == DOOR or path == TESTING) and found.lazy:
            continue
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
            meant = imported_module(room, path, found)
            assert path == STUB or room_of(meant) == room, f"line {found.line}: {meant}"


def test_the_stub_names_every_room_and_the_package_beside_it_none():
    named = {room_of(imported_module("phycharm", STUB, found)) for found in imports(STUB)}
    # Methods go by their registered names.
    assert named == set(FOLDERS) - {"phycharm.baselines"}
    assert [found.target for found in imports(STUB.with_suffix(".py"))] == ["lazy_loader"]


def test_the_command_line_knows_every_room_that_is_run():
    rooms = {room_of(found.target) for path in DOOR.glob("*.py") for found in imports(path)}
    assert {"phycharm.benchmarks", "phycharm.reports"} <= rooms


@pytest.mark.parametrize("path", sorted(DOOR.glob("*.py")), ids=case)
def test_a_command_file_is_light_until_its_command_runs(path):
    # `--help` imports every one of them, so what computes is for the insides of functions.
    light = {"errors.InputError", "utils.threads.share_cores"}
    for found in imports(path):
        if found.lazy:
            continue
        assert room_of(found.target) in (None, "phycharm"), f"line {found.line}: {found.target}"
        if found.level > 1:
            assert found.target in light, f"line {found.line}: {found.target}"


@pytest.mark.parametrize("path", files("phycharm.reports"), ids=case)
def test_reports_name_no_models(path):
    heavy = {"torch", "safetensors"}
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
