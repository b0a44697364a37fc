"""A true slice of a protocol: every method at full size, a few steps of each training.

`python -m phycharm.benchmarks.speed.paper_slice` prints a table in Markdown: how fast each method
of `paper` trains, harmonizes and is scored on this machine, and how long the whole protocol would
take, with every fit alone and with stacked ones.
"""

import argparse
import math
import shlex
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.networks.basic_unet import BasicUNet, on_device
from phycharm.networks.trial_run import TRIED_STEPS
from phycharm.utils.device import flushed_denormals, resolve_device

from ..protocol.loading import load_protocol
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..run.budget.cost_estimate import CostEstimate, estimate_cost
from ..run.budget.method_cost import MethodCost
from ..run.methods import Methods
from ..run.run_folder import RunFolder
from ..run.run_plan import make_runner
from ..run.tasks import run_tasks
from ..run.workers.fitting_together import fitted_groups
from .copies import copied_people
from .machine import measured_on

GOAL_HOURS = 4.0
"""What the whole of `paper` is to take on one GPU."""

_STACK = 8
_COLUMNS = (
    "method", "cells", "steps/s", "slices/s", "slices/s stacked", "stack", "harmonizing (s)",
    "scoring (s)", "whole, alone (h)", "whole, stacked (h)",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PaperSlice:
    """What the cells of a protocol take on this machine.

    Parameters
    ----------
    alone, stacked : CostEstimate
        With every fit alone, and of those cells that can be fitted together with others.
    """

    alone: CostEstimate
    stacked: CostEstimate

    def table(self) -> str:
        """Lay it out as a table in Markdown, with the sum below."""
        stacked = {cost.harmonizer: cost for cost in self.stacked.costs}
        rows = [_row(cost, stacked.get(cost.harmonizer)) for cost in self.alone.costs]
        lines = [_COLUMNS, ["---"] * len(_COLUMNS), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    @property
    def unknown(self) -> list[MethodCost]:
        """What nobody can tell of, alone or stacked."""
        return [c for c in (*self.alone.costs, *self.stacked.costs) if c.tried is None]

    @property
    def hours(self) -> tuple[float, float]:
        """All cells one after the other: each fitted alone, and stacked where that can be."""
        stacked = {c.harmonizer: c.seconds for c in self.stacked.costs if c.tried is not None}
        alone = {cost.harmonizer: cost.seconds for cost in self.alone.costs}
        return _hours(alone.values()), _hours((alone | stacked).values())


def tried(
    protocol: Protocol, folder: Path, *, device: str, steps: int = TRIED_STEPS, stack: int = _STACK
) -> PaperSlice:
    """Try a cell of each method of a protocol, on copies of simulated people of full size.

    Parameters
    ----------
    protocol : Protocol
        Whose people are as many as it asks for, but all of them copies of one.
    folder : Path
        Empty, for the people.
    device : str
        `cpu` or `cuda`.
    steps : int
        Of each training.
    stack : int
        Most fits that are tried as one.
    """
    people = copied_people(protocol, folder / "people")
    data = RunData(BidsDataset(people, acquisitions=protocol.acquisitions), protocol)
    methods = Methods(protocol, protocol.harmonizers)
    run = RunFolder(folder / "run")
    runner = make_runner(run, data, methods, configuration="", device=device)
    tasks = run_tasks(runner, methods.cards)
    groups = fitted_groups(runner, tasks, size=stack)
    names = {task.name for group in groups for task in group}
    _warm_up(device)
    with flushed_denormals():
        alone = estimate_cost(runner, tasks, steps=steps)
        together = [task for task in tasks if task.name in names]
        stacked = estimate_cost(runner, together, stack=stack, steps=steps)
    return PaperSlice(alone=alone, stacked=stacked)


def page(protocol: Protocol, found: PaperSlice, *, device: str, command: Sequence[str]) -> str:
    """Say what was measured where, and by which command; then the table, and its sum."""
    alone, stacked = map(_number, found.hours)
    goal = f" The goal is {GOAL_HOURS:g} h on a GPU." if protocol.name == "paper" else ""
    order = shlex.join(["python", "-m", __spec__.name, *command])
    head = (
        f"`{order}` on {measured_on(device)}, protocol {protocol.name} version {protocol.version}:"
    )
    end = f"All cells one after the other: {alone} h with each fit alone, {stacked} h with stacks."
    failed = [f"{cost.text()}." for cost in found.unknown]
    return "\n\n".join([head, found.table(), end + goal, *failed])


def _warm_up(device: str) -> None:
    """Load what the first network loads: it is no method's own time."""
    on_device(BasicUNet(), device)(torch.zeros(1, 1, 32, 32, device=device))


def _row(cost: MethodCost, stacked: MethodCost | None) -> list[str]:
    one, many = cost.tried, None if stacked is None else stacked.tried
    alone = None if one is None else (one.steps_per_second, one.slices_per_second)
    speeds = [_number(value) for value in alone or (None, None)]
    images = (None, None) if one is None else (one.harmonize_seconds, one.score_seconds)
    return [
        cost.harmonizer,
        str(cost.cells),
        *speeds,
        _number(None if many is None else many.slices_per_second),
        "" if many is None else str(many.together),
        *(_number(value) for value in images),
        _number(_hours([cost.seconds])),
        _number(_hours([None if stacked is None else stacked.seconds])),
    ]


def _hours(seconds: Iterable[float | None]) -> float:
    known = [one for one in seconds if one is not None]
    return sum(known) / 3600 if known else math.nan


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3g}"


def main(arguments: Sequence[str]) -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=__doc__)
    parser.add_argument("--protocol", default="paper", help="name, or path of a TOML file")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--steps", type=int, default=TRIED_STEPS, help="of each training")
    parser.add_argument("--stack", type=int, default=_STACK, help="most fits tried as one")
    asked = parser.parse_args(arguments)
    if min(asked.steps, asked.stack) < 1:
        parser.error("--steps and --stack: give 1 or more")
    device, protocol = resolve_device(asked.device), load_protocol(asked.protocol)
    with tempfile.TemporaryDirectory() as folder:
        found = tried(protocol, Path(folder), device=device, steps=asked.steps, stack=asked.stack)
    sys.stdout.write(page(protocol, found, device=device, command=arguments) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
