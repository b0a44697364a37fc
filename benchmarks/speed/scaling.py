"""How seconds and memory grow with people, scanners, voxels and folds: tiny digital people.

`python -m phycharm.benchmarks.speed.scaling` prints a table in Markdown; every row is a run in a
process of its own, so that its peak of memory is its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from phycharm.simulate import simulate_dataset
from phycharm.simulate.scanners.scanner_models import SCANNERS
from phycharm.utils.memory import peak_memory
from phycharm.utils.progress import progress_bar

from ..protocol.loading import load_protocol
from ..run.runner import run_benchmark
from .copies import copied

METHODS = ["none", "linear"]
"""What is run: nothing that learns by steps, whose cost is the plan's and not the people's."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a run is.

    Parameters
    ----------
    people : int
        Travellers; two are learned from, all others are evaluated.
    scanners : int
        That each of them was on; beyond the simulated ones they are copies under other names.
    voxel : float
        Edge of a voxel in mm.
    folds : int
        1 or 2.
    """

    people: int = 24
    scanners: int = 4
    voxel: float = 8.0
    folds: int = 1

    @property
    def images(self) -> int:
        """How many harmonized images are scored, controls among them."""
        directions = self.scanners * (self.scanners - 1)
        evaluated = self.people - 2 + 1  # the external ones, and one of validation in each fold
        return evaluated * self.folds * (len(METHODS) * directions + 3 * self.scanners)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a run took.

    Parameters
    ----------
    cpu_seconds : float
        Of the run, without the simulation.
    peak_mb : float
        Most memory that it held.
    """

    cpu_seconds: float
    peak_mb: float


SIZES = (
    *(Size(people=people) for people in (12, 24, 48, 96, 192)),
    *(Size(scanners=scanners) for scanners in (2, 6)),
    Size(folds=2),
    *(Size(people=12, voxel=voxel) for voxel in (8.0, 6.0, 4.0, 2.0)),
    Size(people=4, scanners=2, voxel=0.8),
)
"""What is measured: one thing after the other varied."""


def people_of(size: Size, root: Path) -> Path:
    """Simulate the people of a size."""
    known = list(SCANNERS)
    simulate_dataset(
        root,
        subjects=size.people,
        quantitative_subjects=0,
        voxel_size=size.voxel,
        scanners=known[: size.scanners],
    )
    for number in range(len(known), size.scanners):
        copied(root, f"ses-{known[number % len(known)]}", f"ses-Copy{number}")
    return root


def run_of(size: Size, people: Path, out: Path) -> Cost:
    """Run the benchmark in this process, and say what it took."""
    protocol = load_protocol("smoke").model_copy(update={"harmonizers": tuple(METHODS)})
    split = protocol.split.model_copy(
        update={"training": 2, "external": "rest", "folds": tuple(range(1, size.folds + 1))}
    )
    before = _cpu_seconds()
    run_benchmark(
        protocol.model_copy(update={"split": split}), out=out, dataset=people, device="cpu"
    )
    return Cost(cpu_seconds=_cpu_seconds() - before, peak_mb=peak_memory() / 1024**2)


def measured(size: Size) -> Cost:
    """Simulate people, and run the benchmark of them in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        people = people_of(size, Path(folder) / "people")
        order = json.dumps([asdict(size), str(people), str(Path(folder) / "run")])
        done = subprocess.run(
            [sys.executable, "-P", "-m", __spec__.name, order],
            check=True,
            capture_output=True,
            text=True,
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return Cost(**found)


def table(sizes: tuple[Size, ...] = SIZES) -> str:
    """Measure all sizes, and lay them out as a table in Markdown."""
    lines = [
        "| people | scanners | voxel (mm) | folds | images | CPU s | CPU s an image | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with progress_bar("scaling", len(sizes)) as bar:
        for size in sizes:
            cost = measured(size)
            each = cost.cpu_seconds / size.images
            lines.append(
                f"| {size.people} | {size.scanners} | {size.voxel:g} | {size.folds} "
                f"| {size.images} | {cost.cpu_seconds:.0f} | {each:.3f} | {cost.peak_mb:.0f} |"
            )
            bar.advance(detail=lines[-1])
    return "\n".join(lines)


def _cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asked, where, out = json.loads(sys.argv[1])
        cost = run_of(replace(Size(), **asked), Path(where), Path(out))
        sys.stdout.write(json.dumps(asdict(cost)) + "\n")
    else:
        sys.stdout.write(table() + "\n")
