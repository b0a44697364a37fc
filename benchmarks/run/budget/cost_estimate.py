"""How long a run takes on this machine, told by trying a little of each of its methods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phycharm.networks.trial_run import TRIED_STEPS
from phycharm.utils.progress import progress_bar, span_text

from ..cells.cell_place import one_line
from ..cells.cell_runner import CellRunner
from ..tasks import Task
from ..workers.fitting_together import fitted_groups
from .attempt import Attempt
from .method_cost import MethodCost

_MANY_STEPS = 20_000
# Of the papers' plans, where a protocol leaves them be.
_EPOCHS, _BATCH = 200, 2


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
        known = (cost.seconds for cost in self.costs if cost.seconds is not None)
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
        lines = (f"  {cost.text()}" for cost in self.costs)
        return "\n".join([f"{self.summary().capitalize()} in {processes}:", *lines])


def estimate_cost(
    runner: CellRunner,
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    stack: int = 1,
    steps: int = TRIED_STEPS,
) -> CostEstimate:
    """Try a little of one cell of each method, and reckon what all take.

    Of a training a few steps are done, of an evaluation one person; reading data and whatever else
    a fit does is done whole. Cells that a run would fit together are tried together. Methods of
    others are not tried: nobody knows what their `fit` does.

    Parameters
    ----------
    runner : CellRunner
        Of the run, whose folder gets nothing but reference segmentations.
    tasks : sequence of Task
        What is to be done.
    jobs : int
        Cells at once.
    stack : int
        Most cells that are fitted together.
    steps : int
        Of each training.

    Returns
    -------
    CostEstimate
        By method, in the order of the tasks.
    """
    groups = {
        task.name: group for group in fitted_groups(runner, tasks, size=stack) for task in group
    }
    attempt = Attempt.of(runner, steps=steps)
    costs = []
    methods = _by_method(tasks)
    with progress_bar("trying", len(methods)) as bar:
        for name, own in methods.items():
            costs.append(_cost(attempt, name, own, groups.get(own[0].name, own[:1])))
            bar.advance(detail=name)
    return CostEstimate(costs=tuple(costs), jobs=jobs)


def _cost(attempt: Attempt, name: str, own: Sequence[Task], group: Sequence[Task]) -> MethodCost:
    try:
        tried = attempt.tried(own[0], group)
    except (Exception, SystemExit) as error:  # whatever it is: its cell fails by it, and says so
        return MethodCost(harmonizer=name, cells=len(own), tried=None, unknown=one_line(error))
    return MethodCost(harmonizer=name, cells=len(own), tried=tried)


def _by_method(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    methods: dict[str, list[Task]] = {}
    for task in tasks:
        # Maps of different presets and cases are different trainings.
        name = task.name.partition("_seed")[0] if task.maps else task.harmonizer
        methods.setdefault(name, []).append(task)
    return methods


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
