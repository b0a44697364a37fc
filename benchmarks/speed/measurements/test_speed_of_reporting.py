"""Writing a report, beside figures as matplotlib makes them."""

from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from phycharm import run_benchmark, write_report

FIGURES = 20


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three methods that learn nothing that takes long, in six directions."""
    out = Path(tmp_path_factory.mktemp("report")) / "run"
    return run_benchmark("smoke", out=out, harmonizers=["none", "linear", "nyul"]).folder


def plain_figures() -> None:
    """Draw two panels of bars a figure."""
    for _ in range(FIGURES):
        figure, panels = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
        for panel in panels:
            panel.bar(range(6), range(6))
        figure.savefig(StringIO(), format="svg")
        plt.close(figure)


def test_report_beside_plain_figures(beside: Any, run: Path, tmp_path: Path) -> None:
    beside(
        lambda: write_report(run, tmp_path / "report.html"),
        plain_figures,
        f"{FIGURES} plain figures of matplotlib",
        rounds=3,
    )
