"""How long a run takes on this machine, told by trying a little of each of its methods."""

import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from phycharm.harmonizers.external.adapter import Adapter
from phycharm.method.maps import MapsGenerator
from phycharm.networks.trial_run import trial
from phycharm.utils.progress import progress_bar, span_text

from ...protocol.cells import Cell
from ...protocol.sections import MapsPreset
from ...scoring.cases import MakeImage
from ...scoring.controls import CONTROLS, oracle
from ...scoring.evaluation import Evaluation
from ...scoring.image_scorer import ImageScorer
from ..cell_runner import CellRunner
from ..tasks import Task

_MANY_STEPS = 20_000
# Of the papers' plans, where a protocol leaves them be.
_EPOCHS, _BATCH = 200, 2


@dataclass(frozen=True, kw_only=True)
class MethodCost:
    """What the cells of one method take.

    Parameters
    ----------
    harmonizer : str
        Whose; `maps` for maps generators.
    cells : int
        How many are to be done.
    seconds : float or None
        Each; None where nobody can tell.
    """

    harmonizer: str
    cells: int
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """What is to be done, and how long it takes on this machine.

    Parameters
    ----------
    costs : tuple of MethodCost
        Method by method.
    jobs : int
        Cells at once.
    """

    costs: tuple[MethodCost, ...]
    jobs: int

    @property
    def seconds(self) -> float:
        """All that can be told, with as many cells at once as there are processes."""
        known = (cost.cells * cost.seconds for cost in self.costs if cost.seconds is not None)
        return sum(known) / self.jobs

    @property
    def unknown(self) -> list[str]:
        """Methods that nobody can tell of."""
        return [cost.harmonizer for cost in self.costs if cost.seconds is None]

    def summary(self) -> str:
        """Say it in a line."""
        others = f", without {', '.join(self.unknown)}" if self.unknown else ""
        return f"about {span_text(self.seconds)} on this machine{others}"

    def text(self) -> str:
        """Say it in lines: the whole, then method by method."""
        if not self.costs:
            return "Everything is done."
        processes = "1 process" if self.jobs == 1 else f"{self.jobs} processes"
        lines = [f"{self.summary().capitalize()} in {processes}:"]
        for cost in self.costs:
            each = "not tried: it is not ours"
            if cost.seconds is not None:
                each = f"{span_text(cost.seconds)} each"
            cells = "1 cell" if cost.cells == 1 else f"{cost.cells} cells"
            lines.append(f"  {cost.harmonizer}: {cells}, {each}")
        return "\n".join(lines)


def estimate_cost(runner: CellRunner, tasks: Sequence[Task], *, jobs: int = 1) -> CostEstimate:
    """Try a little of one cell of each method, and reckon what all take.

    Of a training a few steps are done, of an evaluation one person; reading data and whatever else
    a fit does is done whole. Methods of others are not tried: nobody knows what their `fit` does.

    Parameters
    ----------
    runner : CellRunner
        Of the run, whose folder gets nothing but reference segmentations.
    tasks : sequence of Task
        What is to be done.
    jobs : int
        Cells at once.

    Returns
    -------
    CostEstimate
        By method, in the order of the tasks.
    """
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        # Maps of different presets and cases are different trainings.
        name = task.name.partition("_seed")[0] if task.maps else task.harmonizer
        groups.setdefault(name, []).append(task)
    attempt = _Attempt.of(runner)
    costs = []
    with progress_bar("trying", len(groups)) as bar:
        for name, own in groups.items():
            costs.append(
                MethodCost(harmonizer=name, cells=len(own), seconds=attempt.seconds(own[0]))
            )
            bar.advance(detail=name)
    return CostEstimate(costs=tuple(costs), jobs=jobs)


def worth_telling(runner: CellRunner, tasks: Sequence[Task]) -> bool:
    """Whether so much is to be trained that one wants to know beforehand how long it takes.

    Trying takes as long as a short run, so that nobody wants it of one.
    """
    cells = [task.cell for task in tasks if task.cell is not None and task.kind == "method"]
    cards = runner.methods.cards
    trained = [c for c in cells if cards[c.spec].supervision == "paired"]
    trained = [c for c in trained if not cards[c.spec].deterministic]
    directions = sum(len(cell.scanners) * (len(cell.scanners) - 1) for cell in trained)
    return directions * _steps(runner) > _MANY_STEPS


