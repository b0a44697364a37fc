"""Inside a room too, imports run one way: down, from floor to floor."""

import pytest

from support.rooms import FOLDERS, ROOT, files, imported_module, imports

# From the ground up. A part may import what lies on lower floors and itself; parts of one floor do
# not know each other. The longest name that fits says which part a module is of.
FLOORS = {
    "phycharm": [
        {"errors", "version"},
        {"utils"},
        {"physics", "networks"},
        {"data"},
        {"simulate", "harmonizers", "preprocess"},
        {"harmonizers.external", "method.maps"},
        {"method"},
        {"laws", "application"},
        {"commands", "testing"},
        {"__main__"},
    ],
    "phycharm.baselines": [
        {"matched_slices"},
        {"no_harmonization", "linear", "histogram", "nyul", "unet"},
        {"pix2pix", "calamiti", "outside"},
    ],
    "phycharm.benchmarks": [
        {"metrics"},
        {"segmentation"},
        {"protocol"},
        {"scoring", "statistics.inference"},
        {"statistics"},
        {"statistics.regression"},
        {"run"},
        {"speed"},
    ],
    "phycharm.reports": [
        {"run", "rare_collections"},
        {"tables", "figures"},
        {"text"},
        {"page"},
        {"report", "figure_files", "results", "quality", "regression"},
    ],
}
# Data without code, and the package's own version.
NO_PARTS = {"protocols", "__version__"}


def part_of(room, module):
    """Which part of a room a module is of; the empty string for the room's face."""
    inside = module.removeprefix(room).strip(".")
    known = {part for floor in FLOORS[room] for part in floor}
    fitting = [part for part in known if f"{inside}.".startswith(f"{part}.")]
    return max(fitting, key=len, default="")


def floor_of(room, part):
    return next(number for number, floor in enumerate(FLOORS[room]) if part in floor)


def cases():
    for room, folder in FOLDERS.items():
        for path in files(room):
            inside = path.relative_to(ROOT / folder)
            # The face of a room, and the stub of the public door, stand above all floors.
            if inside.with_suffix("").as_posix() != "__init__" and inside.parts[0] not in NO_PARTS:
                yield pytest.param(room, path, id=path.relative_to(ROOT).as_posix())


@pytest.mark.parametrize(("room", "path"), [*cases()])
def test_imports_run_down_from_floor_to_floor(room, path):
    inside = path.relative_to(ROOT / FOLDERS[room]).with_suffix("")
    mine = part_of(room, ".".join([room, *inside.parts]))
    assert mine, "a new part of the house: give it its floor"
    for found in imports(path):
        target = imported_module(room, path, found)
        theirs = part_of(room, target) if f"{target}.".startswith(f"{room}.") else ""
        if theirs and theirs != mine:
            up = floor_of(room, theirs) >= floor_of(room, mine)
            assert not up, f"line {found.line}: {mine} imports {theirs}"


@pytest.mark.parametrize("room", FLOORS)
def test_every_part_that_has_a_floor_exists(room):
    for floor in FLOORS[room]:
        for part in floor:
            place = ROOT / FOLDERS[room] / part.replace(".", "/")
            assert place.is_dir() or place.with_suffix(".py").is_file(), part


def test_no_folder_is_crowded():
    for room in FOLDERS:
        # A command is a file, however many there are.
        for folder in {path.parent for path in files(room)} - {ROOT / "phycharm" / "commands"}:
            count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
            assert count <= 13, f"{folder.relative_to(ROOT)} holds {count} files: give it rooms"


def test_no_base_name_stands_in_two_folders_of_a_room():
    for room in FOLDERS:
        places = {}
        for path in files(room):
            # A command's file is called as its command, whatever else has that name.
            if path.name != "__init__.py" and path.parent.name != "commands":
                places.setdefault(path.name, []).append(path.relative_to(ROOT).as_posix())
        assert not {name: found for name, found in places.items() if len(found) > 1}


def test_every_folder_says_in_one_line_what_lives_there():
    for room in FOLDERS:
        for path in files(room):
            if path.name == "__init__.py":
                first = path.read_text(encoding="utf-8").splitlines()[0]
                assert first.startswith('"""') and first.rstrip('"').endswith("."), path
