"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the house."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from phycharm.laws.phantom import TESTED, TRAINING, Phantom

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
RECIPES = {
    "Add a harmonizer": "tests/baselines/test_median.py",
    "Add a metric": "tests/benchmarks/metrics",
    "Add a figure to the report": "tests/reports/figures/test_mean_dots.py",
    "Add a segmentation engine": "tests/benchmarks/segmentation/test_thirds.py",
}

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the page is not in the wheel")


def recipe(title):
    """Return (file, language, text) of every block of a recipe; the file's name stands above it."""
    (text,) = re.findall(
        rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.M | re.S
    )
    return re.findall(r"^`([\w./-]+)`\n\n```(\w+)\n(.*?)^```", text, re.M | re.S)


def apply(block, house):
    name, language, text = block
    path = house / name
    if language != "diff":
        assert not path.exists(), f"{name} is there already"
        path.write_text(text, encoding="utf-8")
        return
    lines = text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    old = path.read_text(encoding="utf-8")
    assert old.count(before) == 1, f"{name}: the lines around the change are not there, or twice"
    path.write_text(old.replace(before, after), encoding="utf-8")


@pytest.fixture
def house(tmp_path):
    """A copy of the repository's code and tests, to be changed."""
    house = tmp_path / "house"
    without = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.npz", "*.nii.gz")
    for folder in ("phycharm", "baselines", "benchmarks", "reports", "tests"):
        # Data of the package is code; that of the tests is large, and the recipes need none.
        skip = without if folder == "tests" else shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, house / folder, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", house)
    return house


def install(house, site):
    """Lay the rooms out as an installed package has them, with their entry points."""
    project = tomllib.loads((house / "pyproject.toml").read_text("utf-8"))
    shutil.copytree(house / "phycharm", site / "phycharm")
    for room in ("baselines", "benchmarks", "reports"):
        shutil.copytree(house / room, site / "phycharm" / room)
    info = site / f"phycharm-{project['project']['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: phycharm\nVersion: {project['project']['version']}\n"
    )
    entries = project["project"]["entry-points"]["phycharm.harmonizers"]
    lines = [f"{name} = {value}" for name, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[phycharm.harmonizers]", *lines, ""]))


def run(command, *, where, site):
    path = [str(site), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    done = subprocess.run(
        # -P: beside the folder phycharm/ Python would find that one first, and it alone.
        [sys.executable, "-P", *command],
        cwd=where, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_as_it_stands_passes_its_test(title, house, tmp_path):
    for block in recipe(title):
        apply(block, house)
    install(house, tmp_path / "site")
    code = "import phycharm.benchmarks as b; print(b.__file__)"
    # Else the tests below would try the package as it is, and not as the recipe makes it.
    assert str(tmp_path) in run(["-c", code], where=tmp_path, site=tmp_path / "site")
    options = ["-q", "-p", "no:cacheprovider"]
    out = run(["-m", "pytest", *options, RECIPES[title]], where=house, site=tmp_path / "site")
    assert " passed" in out


def scans():
    phantom = Phantom()
    for subject in (*TRAINING, TESTED[0]):
        for scanner in phantom.scanners[:2]:
            scan, times = phantom.scan(subject, scanner), scanner.acquisition
            seconds = (times.inversion_time, times.repetition_time, times.echo_time)
            yield (
                subject, scanner.name, 300 * scan.image, scan.mask, scan.affine,
                tuple(np.array(seconds) / 1000),
            )  # fmt: skip


def test_a_dataset_as_the_recipe_writes_it_is_benchmarked(tmp_path):
    for block in recipe("Add a dataset"):
        apply(block, tmp_path)
    names = {"__name__": "to_bids"}
    exec(compile((tmp_path / "to_bids.py").read_text(), "to_bids.py", "exec"), names)
    names["write_dataset"](tmp_path / "dataset", "Mine", scans())
    out = run(
        ["-m", "phycharm", "benchmark", "my-dataset.toml", "--dataset", "dataset", "--out", "run"],
        where=tmp_path, site=tmp_path,
    )  # fmt: skip
    assert "Linear scaling" in out
    assert (tmp_path / "run" / "report.html").is_file()


def test_every_recipe_is_followed():
    titles = re.findall(r"^### (Add .*)$", PAGE.read_text("utf-8"), re.M)
    with_code = {title for title in titles if recipe(title)}
    assert with_code == {*RECIPES, "Add a dataset"}


def test_every_block_of_a_recipe_has_its_file_above_it():
    page = PAGE.read_text("utf-8").split("\n## Recipes\n")[1]
    titles = re.findall(r"^### (.*)$", page, re.M)
    fences = len(re.findall(r"^```\w+$", page, re.M))
    assert fences == sum(len(recipe(title)) for title in titles) > 15
