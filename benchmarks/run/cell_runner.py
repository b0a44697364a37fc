"""Running cells: fit, save, harmonize, score; each lands whole or not at all."""

import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from phycharm.data.intensity import STANDARDIZATION_REVISION
from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import can_be_saved
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.networks.curves import curves_in
from phycharm.networks.keeping.kept_fit import kept_in, seconds_before
from phycharm.utils.arrays import Image
from phycharm.utils.atomic import atomic_folder, is_full, write_json
from phycharm.utils.device import flushed_denormals
from phycharm.utils.memory import peak_memory
from phycharm.utils.seeding import derived_seed

from ..metrics import as_records
from ..protocol.cells import Cell, fingerprint
from ..protocol.run_data import RunData
from ..protocol.sections import MapsPreset
from ..scoring.controls import CONTROLS, RESCAN
from ..scoring.evaluation import Evaluation
from ..scoring.image_scorer import ImageScorer
from ..scoring.map_scores import score_maps
from ..scoring.tissue_scorer import TissueScorer
from ..scoring.tissues import TISSUE_METRICS
from ..scoring.unsegmented import segmentation_failures
from .environment import environment, hardware
from .fit_people import FitPeople
from .history import write_history
from .methods import Methods
from .run_folder import FORMAT, LEFT_OUT, TENSORBOARD, RunFolder, file_sizes


