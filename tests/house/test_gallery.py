"""The examples that the site runs, run without the site."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GALLERY = Path(__file__).resolve().parents[2] / "examples" / "gallery"
SCRIPTS = sorted(GALLERY.glob("plot_*.py"))
QUICK = {"plot_2_own_harmonizer.py"}

pytestmark = pytest.mark.skipif(not SCRIPTS, reason="the examples are not in the wheel")


def said(script, folder):
    environment = {**os.environ, "MPLBACKEND": "agg", "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env=environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(script, marks=() if script.name in QUICK else pytest.mark.slow, id=script.name)
        for script in SCRIPTS
    ],
)
def test_example_runs(script, tmp_path):
    assert said(script, tmp_path)


def test_the_broken_law_is_the_one_that_the_example_names(tmp_path):
    out = said(GALLERY / "plot_2_own_harmonizer.py", tmp_path)
    assert " passed, 0 failed, " in out
    assert out.splitlines()[-1].startswith("saved and loaded: ")


def test_no_example_has_a_space_in_its_name():
    # Links to it would break, and Sphinx was told not to look (docs/conf.py).
    assert not [path.name for path in GALLERY.iterdir() if " " in path.name]
