"""What a run consists of: cells in an order in which each finds what it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from phycharm.harmonizers.card import MethodCard

from ..protocol.cells import Cell, plan_cells
from ..protocol.sections import MapsPreset
from .cells.cell_runner import CellRunner
from .cells.fitted_ahead import FittedAhead
from .cells.maps_cells import maps_cell


@dataclass(frozen=True, kw_only=True)
class Task:
    """One cell to be done.

    Parameters
    ----------
    name : str
        Of the cell and its folder.
    kind : {"control", "method", "maps"}
        What it is of.
    harmonizer : str
        Whose, as tables name it; `maps` for a maps generator.
    needs : str
        Name of the cell of maps that has to be there first; empty where none has.
    weight : float
        Roughly how long it takes beside others; of use to deal out tasks, the longest first.
    cell : Cell, optional
        Of a method or a control.
    maps : (str, int, int), optional
        Preset, loss case and seed of a maps generator.
    """

    name: str
    kind: str
    harmonizer: str
    needs: str = ""
    weight: float = 1.0
    cell: Cell | None = None
    maps: tuple[MapsPreset, int, int] | None = None

    @property
    def kinship(self) -> str:
        """What cells have in common that can be fitted together; empty where none can."""
        if self.kind == "method" and self.cell is not None:
            return self.cell.spec
        # Slices of two presets are of two sizes.
        return "" if self.maps is None else f"maps {self.maps[0]}"

    def fit(self, runner: CellRunner) -> FittedAhead:
        """Fit what the cell is of, and do no more."""
        if self.maps is not None:
            return runner.map_cells.fit_ahead(*self.maps)
        assert self.cell is not None
        return runner.fit_ahead(self.cell)

    def run(self, runner: CellRunner) -> None:
        """Do the cell unless it is done."""
        if self.maps is not None:
            runner.map_cells.run(*self.maps)
        elif self.cell is not None:
            (runner.control if self.kind == "control" else runner.harmonizer)(self.cell)

    def give_up(self, runner: CellRunner, why: str) -> None:
        """Write the cell down as failed."""
        runner.hopeless[self.name] = why
        self.run(runner)

    def is_done(self, runner: CellRunner) -> bool:
        """Whether the cell is there, and as it would be made now."""
        if self.maps is not None:
            return runner.map_cells.has(*self.maps)
        assert self.cell is not None
        return (runner.has_control if self.kind == "control" else runner.has)(self.cell)


def run_tasks(runner: CellRunner, cards: Mapping[str, MethodCard]) -> list[Task]:
    """List the cells of a run: controls, methods with the maps they need before them, other maps.

    Parameters
    ----------
    runner : CellRunner
        Of the run.
    cards : mapping of str to MethodCard
        Of the methods, by what the user named.

    Returns
    -------
    list of Task
        Each once.
    """
    protocol = runner.data.protocol
    tasks: dict[str, Task] = {}
    for cell in runner.control_cells():
        tasks[cell.name] = Task(
            name=cell.name, kind="control", harmonizer=cell.harmonizer, cell=cell
        )
    cells = plan_cells(
        cards,
        scanners=runner.data.scanner_names,
        folds=protocol.split.folds,
        seeds=protocol.seeds,
        cases=protocol.maps.harmonized_cases,
    )
    for cell in cells:
        card, needed = cards[cell.spec], ""
        if cell.case is not None:
            maps = (protocol.maps.preset_of(card), cell.case, cell.seed)
            needed = maps_cell(*maps)
            tasks.setdefault(needed, _maps_task(maps))
        tasks[cell.name] = Task(
            name=cell.name,
            kind="method",
            harmonizer=cell.harmonizer,
            needs=needed,
            weight=_weight(card, cell),
            cell=cell,
        )
    return [*tasks.values(), *(t for t in _other_maps(runner, cards) if t.name not in tasks)]


def _other_maps(runner: CellRunner, cards: Mapping[str, MethodCard]) -> Sequence[Task]:
    """List the maps of loss cases that are scored though no method runs on them."""
    maps = runner.data.protocol.maps
    presets = dict.fromkeys(maps.preset_of(c) for c in cards.values() if "maps" in c.needs)
    if not presets or not runner.data.quantitative:
        return []
    return [
        _maps_task((preset, case, seed))
        for seed, preset in product(runner.data.protocol.seeds, presets)
        for case in maps.cases_of(preset)
    ]


def _maps_task(maps: tuple[MapsPreset, int, int]) -> Task:
    return Task(name=maps_cell(*maps), kind="maps", harmonizer="maps", weight=100.0, maps=maps)


def _weight(card: MethodCard, cell: Cell) -> float:
    """Weigh a cell by its directions, those of a method that is trained for each of them more."""
    directions = len(cell.scanners) * (len(cell.scanners) - 1)
    trained = card.supervision == "paired" and not card.deterministic
    return directions * (10.0 if trained else 1.0)
