"""The examples, run as their readers run them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.intensity import percentile_99
from phycharm.errors import InputError
from phycharm.harmonizers.external import HarmonizerFailed, create_harmonizer, load_harmonizer
from phycharm.laws import check_harmonizer
from phycharm.laws.phantom import TESTED, TRAINING, Phantom

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PACKAGE = EXAMPLES / "installed_package"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not in the wheel")


def error(a, b, mask):
    return float(np.sqrt(np.mean((a[mask] - b[mask]) ** 2)))


def beats_nothing(harmonizer, cohort, people):
    """Whether images are nearer to the target than the untouched ones, in every direction."""
    for source, target in cohort.directions():
        for subject in people:
            scan, wanted = cohort.scan(subject, source), cohort.scan(subject, target)
            after = error(harmonizer.harmonize(scan, target), wanted.image, wanted.mask)
            before = error(scan.image, wanted.image, wanted.mask)
            if not after < before:
                return False
    return True


def failures(results):
    return [result for result in results if result.failed]


@pytest.fixture
def work_in(monkeypatch):
    """Go to an example's folder; what was imported from there is forgotten afterwards."""
    before, path = set(sys.modules), list(sys.path)

    def go(name):
        monkeypatch.chdir(EXAMPLES / name)
        # No __pycache__ in the examples.
        monkeypatch.setattr(sys, "dont_write_bytecode", True)

    yield go
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


@pytest.fixture
def python_first(monkeypatch, tmp_path):
    """Let `python` be the interpreter that runs the tests."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "python"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")


def test_the_plain_class_learns_is_kept_and_obeys(work_in, tmp_path):
    work_in("duck_typed")
    phantom = Phantom()
    everybody = phantom.cohort(TRAINING + TESTED)
    harmonizer = create_harmonizer("polynomial:PolynomialMapping")
    assert (harmonizer.card.name, harmonizer.card.scope) == ("polynomial", "all")
    harmonizer.fit(phantom.cohort(TRAINING))
    assert beats_nothing(harmonizer, everybody, TESTED)
    harmonizer.save(tmp_path / "model")
    again = load_harmonizer(tmp_path / "model", harmonizer="polynomial:PolynomialMapping")
    assert beats_nothing(again, everybody, TESTED)
    results = check_harmonizer("polynomial:PolynomialMapping", settings={"degree": 2})
    assert not failures(results)
    assert sum(result.outcome == "passed" for result in results) >= 12


def test_the_plain_class_imports_nothing_of_phycharm():
    source = (EXAMPLES / "duck_typed" / "polynomial.py").read_text()
    assert not re.search(r"^\s*(import|from) phycharm", source, re.MULTILINE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the example package into a folder of its own, without network or environment."""
    # Asked of the metadata: importing pip and setuptools into one process makes them quarrel.
    for tool in ("pip", "setuptools"):
        if not list(distributions(name=tool)):
            pytest.skip(f"{tool} is not installed here")
    folder = tmp_path_factory.mktemp("installed")
    # A copy, for building leaves folders behind.
    shutil.copytree(PACKAGE, folder / "source")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    where = ["--target", str(folder / "site"), str(folder / "source")]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *options, *where],
        check=True,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )
    return folder / "site"


def test_the_package_is_known_by_name_once_installed(installed):
    code = (
        "from phycharm.harmonizers.registry import harmonizer_names\n"
        "from phycharm.laws import check_harmonizer\n"
        "assert 'percentiles' in harmonizer_names()\n"
        "results = check_harmonizer('percentiles')\n"
        "assert not [result for result in results if result.failed], results\n"
        "print(sum(result.outcome == 'passed' for result in results))\n"
    )
    paths = [str(installed), os.environ.get("PYTHONPATH", "")]
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    assert int(found.stdout) >= 12


@pytest.fixture
def registered(tmp_path, monkeypatch, work_in):
    """The package as its metadata would make it known, without installing it."""
    metadata = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    entries = metadata["entry-points"]["phycharm.harmonizers"]
    info = tmp_path / "site" / "percentile_matching-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {metadata['name']}\nVersion: {metadata['version']}\n"
    )
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[phycharm.harmonizers]\n{lines}")
    work_in("installed_package")
    monkeypatch.syspath_prepend(str(PACKAGE / "src"))
    monkeypatch.syspath_prepend(str(info.parent))
    return next(iter(entries))


def test_the_packages_method_learns_is_kept_and_takes_settings(registered, tmp_path):
    phantom = Phantom()
    everybody = phantom.cohort(TRAINING + TESTED)
    harmonizer = create_harmonizer(registered, settings={"percentiles": [5, 50, 95]})
    assert repr(harmonizer) == "PercentileMatching(percentiles=(5, 50, 95))"
    harmonizer.fit(phantom.cohort(TRAINING)).save(tmp_path / "model")
    again = load_harmonizer(tmp_path / "model")
    scan, target = everybody.scan(TESTED[0], phantom.scanners[0]), phantom.scanners[1]
    image = harmonizer.harmonize(scan, target)
    assert np.array_equal(image, again.harmonize(scan, target))
    wanted = everybody.scan(TESTED[0], target)
    landmarks = [np.percentile(x[scan.mask], [5, 50, 95]) for x in (image, wanted.image)]
    assert np.abs(np.subtract(*landmarks)).max() < 0.05


