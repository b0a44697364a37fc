"""The package as a whole: light to import, its examples right."""

import doctest
import subprocess
import sys
from importlib import import_module

import pytest


def test_statistics_need_no_torch():
    code = (
        "import sys, phycharm.benchmarks.statistics; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "module", ["inference.friedman", "leakage", "inference.multiplicity", "inference.wilcoxon"]
)
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(import_module(f"phycharm.benchmarks.statistics.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
