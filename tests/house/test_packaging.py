"""What pyproject.toml and constraints.txt promise: bounds that hold, pins that something needs."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS = PYPROJECT["dependency-groups"]
PYTHONS = [
    line.split()[-1]
    for line in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
]
# What `sys_platform`, `platform_system`, `os_name` and `platform_machine` say there.
SYSTEMS = [
    ("linux", "Linux", "posix", "x86_64"),
    ("linux", "Linux", "posix", "aarch64"),
    ("darwin", "Darwin", "posix", "arm64"),
    ("win32", "Windows", "nt", "AMD64"),
]


def pins():
    """The versions of constraints.txt by name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): pinned for name, pinned in pairs}


def environments():
    """What markers are asked of: every supported Python on every system."""
    for python, (system, name, os_name, machine) in product(PYTHONS, SYSTEMS):
        yield default_environment() | {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": system,
            "platform_system": name,
            "os_name": os_name,
            "platform_machine": machine,
        }


ENVIRONMENTS = list(environments())


def wanted_somewhere(requirement, extras, environments=ENVIRONMENTS):
    """Whether a requirement holds with one of the extras in one of the environments."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate(environment | {"extra": extra})
        for environment, extra in product(environments, extras or {""})
    )


def needed(roots):
    """Names of all that the requirements bring, as the installed packages declare it."""
    found, waiting = {}, [Requirement(root) for root in roots]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        new = extras - found.get(name, set())
        if not new:
            continue
        found[name] = found.get(name, set()) | new
        try:
            declared = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            # Wanted on other Pythons or systems than this: what it brings is not known here.
            continue
        waiting += [more for more in declared if wanted_somewhere(more, new)]
    return set(found)


def roots():
    """The requirements of the project and of its groups."""
    grouped = [line for group in GROUPS.values() for line in group if isinstance(line, str)]
    return [*PROJECT["dependencies"], *grouped]


def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@pytest.fixture
def the_pinned_versions():
    """Other versions need other packages and have other metadata: nothing can be said there."""
    others = [
        name
        for name, pinned in pins().items()
        if (here := installed(name)) and here.split("+")[0] != pinned
    ]
    if others:
        pytest.skip(f"not the versions of constraints.txt: {', '.join(others)}")


@pytest.mark.usefixtures("the_pinned_versions")
class TestPins:
    def test_everything_that_asks_for_something_is_installed(self):
        names = [canonicalize_name(Requirement(root).name) for root in roots()]
        assert not [name for name in names if installed(name) is None]

    def test_every_pin_holds_something_that_the_project_needs(self):
        assert set(pins()) - needed(roots()) == set()

    def test_the_walk_finds_what_nothing_needs(self):
        only_one = needed(["jinja2"])
        assert only_one == {"jinja2", "markupsafe"}

    def test_what_only_some_python_or_system_needs_stays(self):
        # nibabel takes it on Python 3.11 only, pandas on Windows only.
        assert {"importlib-resources", "tzdata"} <= needed(["nibabel", "pandas"])


class TestBounds:
    @pytest.mark.parametrize("line", PROJECT["dependencies"])
    def test_every_dependency_has_a_lowest_version(self, line):
        # `nox -s minimums` runs the tests with these.
        operators = [specifier.operator for specifier in Requirement(line).specifier]
        assert operators.count(">=") == 1

    @pytest.mark.parametrize("line", PROJECT["dependencies"])
    def test_the_pin_lies_inside_the_bounds(self, line):
        requirement = Requirement(line)
        pinned = pins()[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned)

    def test_the_lowest_python_is_the_first_classifier(self):
        assert PROJECT["requires-python"] == f">={PYTHONS[0]}"

    def test_atropos_s_package_cannot_fall_back_beside_the_pins(self):
        # All of 0.6 wants SciPy below 1.16: pip has to refuse, and not to take an older antspyx.
        (line,) = PROJECT["optional-dependencies"]["ants"]
        assert not Requirement(line).specifier.contains("0.5.4")


PAGE = (ROOT / "docs" / "third-party.md").read_text(encoding="utf-8")
LICENCES = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+?) \|", PAGE, re.MULTILINE))


class TestThirdParty:
    RUNTIME = (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["ants"])

    @pytest.mark.parametrize("name", [Requirement(line).name for line in RUNTIME])
    def test_every_package_stands_there_with_a_licence(self, name):
        assert LICENCES.get(name)

    @pytest.mark.usefixtures("the_pinned_versions")
    def test_licences_are_what_the_packages_state(self):
        # Not every package has an expression yet; the others' words are in no fixed form.
        stated = {
            name: licence
            for name in LICENCES
            if installed(name) and (licence := metadata(name).get("License-Expression"))
        }
        assert stated == {name: LICENCES[name] for name in stated}
        assert {"numpy", "torch", "nilearn"} <= set(stated)

    def test_the_viewer_stands_there_with_its_version(self):
        note = tomllib.loads((ROOT / "reports/vendor/niivue/niivue.toml").read_text())
        assert f"NiiVue {note['version']}," in PAGE
        assert note["license"] in PAGE
