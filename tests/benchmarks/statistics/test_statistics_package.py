"""The package as a whole: light to import."""

import subprocess
import sys


def test_statistics_need_no_torch():
    code = (
        "import sys, phycharm.benchmarks.statistics; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
