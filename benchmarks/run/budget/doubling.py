"""Twice the budget for the methods of a run, and what it gains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external import accepted_settings
from phycharm.method.maps import MapsGenerator
from phycharm.method.maps.preprint import GENERATOR_PLAN
from phycharm.utils.atomic import atomic_file

from ...protocol.cells import Cell, plan_cells
from ...protocol.protocol import Protocol
from ...protocol.run_data import RunData
from ...protocol.sections import MapsPreset
from ..cells.cell_runner import CellRunner
from ..cells.maps_cells import maps_cell
from ..methods import Methods
from ..run_folder import CONVERGENCE, RunFolder
from ..run_plan import make_runner
from .doubling_records import DoublingRecords
from .doubling_scores import DoublingScores

CONVERGENCE_TYPES = {
    "harmonizer": "string",
    "fold": "int64",
    "seed": "int64",
    "metric": "string",
    "source": "string",
    "target": "string",
    "subject": "string",
    "steps": "Int64",
    "value": "float64",
    "value_doubled": "float64",
}
"""Columns of `convergence.parquet` in their order, with their pandas types."""

_MAPS = "maps"


@dataclass(frozen=True, kw_only=True)
class Doubling:
    """Twice the budget for the methods of one run, in one fold and with one seed.

    Parameters
    ----------
    run : RunFolder
        The run, whose fits are those of the single budget.
    data : RunData
        Its data, with one fold, one seed and nobody external in the protocol.
    configuration : str
        Fingerprint of the run.
    device : str
        `cpu` or `cuda`.
    """

    run: RunFolder
    data: RunData
    configuration: str
    device: str

    def chosen(self, named: Sequence[str] | None) -> list[str]:
        """List what is to be measured.

        Parameters
        ----------
        named : sequence of str, optional
            Methods that learn by steps, or `maps`; by default all that the run has fitted.

        Raises
        ------
        InputError
            If one of them learns nothing by steps, or none was fitted.
        """
        if named is not None:
            idle = [spec for spec in named if spec != _MAPS and not _learns(spec)]
            if idle:
                raise InputError(f"{idle[0]}: learns nothing by steps; name a trained method.")
            return list(dict.fromkeys(named))
        trained = [spec for spec in self._fitted() if _learns(spec)]
        if not trained:
            raise InputError(
                f"{self.run.root}: no trained method of its protocol was fitted in this fold and "
                "with this seed; run the benchmark first."
            )
        return [*trained, *([_MAPS] if any(map(self._presets, trained)) else [])]

    def measure(self, name: str) -> None:
        """Measure one method, or the maps, unless it was measured before.

        Raises
        ------
        InputError
            If the run has not fitted it as it would be fitted now.
        """
        if name == _MAPS:
            presets = [preset for spec in self._fitted() for preset in self._presets(spec)]
            for preset in dict.fromkeys(presets):
                self._measure_maps(preset)
            return
        changed = Methods(self._with_twice(name), (name,))
        for cell in self._cells(name):
            self._require(cell.name, fitted=self._runner(name).has(cell))
            content = {"settings": changed.settings(name)}
            if not self._records.known(cell.name, content):
                method, _ = replace(self._runner(name), methods=changed).fit(cell)
                before = self.run.cells / cell.name / "scores.parquet"
                rows = self._scores.direction_rows(cell, before, method)
                self._records.keep(cell.name, content, rows)

    @property
    def _records(self) -> DoublingRecords:
        return DoublingRecords(self.run)

    @property
    def _scores(self) -> DoublingScores:
        return DoublingScores(data=self.data, device=self.device)

    @property
    def _protocol(self) -> Protocol:
        return self.data.protocol

    def _methods(self, spec: str) -> Methods:
        return Methods(self._protocol, (spec,))

    def _card(self, spec: str) -> MethodCard:
        return self._methods(spec).cards[spec]

    def _presets(self, spec: str) -> list[MapsPreset]:
        """Preset of the maps that a method works with, if it does."""
        card = self._card(spec)
        return [self._protocol.maps.preset_of(card)] if "maps" in card.needs else []

    def _cells(self, spec: str) -> list[Cell]:
        cells = plan_cells(
            {spec: self._card(spec)},
            scanners=self.data.scanner_names,
            folds=self._protocol.split.folds,
            seeds=self._protocol.seeds,
            # Maps of other loss cases make variants, which are nobody's rivals.
            cases=lambda card: self._protocol.maps.harmonized_cases(card)[:1],
        )
        runner = self._runner(spec)
        return [cell for cell in cells if not runner.people(cell).nobody]

    def _fitted(self) -> list[str]:
        """Methods of the protocol that the run has fitted."""
        named = self._protocol.harmonizers
        cells = {spec: self._cells(spec) for spec in named}
        return [spec for spec, own in cells.items() if own and all(map(self._is_fitted, own))]

    def _is_fitted(self, cell: Cell) -> bool:
        return (self.run.cell_record(cell.name) or {}).get("status") == "done"

    def _runner(self, spec: str) -> CellRunner:
        # As the run makes it, tissues and all: who measures is part of what identifies a cell.
        return make_runner(
            self.run,
            self.data,
            self._methods(spec),
            configuration=self.configuration,
            device=self.device,
        )

    def _with_twice(self, spec: str) -> Protocol:
        """Return the protocol with twice the budget for one method."""
        plan = doubled(self._methods(spec).settings(spec).get("training", {}))
        own = self._protocol.settings.get(spec, {}) | {"training": plan}
        return self._protocol.model_copy(update={"settings": self._protocol.settings | {spec: own}})

    def _measure_maps(self, preset: MapsPreset) -> None:
        maps, (seed,) = self._protocol.maps, self._protocol.seeds
        case = maps.cases_of(preset)[0]
        cell = maps_cell(preset, case, seed)
        content = {"training": doubled(maps.training, epochs=GENERATOR_PLAN.epochs)}
        single = self._runner(next(filter(self._presets, self._protocol.harmonizers)))
        self._require(cell, fitted=single.map_cells.has(preset, case, seed))
        if not self._records.known(cell, content):
            more = self._protocol.model_copy(update={"maps": maps.model_copy(update=content)})
            runner = replace(single, data=replace(self.data, protocol=more))
            after = runner.map_cells.fit(preset, case, seed)
            before = MapsGenerator.load(self.run.cells / cell / "model", device=self.device)
            name = _MAPS if preset == "corrected" else f"{_MAPS}-{preset}"
            self._records.keep(cell, content, self._scores.map_rows(name, before, after))

    def _require(self, cell: str, *, fitted: bool) -> None:
        if not fitted:
            raise InputError(
                f"{self.run.root}: {cell} is missing, or was made by another version or other "
                "settings; run the benchmark again first."
            )

    def collect(self) -> pd.DataFrame:
        """Gather what was measured of the run, in this call or before, into its table."""
        rows = self._records.rows()
        table = pd.DataFrame(rows, columns=list(CONVERGENCE_TYPES)).astype(CONVERGENCE_TYPES)
        with atomic_file(self.run.root / f"{CONVERGENCE}.parquet") as path:
            table.to_parquet(path, index=False)
        return table


def _learns(spec: str) -> bool:
    return "training" in accepted_settings(spec)


def doubled(training: dict[str, Any], *, epochs: int | None = None) -> dict[str, Any]:
    """Return changes of a training plan with twice the steps, or else twice the epochs.

    Parameters
    ----------
    training : dict
        Changes of a plan.
    epochs : int, optional
        Of the plan that is changed.

    Raises
    ------
    InputError
        If neither is known.

    Examples
    --------
    >>> doubled({"steps": 300, "batch_size": 8})
    {'steps': 600, 'batch_size': 8}
    >>> doubled({}, epochs=4)
    {'epochs': 8}
    """
    if training.get("steps") is not None:
        return training | {"steps": 2 * training["steps"]}
    known = training.get("epochs", epochs)
    if known is None:
        raise InputError(
            "the protocol names neither steps nor epochs, so that nobody knows what twice of it "
            "is; set [training] steps."
        )
    return training | {"epochs": 2 * known}
