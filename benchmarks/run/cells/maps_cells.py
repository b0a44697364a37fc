"""The cells of maps generators."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from phycharm.errors import InputError
from phycharm.method.maps import MapsGenerator
from phycharm.networks.keeping.kept_fit import seconds_before
from phycharm.utils.seeding import derived_seed

from ...protocol.run_data import RunData
from ...protocol.sections import MapsPreset
from ...scoring.map_scores import score_maps
from ..history import write_history
from .cell_place import CellPlace
from .fitted_ahead import FittedAhead


@dataclass(kw_only=True)
class MapsCells:
    """Fits and scores maps generators, by preset, loss case and seed.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    place : CellPlace
        Where cells go.
    fitted : dict of str to FittedAhead
        What was fitted together with others, by the names of the cells; what is used is taken out.
    """

    data: RunData
    place: CellPlace
    fitted: dict[str, FittedAhead]

    def run(self, preset: MapsPreset, case: int, seed: int) -> None:
        """Fit and score a generator, unless it is done."""
        about = {"harmonizer": "maps", "scanners": self.data.scanner_names, "fold": 0}
        self.place.finish(
            maps_cell(preset, case, seed),
            self._content(preset, case, seed),
            partial(self._done, preset, case, seed),
            about={**about, "preset": preset, "case": case, "seed": seed},
        )

    def has(self, preset: MapsPreset, case: int, seed: int) -> bool:
        """Whether the run has fitted that generator, and as it would be fitted now."""
        return self.place.is_done(maps_cell(preset, case, seed), self._content(preset, case, seed))

    def fit(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        """Fit a generator, and do no more."""
        train, validation, _ = self.data.quantitative_parts()
        generator = MapsGenerator(
            preset=preset,
            case=case,
            training=self.data.protocol.maps.training,
            seed=derived_seed(seed, "maps"),
            device=self.place.device,
        )
        return generator.fit(train, validation, scanners=self.data.cohort.scanners)

    def fit_ahead(self, preset: MapsPreset, case: int, seed: int) -> FittedAhead:
        """Fit a generator before its cell is begun."""
        return self.place.ahead(
            maps_cell(preset, case, seed),
            self._content(preset, case, seed),
            partial(self.fit, preset, case, seed),
        )

    def generator(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        """Return the generator of a cell, which is done first if need be.

        Raises
        ------
        InputError
            If it failed.
        """
        self.run(preset, case, seed)
        name = maps_cell(preset, case, seed)
        record = self.place.run.cell_record(name) or {}
        if record.get("status") != "done":
            raise InputError(f"its maps generator failed: {record.get('error')}")
        folder = self.place.run.cells / name / "model"
        return MapsGenerator.load(folder, device=self.place.device)

    def content_of(self, preset: MapsPreset) -> dict[str, Any]:
        """Return what decides the maps of a preset, besides case, seed and data."""
        training = self.data.protocol.maps.training
        content = {"preset": preset, "revision": MapsGenerator.revision, "training": training}
        others = self.data.mapped
        return content if others is None else content | {"people": others.fingerprint}

    def _content(self, preset: MapsPreset, case: int, seed: int) -> dict[str, Any]:
        return {"maps": self.content_of(preset), "preset": preset, "case": case, "seed": seed}

    def _done(self, preset: MapsPreset, case: int, seed: int, folder: Path) -> dict[str, Any]:
        start = time.perf_counter()
        ahead = self.fitted.pop(maps_cell(preset, case, seed), None) or FittedAhead(
            self.fit(preset, case, seed), time.perf_counter() - start + seconds_before(), 1
        )
        generator, seconds, together = ahead
        fitted = time.perf_counter()
        generator.save(folder / "model")
        write_history(folder, generator.history)
        score_maps(generator, self.data, folder, seed=seed)
        return {
            "repr": repr(generator),
            "deviations": [*generator.deviations, *self.data.substitutes],
            "fit_seconds": round(seconds, 2),
            "fitted_together": together,
            "parameters": generator.parameters,
            "score_seconds": round(time.perf_counter() - fitted, 2),
        }


def maps_cell(preset: MapsPreset, case: int, seed: int) -> str:
    """Return the name of the cell of a maps generator."""
    return f"maps_{preset}_case-{case}_seed-{seed}"