def test_images_made_by_a_script_are_judged(shared_dataset, tmp_path):
    out = tmp_path / "harmonized" / "matched"
    script = EXAMPLES / "precomputed" / "match_histograms.py"
    subprocess.run([sys.executable, str(script), str(shared_dataset), str(out)], check=True)
    cohort = BidsDataset(shared_dataset).travelling().map(percentile_99)
    harmonizer = create_harmonizer(f"precomputed:{out}")
    assert harmonizer.card.name == "matched-elsewhere"
    assert harmonizer.card.trained_on == ("dataset/sub-01",)
    assert harmonizer.check(cohort.subjects, cohort.directions()) == []
    image = harmonizer.harmonize(cohort.scan("02", cohort.scanners[0]), cohort.scanners[1])
    reference = cohort.scan("01", cohort.scanners[1])
    mask = cohort.scan("02", cohort.scanners[0]).mask
    found, wanted = np.sort(image[mask]), np.sort(reference.image[reference.mask])
    quantiles = np.linspace(0, 1, 11)
    assert np.abs(np.quantile(found, quantiles) - np.quantile(wanted, quantiles)).max() < 0.05


COMMAND = "command:python flatten_bias.py {input} {output} --mask {mask}"


@pytest.mark.slow
def test_the_program_obeys_the_laws(work_in, python_first):
    work_in("command_line")
    assert not failures(check_harmonizer(COMMAND))


def test_the_program_takes_the_receive_field_away(work_in, python_first):
    work_in("command_line")
    phantom = Phantom()
    source, target, _ = phantom.scanners
    scan = phantom.scan(TESTED[0], source)
    slope = (1 + 0.3 * np.linspace(-1, 1, scan.image.shape[0]))[:, None, None]
    tilted = percentile_99(scan.with_image((scan.image * slope).astype(np.float32)))
    harmonizer = create_harmonizer(COMMAND)
    assert harmonizer.card.name == "flatten-bias"
    flat, again = (harmonizer.harmonize(one, target) for one in (scan, tilted))
    before = error(tilted.image, scan.image, scan.mask)
    assert error(flat, again, scan.mask) < 0.5 * before


def test_the_programs_last_words_reach_the_user(work_in, python_first):
    work_in("command_line")
    phantom = Phantom()
    harmonizer = create_harmonizer(COMMAND.replace("--mask {mask}", "--mask no_such_file.nii"))
    with pytest.raises(HarmonizerFailed, match="no_such_file"):
        harmonizer.harmonize(phantom.scan(TESTED[0], phantom.scanners[0]), phantom.scanners[1])


# --- what the documents say --------------------------------------------------------------------

DOCUMENTS = [ROOT / "docs" / "bring-your-method.md", PACKAGE / "README.md"]


def blocks():
    """Return (document, word after the fence, text) of every fenced block."""
    found = []
    for path in DOCUMENTS:
        pieces = re.split(r"^```(.*)\n", path.read_text(), flags=re.MULTILINE)
        # Outside, opening word, inside, empty closing word, outside, ...
        found += [(path.name, *pair) for pair in zip(pieces[1::4], pieces[2::4], strict=True)]
    return found


def test_python_blocks_in_the_documents_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [(name, text) for name, kind, text in blocks() if kind == "python"]
    assert found
    for name, text in found:
        exec(compile(text, name, "exec"), {"__name__": name})


def test_excerpts_in_the_documents_are_those_of_the_examples():
    found = [(kind.split()[1], text) for _, kind, text in blocks() if " examples/" in kind]
    assert len(found) >= 3
    for name, text in found:
        assert text in (ROOT / name).read_text(), name


def test_methods_that_the_documents_name_exist(work_in, python_first, registered):
    shell = "\n".join(text for _, kind, text in blocks() if kind in ("", "sh"))
    found = re.findall(
        r'(?:--harmonizer|phycharm check) (?:"([^"]+)"|(\S+))', shell.replace("\\\n", "")
    )
    specs = {quoted or plain for quoted, plain in found}
    assert {registered, "polynomial:PolynomialMapping", COMMAND} <= specs
    for spec in specs:
        work_in("duck_typed" if "polynomial" in spec else "command_line")
        try:
            create_harmonizer(spec)
        except InputError as error:
            # Images that were not made here, and a container engine that need not be here.
            assert "no such folder" in str(error) or "no program 'docker'" in str(error)
            assert spec.startswith(("precomputed:", "haca3=command:docker"))
