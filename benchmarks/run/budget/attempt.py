"""Trying a little of cells, to tell how long they take."""

import math
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from typing_extensions import override

from phycharm.data.scan import Scan
from phycharm.harmonizers.external.adapter import Adapter
from phycharm.method.maps import MapsGenerator
from phycharm.networks.stacking.together import fits_together
from phycharm.networks.trial_run import Trial, trial
from phycharm.utils.arrays import Image
from phycharm.utils.device import flushed_denormals

from ...protocol.cells import Cell
from ...protocol.sections import MapsPreset
from ...scoring.cases import MakeImage
from ...scoring.controls import CONTROLS, oracle
from ...scoring.evaluation import Evaluation
from ...scoring.image_scorer import ImageScorer
from ..cells.cell_runner import CellRunner
from ..tasks import Task
from .tried_cell import TriedCell


class _Fit(NamedTuple):
    """A fit that has hardly learned anything, and what it would take as one of a group."""

    method: Any
    seconds: float
    trial: Trial


@dataclass(kw_only=True)
class Attempt(CellRunner):
    """A runner whose fits have hardly learned anything.

    Parameters
    ----------
    steps : int
        Of each training, by which the rest is reckoned.
    """

    steps: int
    _fits: dict[str, _Fit] = field(default_factory=dict)
    _tried_maps: dict[tuple[MapsPreset, int], MapsGenerator] = field(default_factory=dict)

    @classmethod
    def of(cls, runner: CellRunner, *, steps: int) -> "Attempt":
        """Try cells of a run, whose folder gets nothing but reference segmentations."""
        return cls(
            data=runner.data,
            methods=runner.methods,
            run=runner.run,
            configuration=runner.configuration,
            device=runner.device,
            tissues=runner.tissues,
            steps=steps,
        )

    def tried(self, task: Task, group: Sequence[Task]) -> TriedCell | None:
        """Reckon what a cell takes.

        Parameters
        ----------
        task : Task
            The cell.
        group : sequence of Task
            Those that it is fitted together with, itself among them.

        Returns
        -------
        TriedCell or None
            None where nobody can tell.

        Raises
        ------
        Exception
            Whatever the cell fails by, alone too.
        """
        if task.kind == "control":
            assert task.cell is not None
            make = CONTROLS.get(task.cell.harmonizer, oracle)
            return self._evaluated(task.cell, lambda _, target: make(target), of_target=True)
        if task.cell is not None and self.people(task.cell).nobody:
            return TriedCell()
        if task.cell is not None and not self._is_ours(task.cell):
            return None
        return self._trained(task, group)

    def _is_ours(self, cell: Cell) -> bool:
        made = self.methods.make(cell.spec, seed=0, device=self.device)
        return not isinstance(made, Adapter) and type(made).__module__.startswith("phycharm.")

    def _trained(self, task: Task, group: Sequence[Task]) -> TriedCell:
        # What fails in a group may do alone, as it is done again in a run.
        for together in (group, [task]):
            if task.name not in self._fits:
                self._fit_as_one(together)
        fit, cell = self._fits[task.name], task.cell
        if cell is None:
            evaluated = self._predicted(fit.method)
        else:
            evaluated = self._evaluated(
                cell,
                lambda source, target: fit.method.harmonize(source, target.scanner),
                left_out=self.people(cell).untrained,
            )
        return replace(
            evaluated,
            fit_seconds=fit.seconds,
            together=fit.trial.together,
            steps_per_second=fit.trial.steps_per_second,
            slices_per_second=fit.trial.slices_per_second,
        )

    def _fit_as_one(self, group: Sequence[Task]) -> None:
        for task in group:
            if task.cell is not None and task.cell.case is not None:
                self._fitted_maps(self._preset(task.cell), task.cell.case, 0)
        with trial(steps=self.steps) as found:
            start = time.perf_counter()
            fits = fits_together([partial(self._fit_one, task) for task in group])
            seconds = time.perf_counter() - start - found.spent + found.whole
        done = {t.name: fit for t, fit in zip(group, fits, strict=True) if fit.error is None}
        if len(group) == 1 and fits[0].error is not None:
            raise fits[0].error
        for name, fit in done.items():
            self._fits[name] = _Fit(fit.result, seconds / len(done), found)

    def _fit_one(self, task: Task) -> Any:
        # Which numbers count as zero is a thread's own affair.
        with flushed_denormals():
            if task.maps is None:
                assert task.cell is not None
                return self.fit(task.cell)[0]
            preset, case, seed = task.maps
            generator = self.map_cells.fit(preset, case, seed)
        self._tried_maps[preset, case] = generator
        return generator

    def _predicted(self, generator: MapsGenerator) -> TriedCell:
        *_, evaluated = self.data.quantitative_parts()
        travellers = len(self.data.design.evaluated) * len(self.data.scanner_names)
        anybody = self.data.design.evaluated[0]
        one = self.data.cohort.scan(anybody, self.data.cohort.scanners_of(anybody)[0])
        start = time.perf_counter()
        generator.predict(one)
        seconds = time.perf_counter() - start
        people = len(evaluated.subjects) + travellers
        return TriedCell(evaluate_seconds=people * seconds, harmonize_seconds=seconds)

    def _evaluated(
        self,
        cell: Cell,
        make: MakeImage,
        *,
        left_out: Collection[tuple[str, str]] = (),
        of_target: bool = False,
    ) -> TriedCell:
        everybody = self.data.design.evaluated_in(self.data.design.fold(cell.fold))
        clock = _Clock(make)
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
            evaluation.run(clock, of_target=of_target)
            seconds = time.perf_counter() - start
        images = clock.images or math.nan
        return TriedCell(
            evaluate_seconds=seconds * len(everybody),
            harmonize_seconds=clock.seconds / images,
            score_seconds=(seconds - clock.seconds) / images,
        )

    @override
    def _fitted_maps(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        if (preset, case) not in self._tried_maps:
            with trial(steps=self.steps), flushed_denormals():
                self._tried_maps[preset, case] = self.map_cells.fit(preset, case, seed)
        return self._tried_maps[preset, case]


class _Clock:
    """Make images, and count them and their seconds."""

    def __init__(self, make: MakeImage) -> None:
        self.seconds, self.images = 0.0, 0
        self._make = make

    def __call__(self, source: Scan, target: Scan) -> Image | None:
        start = time.perf_counter()
        image = self._make(source, target)
        self.seconds += time.perf_counter() - start
        self.images += image is not None
        return image
