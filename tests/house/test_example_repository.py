"""The example repository, as its owner and its CI run it."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from phycharm.commands.app import app
from phycharm.commands.main import main

REPOSITORY = Path(__file__).resolve().parents[2] / "examples" / "repository_with_ci"
WORKFLOW = REPOSITORY / ".github" / "workflows" / "scores.yml"

pytestmark = pytest.mark.skipif(not REPOSITORY.is_dir(), reason="the examples are not in the wheel")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A copy in which its tests were run."""
    folder = tmp_path_factory.mktemp("repository") / "mine"
    shutil.copytree(REPOSITORY, folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=out"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    return folder


def commands():
    """The lines of the workflow that run phycharm."""
    yaml = pytest.importorskip("yaml")
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    return [shlex.split(line)[1:] for line in runs if line.startswith("phycharm ")]


def test_nothing_moved_as_the_workflow_asks(here, monkeypatch, capsys):
    benchmark, compare = commands()
    assert benchmark[0] == "benchmark"
    monkeypatch.chdir(here)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    # The run that its tests made stands where the workflow's benchmark would put its own.
    Path("out/run0").rename("run")
    with pytest.raises(SystemExit) as end:
        main(compare)
    assert end.value.code == 0, capsys.readouterr()
    assert {"delta.html", "delta.xml"} <= {path.name for path in here.iterdir()}
    assert Path("summary.md").read_text(encoding="utf-8").startswith("**Nothing moved: ")


def test_the_workflow_names_commands_and_options_that_exist(capsys):
    for command in commands():
        assert command[0] in [*app]
        app([command[0], "--help"], result_action="return_value")
        out = capsys.readouterr().out
        assert all(word in out for word in command if word.startswith("--"))


def test_its_reference_holds_its_method():
    text = (REPOSITORY / "tests" / "reference" / "reference.toml").read_text(encoding="utf-8")
    assert "simulated = true" in text
