"""What every measurement shares: the anchor in the same run, and results kept by machine."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
import torch

from phycharm.benchmarks.run.environment import environment, hardware
from phycharm.benchmarks.speed.machine import measured_on

Work = Callable[[], object]
_ROWS: list[tuple[str, float, str, float, float]] = []


class Beside(Protocol):
    """Measure some work beside an anchor's."""

    def __call__(
        self, ours: Work, anchor: Work, name: str, *, per: float = 1.0, rounds: int = 5
    ) -> float:
        """Return how many times as fast ours is."""


class Goal(Protocol):
    """Measure some work beside the seconds that it is to take."""

    def __call__(self, ours: Work, seconds: float, *, rounds: int = 3) -> float:
        """Return how many times as fast as the goal ours is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever has the time measure on a CPU what is meant for a GPU."""
    parser.addoption(
        "--full-size", action="store_true", help="measure whole brains at .8 mm on a CPU too"
    )


@pytest.fixture
def device() -> str:
    """Where it is measured: on the GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def full_size(request: pytest.FixtureRequest, device: str) -> None:
    """Leave what takes minutes on a CPU to a GPU, unless it is asked for."""
    if device == "cpu" and not request.config.getoption("--full-size"):
        # Not a gap: minutes of a CPU tell nothing of goals that are set for a GPU.
        pytest.skip("takes minutes without a GPU; --full-size measures it all the same")


@pytest.fixture
def beside(benchmark: Any, request: pytest.FixtureRequest, device: str) -> Beside:
    """Measure ours by pytest-benchmark and an anchor in turns with it; the ratio is kept."""

    def measured(
        ours: Work, anchor: Work, name: str, *, per: float = 1.0, rounds: int = 5
    ) -> float:
        for work in (ours, anchor):
            _seconds(work, device)  # caches fill, kernels are chosen
        others: list[float] = []
        benchmark.pedantic(
            lambda: _seconds(ours, device),
            # A machine's other work meets both, where they take turns.
            setup=lambda: others.append(_seconds(anchor, device)),
            rounds=rounds,
        )
        if not benchmark.enabled:
            return float("nan")
        theirs = statistics.median(others) / per
        return _kept(request, benchmark, name, theirs, per=per)

    return measured


@pytest.fixture
def goal(benchmark: Any, request: pytest.FixtureRequest, device: str) -> Goal:
    """Measure ours by pytest-benchmark; the ratio to its goal is kept."""

    def measured(ours: Work, seconds: float, *, rounds: int = 3) -> float:
        _seconds(ours, device)
        benchmark.pedantic(lambda: _seconds(ours, device), rounds=rounds)
        if not benchmark.enabled:
            return float("nan")
        return _kept(request, benchmark, "goal", seconds)

    return measured


def _seconds(work: Work, device: str) -> float:
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _kept(
    request: pytest.FixtureRequest, benchmark: Any, name: str, theirs: float, *, per: float = 1.0
) -> float:
    """Keep what was measured beside what, for the table and in the file of results."""
    mine = float(benchmark.stats.stats.median) / per
    ratio = theirs / mine
    benchmark.extra_info |= {"anchor": name, "anchor_seconds": theirs, "ratio": ratio}
    _ROWS.append((request.node.name, mine, name, theirs, ratio))
    return ratio


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: Any) -> None:
    """Say what decides speed besides what pytest-benchmark knows."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    machine_info |= {"hardware": hardware(device), "environment": environment()}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the ratios as a table in Markdown, to be put into docs/speed.md."""
    if not _ROWS:
        return
    terminalreporter.section("beside anchors and goals")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    terminalreporter.write_line(f"`nox -s speed` on {measured_on(device)}:\n")
    terminalreporter.write_line("| what | seconds | anchor | its seconds | ratio |")
    terminalreporter.write_line("|---|---|---|---|---|")
    for what, mine, anchor, theirs, ratio in _ROWS:
        terminalreporter.write_line(
            f"| {what} | {mine:.4g} | {anchor} | {theirs:.4g} | {ratio:.3g} |"
        )


@pytest.fixture(autouse=True)
def quiet_threads() -> Iterator[None]:
    """Leave the number of threads as it was."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
