"""What every measurement shares: the anchor in the same run, and results kept by machine."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
import torch

from phycharm.benchmarks.run.environment import environment, hardware

Work = Callable[[], object]
_ROWS: list[tuple[str, float, str, float, float]] = []


class Beside(Protocol):
    """Measure some work beside an anchor's."""

    def __call__(
        self, ours: Work, anchor: Work, name: str, *, per: float = 1.0, rounds: int = 5
    ) -> float:
        """Return how many times as fast ours is."""


@pytest.fixture
def device() -> str:
    """Where it is measured: on the GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def beside(benchmark: Any, request: pytest.FixtureRequest, device: str) -> Beside:
    """Measure ours by pytest-benchmark and an anchor in turns with it; the ratio is kept."""

    def measured(
        ours: Work, anchor: Work, name: str, *, per: float = 1.0, rounds: int = 5
    ) -> float:
        def synchronized(work: Work) -> float:
            start = time.perf_counter()
            work()
            if device == "cuda":
                torch.cuda.synchronize()
            return time.perf_counter() - start

        for work in (ours, anchor):
            synchronized(work)  # caches fill, kernels are chosen
        others: list[float] = []
        benchmark.pedantic(
            lambda: synchronized(ours),
            # A machine's other work meets both, where they take turns.
            setup=lambda: others.append(synchronized(anchor)),
            rounds=rounds,
        )
        if not benchmark.enabled:
            return float("nan")
        mine = float(benchmark.stats.stats.median) / per
        theirs = statistics.median(others) / per
        ratio = theirs / mine
        benchmark.extra_info |= {"anchor": name, "anchor_seconds": theirs, "ratio": ratio}
        _ROWS.append((request.node.name, mine, name, theirs, ratio))
        return ratio

    return measured


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: Any) -> None:
    """Say what decides speed besides what pytest-benchmark knows."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    machine_info |= {"hardware": hardware(device), "environment": environment()}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the ratios as a table in Markdown, to be put into docs/speed.md."""
    if not _ROWS:
        return
    terminalreporter.section("beside anchors")
    terminalreporter.write_line("| what | seconds | anchor | its seconds | ratio |")
    terminalreporter.write_line("|---|---|---|---|---|")
    for what, mine, anchor, theirs, ratio in _ROWS:
        terminalreporter.write_line(
            f"| {what} | {mine:.4g} | {anchor} | {theirs:.4g} | {ratio:.2f} |"
        )


@pytest.fixture(autouse=True)
def quiet_threads() -> Iterator[None]:
    """Leave the number of threads as it was."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
