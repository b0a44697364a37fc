"""The Python of README.md, run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import phycharm

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(not README.is_file(), reason="the wheel has no README")
def test_its_lines_run_in_a_fresh_session(tmp_path):
    (lines,) = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=lines,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    results = phycharm.load_results(tmp_path / "results" / "mine")
    assert sorted(results.methods) == ["MeanRatio", "linear", "none"]
    assert results.simulated
    assert results.leaderboard().notna().all(axis=None)