class Ahead(NamedTuple):
    """What was fitted before its cell was begun.

    Parameters
    ----------
    method : Harmonizer or MapsGenerator
        Fitted.
    seconds : float
        How long it took.
    together : int
        How many were fitted together.
    """

    method: Any
    seconds: float
    together: int


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
    fitted: dict[str, Ahead] = field(default_factory=dict)
    """What was fitted together with others, by the names of the cells."""

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
        self._finish(cell.name, {"cell": cell.__dict__}, work, about=_about(cell))

    def has_control(self, cell: Cell) -> bool:
        """Whether the run has finished a control's cell, and as it would be made now."""
        return self.run.is_done(cell.name, self._fingerprint({"cell": cell.__dict__}))

    def _rescan(self, target: Scan) -> Image | None:
        again = self.data.rescan(target)
        return None if again is None else again.image

    def _control(
        self, cell: Cell, make: Callable[[Scan], Image | None], folder: Path
    ) -> dict[str, Any]:
        self._evaluation(cell, folder).run(lambda _, target: make(target), of_target=True)
        return {}

    def maps(self, preset: MapsPreset, case: int, seed: int) -> None:
        """Fit and score the maps generator of one preset with one loss case."""
        about = {"harmonizer": "maps", "scanners": self.data.scanner_names, "fold": 0}
        self._finish(
            maps_cell(preset, case, seed),
            self._content_of_maps(preset, case, seed),
            partial(self._maps, preset, case, seed),
            about={**about, "preset": preset, "case": case, "seed": seed},
        )

    def has_maps(self, preset: MapsPreset, case: int, seed: int) -> bool:
        """Whether the run has fitted that generator, and as it would be fitted now."""
        wanted = self._fingerprint(self._content_of_maps(preset, case, seed))
        return self.run.is_done(maps_cell(preset, case, seed), wanted)

    def fit_maps_ahead(self, preset: MapsPreset, case: int, seed: int) -> Ahead:
        """Fit a maps generator before its cell is begun."""
        content = self._content_of_maps(preset, case, seed)
        return self._ahead(
            maps_cell(preset, case, seed), content, partial(self.fit_maps, preset, case, seed)
        )

    def _content_of_maps(self, preset: MapsPreset, case: int, seed: int) -> dict[str, Any]:
        return {"maps": self._maps_content(preset), "preset": preset, "case": case, "seed": seed}

    def _maps_content(self, preset: MapsPreset) -> dict[str, Any]:
        """Return what decides the maps of a preset, besides case, seed and data."""
        training = self.data.protocol.maps.training
        content = {"preset": preset, "revision": MapsGenerator.revision, "training": training}
        others = self.data.mapped
        return content if others is None else content | {"people": others.fingerprint}

    def fit_maps(self, preset: MapsPreset, case: int, seed: int) -> MapsGenerator:
        """Fit the maps generator of one preset with one loss case, and do no more."""
        train, validation, _ = self.data.quantitative_parts()
        generator = MapsGenerator(
            preset=preset,
            case=case,
            training=self.data.protocol.maps.training,
            seed=derived_seed(seed, "maps"),
            device=self.device,
        )
        return generator.fit(train, validation, scanners=self.data.cohort.scanners)

    def _maps(self, preset: MapsPreset, case: int, seed: int, folder: Path) -> dict[str, Any]:
        start = time.perf_counter()
        ahead = self.fitted.pop(maps_cell(preset, case, seed), None) or Ahead(
            self.fit_maps(preset, case, seed), time.perf_counter() - start + seconds_before(), 1
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

    def harmonizer(self, cell: Cell) -> None:
        """Fit and evaluate one method in one cell, unless there is nobody to learn from."""
        people = self.people(cell)
        work = _nothing if people.nobody else partial(self._harmonizer, cell)
        self._finish(cell.name, self._content(cell), work, about=_about(cell) | people.record())

    def people(self, cell: Cell) -> FitPeople:
        """Return from whom the method of a cell learns."""
        return FitPeople(data=self.data, cell=cell, card=self.methods.cards[cell.spec])

    def has(self, cell: Cell) -> bool:
        """Whether the run has finished a method's cell, and as it would be made now."""
        return self.run.is_done(cell.name, self._fingerprint(self._content(cell)))

    def _content(self, cell: Cell) -> dict[str, Any]:
        content = {
            "cell": cell.__dict__,
            "revision": self.methods.cards[cell.spec].revision,
            "settings": self.methods.settings(cell.spec),
        }
        if cell.case is not None:
            content["maps"] = self._maps_content(self._preset(cell))
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

    def fit_ahead(self, cell: Cell) -> Ahead:
        """Fit the method of a cell before the cell is begun."""
        return self._ahead(cell.name, self._content(cell), lambda: self.fit(cell)[0])

    def _ahead(self, name: str, content: dict[str, Any], fit: Callable[[], Any]) -> Ahead:
        # Which numbers count as zero is a thread's own affair.
        with self._kept(name, self._fingerprint(content)), flushed_denormals():
            return Ahead(fit(), seconds_before(), 1)

    def _harmonizer(self, cell: Cell, folder: Path) -> dict[str, Any]:
        ahead = self.fitted.pop(cell.name, None) or Ahead(*self.fit(cell), 1)
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
        self.maps(preset, case, seed)
        name = maps_cell(preset, case, seed)
        record = self.run.cell_record(name) or {}
        if record.get("status") != "done":
            raise InputError(f"its maps generator failed: {record.get('error')}")
        return MapsGenerator.load(self.run.cells / name / "model", device=self.device)

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

    def _fingerprint(self, content: dict[str, Any]) -> str:
        return fingerprint(
            {"configuration": self.configuration, "scoring": self._scoring, **content}
        )

    @cached_property
    def _scoring(self) -> dict[str, Any]:
        """What decides scores besides method and images: who measures, how, and against what."""
        wanted = self.data.protocol.metrics
        tissues = self.tissues
        names = [*wanted, *(TISSUE_METRICS if tissues else ())]
        return {
            "scorer": ImageScorer.revision,
            "standardization": STANDARDIZATION_REVISION,
            "segmenter": f"{tissues.segmenter.name} {tissues.segmenter.revision}"
            if tissues
            else "",
            "metrics": as_records(names),
            "truth": self.data.dataset.truth_fingerprint,
        }

    def _finish(
        self,
        name: str,
        content: dict[str, Any],
        work: Callable[[Path], dict[str, Any]],
        *,
        about: dict[str, Any],
    ) -> None:
        """Do a cell's work unless it is done, and put the cell in its place."""
        wanted = self._fingerprint(content)
        if self.run.is_done(name, wanted):
            return
        record = {"format": FORMAT, "cell": name, **about, "fingerprint": wanted}
        with self._kept(name, wanted), atomic_folder(self.run.cells / name) as folder:
            try:
                if name in self.hopeless:
                    raise InputError(self.hopeless[name])
                result = {"status": "done", "error": "", **work(folder)}
                result["warnings"] = segmentation_failures(folder)
            except (Exception, SystemExit) as error:  # an outsider's method may raise anything
                if is_full(error):
                    raise  # nobody's fault, and every further cell would end alike
                _empty(folder)
                result = {"status": "failed", "error": one_line(error), "warnings": []}
            measured = {
                "device": self.device,
                "peak_memory_mb": round(peak_memory() / 1024**2, 1),
                "environment": environment(),
                "hardware": hardware(self.device),
            }
            write_json(
                folder / "cell.json", record | measured | result | {"files": file_sizes(folder)}
            )
        if result["status"] != "failed":  # what was learned before a failure is of use once more
            self.run.forget_unfinished(name)

    @contextmanager
    def _kept(self, name: str, wanted: str) -> Iterator[None]:
        """Keep the trainings of a cell until it is in its place, and draw their curves."""
        with ExitStack() as stack:
            stack.enter_context(kept_in(self.run.unfinished / name / wanted[:16]))
            if self.tensorboard:
                stack.enter_context(curves_in(self.run.root / TENSORBOARD / name))
            yield


def maps_cell(preset: MapsPreset, case: int, seed: int) -> str:
    """Return the name of the cell of a maps generator."""
    return f"maps_{preset}_case-{case}_seed-{seed}"


def one_line(error: BaseException) -> str:
    """Say in one line what went wrong."""
    text = " ".join(str(error).split())
    kind = type(error).__name__
    return text if kind == "InputError" else f"{kind}: {text}"


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


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
