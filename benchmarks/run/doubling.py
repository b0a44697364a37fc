"""Twice the budget for the methods of a run, and what it gains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from phycharm.data.quantitative import QuantitativeScan
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external import accepted_settings
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.method.maps.preprint import GENERATOR_PLAN
from phycharm.utils.arrays import Mask
from phycharm.utils.atomic import atomic_file, write_json
from phycharm.utils.json_file import read_object

from ..protocol.cells import Cell, fingerprint, plan_cells
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..protocol.sections import MapsPreset
from ..scoring.image_scorer import ImageScorer
from ..scoring.map_scores import PURE, tissue_masks
from ..scoring.scores import read_scores
from .cell_runner import CellRunner, maps_cell
from .methods import Methods
from .run_folder import CONVERGENCE, RunFolder

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


SCORE = "ssim"
"""Metric by which images are judged."""

_T1_ERROR = "t1_error"
_MAPS = "maps"
_Row = dict[str, Any]


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
            if not self._known(cell.name, content):
                method, _ = replace(self._runner(name), methods=changed).fit(cell)
                self._keep(cell.name, content, self._direction_rows(cell, method))

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
        return list(cells)

    def _fitted(self) -> list[str]:
        """Methods of the protocol that the run has fitted."""
        named = self._protocol.harmonizers
        return [spec for spec in named if all(map(self._is_fitted, self._cells(spec)))]

    def _is_fitted(self, cell: Cell) -> bool:
        return (self.run.cell_record(cell.name) or {}).get("status") == "done"

    def _runner(self, spec: str) -> CellRunner:
        return CellRunner(
            data=self.data,
            methods=self._methods(spec),
            run=self.run,
            configuration=self.configuration,
            device=self.device,
        )

    def _with_twice(self, spec: str) -> Protocol:
        """Return the protocol with twice the budget for one method."""
        plan = doubled(self._methods(spec).settings(spec).get("training", {}))
        own = self._protocol.settings.get(spec, {}) | {"training": plan}
        return self._protocol.model_copy(update={"settings": self._protocol.settings | {spec: own}})

    def _direction_rows(self, cell: Cell, method: Harmonizer) -> Iterator[_Row]:
        single = read_scores(self.run.cells / cell.name / "scores.parquet")
        single = single[(single["metric"] == SCORE) & (single["split"] == "validation")]
        before = single.set_index(["source", "target", "subject"])["value"]
        scorer = ImageScorer(metrics=[SCORE], device=self.device)
        steps = _steps(method.history, len(cell.scanners) * (len(cell.scanners) - 1))
        for a, b in permutations(cell.scanners, 2):
            for subject in self._people:
                source, target = (self.data.cohort.scan(subject, name) for name in (a, b))
                image = method.harmonize(source, target.scanner)
                yield self._row(cell.harmonizer, a, b, subject) | {
                    "metric": SCORE,
                    "steps": steps,
                    "value": float(before.loc[(a, b, subject)]),
                    "value_doubled": scorer.score(image, source, target)[SCORE],
                }

    def _measure_maps(self, preset: MapsPreset) -> None:
        maps, (seed,) = self._protocol.maps, self._protocol.seeds
        case = maps.cases_of(preset)[0]
        cell = maps_cell(preset, case, seed)
        content = {"training": doubled(maps.training, epochs=GENERATOR_PLAN.epochs)}
        single = self._runner(next(filter(self._presets, self._protocol.harmonizers)))
        self._require(cell, fitted=single.has_maps(preset, case, seed))
        if not self._known(cell, content):
            more = self._protocol.model_copy(update={"maps": maps.model_copy(update=content)})
            runner = replace(single, data=replace(self.data, protocol=more))
            self._keep(cell, content, self._map_rows(cell, runner.fit_maps(preset, case, seed)))

    def _map_rows(self, cell: str, after: MapsGenerator) -> Iterator[_Row]:
        before = MapsGenerator.load(self.run.cells / cell / "model", device=self.device)
        name = _MAPS if after.preset == "corrected" else f"{_MAPS}-{after.preset}"
        for one, tissues in self._known_maps():
            yield self._row(name, one.scan.scanner.name, "", one.scan.subject) | {
                "metric": _T1_ERROR,
                "steps": _steps(after.history, 1),
                "value": _t1_error(before, one, tissues),
                "value_doubled": _t1_error(after, one, tissues),
            }

    def _known_maps(self) -> Iterator[tuple[QuantitativeScan, dict[str, Mask]]]:
        """Yield whose T1 is known: travellers whom states are chosen by, or people with maps."""
        found = False
        for one, tissues in self.data.true_maps():
            found = True
            yield one, {name: one.scan.mask & (tissues[name] > PURE) for name in ("GM", "WM")}
        _, people, _ = self.data.quantitative_parts()
        if not found and people is not None:
            for one in map(people.read, people.subjects):
                yield one, tissue_masks(one)

    @property
    def _people(self) -> Sequence[str]:
        (fold,) = self.data.design.folds
        return fold.validation

    def _row(self, harmonizer: str, source: str, target: str, subject: str) -> _Row:
        where = {"fold": self._protocol.split.folds[0], "seed": self._protocol.seeds[0]}
        return {"harmonizer": harmonizer, **where, "source": source, "target": target} | {
            "subject": subject
        }

    def _require(self, cell: str, *, fitted: bool) -> None:
        if not fitted:
            raise InputError(
                f"{self.run.root}: {cell} is missing, or was made by another version or other "
                "settings; run the benchmark again first."
            )

    def _path(self, cell: str) -> Path:
        return self.run.convergence / f"{cell}.json"

    def _wanted(self, cell: str, content: dict[str, Any]) -> str:
        single = self.run.cell_record(cell) or {}
        return fingerprint({"single": single.get("fingerprint"), **content})

    def _known(self, cell: str, content: dict[str, Any]) -> bool:
        path = self._path(cell)
        if not path.is_file():
            return False
        record = read_object(path, remedy="remove it and measure again")
        return record.get("fingerprint") == self._wanted(cell, content)

    def _keep(self, cell: str, content: dict[str, Any], rows: Iterator[_Row]) -> None:
        record = {"cell": cell, "fingerprint": self._wanted(cell, content), "rows": [*rows]}
        write_json(self._path(cell), record)

    def collect(self) -> pd.DataFrame:
        """Gather what was measured of the run, in this call or before, into its table."""
        paths = sorted(self.run.convergence.glob("[!.]*.json"))
        records = [read_object(path, remedy="remove it and measure again") for path in paths]
        rows = [row for record in records for row in record.get("rows", [])]
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


def _steps(history: Sequence[_Row], directions: int) -> int | None:
    """Return the steps of the single budget for a direction; None where none were counted."""
    counted = [row for row in history if row.get("step") is not None]
    if not counted:
        return None
    for_all = any(not row["source"] for row in counted)
    updates = max(int(row["step"]) for row in counted)
    return updates // (2 * (directions if for_all else 1))


def _t1_error(generator: MapsGenerator, one: QuantitativeScan, tissues: dict[str, Mask]) -> float:
    """Median of the absolute error of T1 over the true value, mean of grey and white matter."""
    t1, _ = generator.predict(one.scan)
    errors = np.abs(t1 - one.t1) / np.maximum(one.t1, 1)
    return float(np.mean([np.median(errors[where]) for where in tissues.values()]))