def _steps(runner: CellRunner) -> int:
    """Roughly how many updates a direction gets."""
    data, plan = runner.data, runner.data.protocol.training
    if "steps" in plan:
        return int(plan["steps"])
    people = len(data.design.folds[0].train) if data.design.folds else 0
    anybody = data.cohort.subjects[0]
    scan = data.cohort.scan(anybody, data.cohort.scanners_of(anybody)[0])
    epochs, batch = int(plan.get("epochs", _EPOCHS)), int(plan.get("batch_size", _BATCH))
    return epochs * people * int(scan.image.shape[2]) // batch


@dataclass(kw_only=True)
class _Attempt(CellRunner):
    """A runner whose maps generators have hardly learned anything."""

    tried: dict[tuple[MapsPreset, int], MapsGenerator] = field(default_factory=dict)

    @classmethod
    def of(cls, runner: CellRunner) -> "_Attempt":
        return cls(
            data=runner.data,
            methods=runner.methods,
            run=runner.run,
            configuration=runner.configuration,
            device=runner.device,
            tissues=runner.tissues,
        )

    def seconds(self, task: Task) -> float | None:
        """Reckon what a cell takes; None where nobody can tell."""
        if task.maps is not None:
            return self._maps_seconds(*task.maps)
        assert task.cell is not None
        if task.kind == "control":
            make = CONTROLS.get(task.cell.harmonizer, oracle)
            return self._scoring_seconds(task.cell, lambda _, target: make(target), of_target=True)
        return self._method_seconds(task.cell)

    def _method_seconds(self, cell: Cell) -> float | None:
        if self.people(cell).nobody:
            return 0.0
        made = self.methods.make(cell.spec, seed=0, device=self.device)
        if isinstance(made, Adapter) or not type(made).__module__.startswith("phycharm."):
            return None
        if cell.case is not None:
            self._fitted_maps(self._preset(cell), cell.case, 0)
        with trial() as found:
            start = time.perf_counter()
            method, _ = self.fit(cell)
            fitted = time.perf_counter() - start - found.spent + found.whole
        return fitted + self._scoring_seconds(
            cell,
            lambda source, target: method.harmonize(source, target.scanner),
            left_out=self.people(cell).untrained,
        )

    def _maps_seconds(self, preset: MapsPreset, case: int, seed: int) -> float:
        with trial() as found:
            start = time.perf_counter()
            generator = self.tried[preset, case] = self.fit_maps(preset, case, seed)
            fitted = time.perf_counter() - start - found.spent + found.whole
        *_, evaluated = self.data.quantitative_parts()
        travellers = len(self.data.design.evaluated) * len(self.data.scanner_names)
        anybody = self.data.design.evaluated[0]
        one = self.data.cohort.scan(anybody, self.data.cohort.scanners_of(anybody)[0])
        start = time.perf_counter()
        generator.predict(one)
        return fitted + (len(evaluated.subjects) + travellers) * (time.perf_counter() - start)

    def _scoring_seconds(
        self,
        cell: Cell,
        make: MakeImage,
        *,
        left_out: Collection[tuple[str, str]] = (),
        of_target: bool = False,
    ) -> float:
        everybody = self.data.design.evaluated_in(self.data.design.fold(cell.fold))
        with tempfile.TemporaryDirectory() as folder:
            evaluation = Evaluation(
                data=self.data,
                scorer=ImageScorer(metrics=self.data.protocol.metrics, device=self.device),
                tissues=self.tissues,
                cell=cell,
                folder=Path(folder),
                left_out=left_out,
                people=everybody[:1],
            )
            start = time.perf_counter()
            evaluation.run(make, of_target=of_target)
            return (time.perf_counter() - start) * len(everybody)

    @override
    def _fitted_maps(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        if (preset, case) not in self.tried:
            self._maps_seconds(preset, case, seed)
        return self.tried[preset, case]
