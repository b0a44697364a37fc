"""Running cells: fit, save, harmonize, score; each lands whole or not at all."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from phycharm.data.scan import Scan
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import can_be_saved
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.networks.keeping.kept_fit import seconds_before
from phycharm.utils.arrays import Image
from phycharm.utils.seeding import derived_seed

from ...protocol.cells import Cell
from ...protocol.run_data import RunData
from ...protocol.sections import MapsPreset
from ...scoring.controls import CONTROLS, RESCAN
from ...scoring.evaluation import Evaluation
from ...scoring.image_scorer import ImageScorer
from ...scoring.tissue_scorer import TissueScorer
from ..fit_people import FitPeople
from ..history import write_history
from ..methods import Methods
from ..run_folder import LEFT_OUT, RunFolder
from .cell_place import CellPlace
from .fitted_ahead import FittedAhead
from .maps_cells import MapsCells


@dataclass(kw_only=True)
class CellRunner:
    """Run the cells of one run.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    methods : Methods
        Who takes part.
    run : RunFolder
        Where results go.
    configuration : str
        Fingerprint of the run.
    device : str
        `cpu` or `cuda`.
    tissues : TissueScorer, optional
        Where the protocol names a segmenter.
    tensorboard : bool
        Whether to write training curves for TensorBoard too.
    """

    data: RunData
    methods: Methods
    run: RunFolder
    configuration: str
    device: str
    tissues: TissueScorer | None = None
    hopeless: dict[str, str] = field(default_factory=dict)
    """Why cells cannot be done, by their names, where a process has died of them."""
    tensorboard: bool = False
    fitted: dict[str, FittedAhead] = field(default_factory=dict)
    """What was fitted together with others, by the names of the cells."""

    @cached_property
    def place(self) -> CellPlace:
        """Where cells go."""
        return CellPlace(
            data=self.data,
            run=self.run,
            configuration=self.configuration,
            device=self.device,
            tissues=self.tissues,
            hopeless=self.hopeless,
            tensorboard=self.tensorboard,
        )

    @cached_property
    def map_cells(self) -> MapsCells:
        """Cells of maps generators."""
        return MapsCells(data=self.data, place=self.place, fitted=self.fitted)

    def control_cells(self) -> list[Cell]:
        """List the cells of the controls (the target itself, ..., a repeat of it), fold by fold."""
        names = [*CONTROLS, *([RESCAN] if self.data.has_rescans else [])]
        return [
            Cell(
                spec=name,
                harmonizer=name,
                scanners=tuple(self.data.scanner_names),
                whole=True,
                fold=fold,
                seed=self.data.protocol.seeds[0],
            )
            for fold in self.data.protocol.split.folds
            for name in names
        ]

    def control(self, cell: Cell) -> None:
        """Score a control as if it were a method."""
        make = self._rescan if cell.harmonizer == RESCAN else CONTROLS[cell.harmonizer]
        work = partial(self._control, cell, make)
        self.place.finish(cell.name, {"cell": cell.__dict__}, work, about=_about(cell))

    def has_control(self, cell: Cell) -> bool:
        """Whether the run has finished a control's cell, and as it would be made now."""
        return self.place.is_done(cell.name, {"cell": cell.__dict__})

    def _rescan(self, target: Scan) -> Image | None:
        again = self.data.rescan(target)
        return None if again is None else again.image

    def _control(
        self, cell: Cell, make: Callable[[Scan], Image | None], folder: Path
    ) -> dict[str, Any]:
        self._evaluation(cell, folder).run(lambda _, target: make(target), of_target=True)
        return {}

    def harmonizer(self, cell: Cell) -> None:
        """Fit and evaluate one method in one cell, unless there is nobody to learn from."""
        people = self.people(cell)
        work = _nothing if people.nobody else partial(self._harmonizer, cell)
        self.place.finish(
            cell.name, self._content(cell), work, about=_about(cell) | people.record()
        )

    def people(self, cell: Cell) -> FitPeople:
        """Return from whom the method of a cell learns."""
        return FitPeople(data=self.data, cell=cell, card=self.methods.cards[cell.spec])

    def has(self, cell: Cell) -> bool:
        """Whether the run has finished a method's cell, and as it would be made now."""
        return self.place.is_done(cell.name, self._content(cell))

    def _content(self, cell: Cell) -> dict[str, Any]:
        content = {
            "cell": cell.__dict__,
            "revision": self.methods.cards[cell.spec].revision,
            "settings": self.methods.settings(cell.spec),
        }
        if cell.case is not None:
            content["maps"] = self.map_cells.content_of(self._preset(cell))
        return content

    def fit(self, cell: Cell) -> tuple[Harmonizer, float]:
        """Fit the method of a cell, and do no more.

        Returns
        -------
        Harmonizer
            Fitted.
        float
            How many seconds it took, those before an interruption included; a maps generator is a
            cell of its own, with a time of its own.
        """
        people = self.people(cell)
        train, validation = people.cohorts
        method = self.make(cell)
        people.require_images(method)
        context = self._context(method, cell)
        start = time.perf_counter()
        method.fit(train, validation, **context)
        return method, time.perf_counter() - start + seconds_before()

    def make(self, cell: Cell) -> Harmonizer:
        """Make the method of a cell, not fitted."""
        seed = derived_seed(cell.seed, cell.lottery)
        return self.methods.make(cell.spec, seed=seed, device=self.device)

    def fit_ahead(self, cell: Cell) -> FittedAhead:
        """Fit the method of a cell before the cell is begun."""
        return self.place.ahead(cell.name, self._content(cell), lambda: self.fit(cell)[0])

    def _harmonizer(self, cell: Cell, folder: Path) -> dict[str, Any]:
        ahead = self.fitted.pop(cell.name, None) or FittedAhead(*self.fit(cell), 1)
        method, fit_seconds, together = ahead
        fitted = time.perf_counter()
        if can_be_saved(method):
            method.save(folder / "model")
        write_history(folder, method.history)
        harmonize_seconds = self._harmonize_and_evaluate(method, cell, folder)
        end = time.perf_counter()
        return {
            "repr": repr(method),
            "deviations": [*method.deviations, *self._substitutes(method)],
            "fitted_on": {
                role: list(method.fitted_on.get(role) or ()) for role in ("subjects", "validation")
            },
            "findings": method.findings,
            "parameters": method.parameters,
            "fit_seconds": round(fit_seconds, 2),
            "fitted_together": together,
            "harmonize_seconds": round(harmonize_seconds, 2),
            "score_seconds": round(end - fitted - harmonize_seconds, 2),
        }

    def _context(self, method: Harmonizer, cell: Cell) -> dict[str, Any]:
        context: dict[str, Any] = {}
        if "quantitative" in method.card.needs:
            train, validation, _ = self.data.quantitative_parts()
            context |= {"quantitative": train, "quantitative_validation": validation}
        if cell.case is not None:
            context["maps"] = self._fitted_maps(self._preset(cell), cell.case, cell.seed)
        return context

    def _substitutes(self, method: Harmonizer) -> tuple[str, ...]:
        needs = {"maps", "quantitative"} & set(method.card.needs)
        return self.data.substitutes if needs else ()

    def _preset(self, cell: Cell) -> MapsPreset:
        return self.data.protocol.maps.preset_of(self.methods.cards[cell.spec])

    def _fitted_maps(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        return self.map_cells.generator(preset, case, seed)

    def _harmonize_and_evaluate(self, method: Harmonizer, cell: Cell, folder: Path) -> float:
        spent = 0.0

        def make(source: Scan, target: Scan) -> Image:
            nonlocal spent
            start = time.perf_counter()
            # The scanner, never the scan: a method cannot see what it is evaluated by.
            image = method.harmonize(source, target.scanner)
            spent += time.perf_counter() - start
            return image

        evaluation = self._evaluation(cell, folder, self.people(cell).untrained)
        if isinstance(method, CommonDomainHarmonizer):
            # There is no target to look like: both scanners' images are compared with each other.
            evaluation.run(
                make,
                reference=method.to_common,
                untold=lambda source, target: method.untold(source, target.scanner),
            )
        else:
            evaluation.run(make)
        return spent

    def _evaluation(
        self, cell: Cell, folder: Path, left_out: Collection[tuple[str, str]] = ()
    ) -> Evaluation:
        scorer = ImageScorer(metrics=self.data.protocol.metrics, device=self.device)
        return Evaluation(
            data=self.data,
            scorer=scorer,
            tissues=self.tissues,
            cell=cell,
            folder=folder,
            left_out=left_out,
        )


def _about(cell: Cell) -> dict[str, Any]:
    return {
        "harmonizer": cell.harmonizer,
        "scanners": list(cell.scanners),
        "fold": cell.fold,
        "seed": cell.seed,
        "case": cell.case,
    }


def _nothing(_: Path) -> dict[str, Any]:
    """Leave a cell empty that nobody can teach."""
    return {"status": LEFT_OUT}
