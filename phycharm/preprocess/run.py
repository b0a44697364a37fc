"""`phycharm preprocess`: a raw dataset in, a dataset that benchmarks read out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..data.bids.bids_dataset import BidsDataset
from ..errors import InputError
from .brain.brain_engines import brain_engine
from .excluded import Excluded
from .imaging.space import Matrix
from .out_folder import OutFolder
from .parallel import run_tasks
from .preprocess_settings import PreprocessSettings
from .registration.aligners import aligner
from .registration.alignment import Alignment
from .scan_summary import ScanSummary
from .source_scan import SourceScan
from .sources import find_sources, scanner_order
from .stages.align_stage import align_map, align_scan
from .stages.brain_stage import BrainRecord, find_brain
from .stages.finish_stage import Finisher
from .stages.person_plan import PersonPlan, plan_person
from .stages.stage_cache import StageCache


@dataclass(frozen=True, kw_only=True)
class PreprocessResult:
    """Outcome of a preprocessing.

    Parameters
    ----------
    folder : Path
        The preprocessed dataset.
    scans : tuple of ScanSummary
        What was written, with its numbers.
    excluded : tuple of Excluded
        What was left out, and why.
    notes : tuple of str
        What else the user should know.
    """

    folder: Path
    scans: tuple[ScanSummary, ...]
    excluded: tuple[Excluded, ...]
    notes: tuple[str, ...]


def preprocess_dataset(
    dataset: BidsDataset | str | Path,
    out: str | Path,
    settings: PreprocessSettings | None = None,
    *,
    jobs: int = 1,
) -> PreprocessResult:
    """Preprocess all T1w images of a dataset, or go on where an earlier call was interrupted.

    Every scan: RAS axes, no neck, brain mask; registration to the person's scan on the reference
    scanner, checked, and tried again from other starts where it failed; one interpolation to the
    person's grid; the brain that all scans of the person show; N4.

    Parameters
    ----------
    dataset : BidsDataset, str or Path
        The raw data.
    out : str or Path
        Dataset to write; finished stages in it are not done again.
    settings : PreprocessSettings, optional
        Voxel size, engines and the rest.
    jobs : int
        Processes at once, each on one thread. The results do not depend on it.

    Returns
    -------
    PreprocessResult
        A scan that fails is left out and named, and the others go on.

    Raises
    ------
    InputError
        If there is no T1w image, `out` cannot be used, or every scan fails.
    """
    raw = dataset if isinstance(dataset, BidsDataset) else BidsDataset(dataset)
    if jobs < 1:
        raise InputError(f"--jobs {jobs}: give a number of processes, 1 at least.")
    folder = OutFolder(Path(out))
    try:
        with folder.claimed(raw):
            return _Run(raw, folder, settings or PreprocessSettings(), jobs).result()
    except OSError as error:
        if error.filename is not None:
            raise
        # A full disk has no name; what was finished stays.
        raise InputError(
            f"{out}: {error.strerror or error}; make room. The same command goes on from here."
        ) from error


@dataclass
class _Run:
    raw: BidsDataset
    folder: OutFolder
    settings: PreprocessSettings
    jobs: int
    excluded: list[Excluded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = StageCache(self.folder.cache)
        # Engines that are not there are told before anything is computed.
        brain_engine(self.settings.brain)
        aligner(self.settings.engine)
        self.sources = find_sources(self.raw)
        self.scans = [scan for scan in self.sources if scan.kind == "T1w"]
        self.order = scanner_order(self.scans, reference=self.settings.reference)

    def result(self) -> PreprocessResult:
        brains = self._brains()
        alignments = self._alignments(brains)
        plans = self._plans(brains, alignments)
        maps = self._maps(plans)
        seconds = self._finish(plans, maps)
        summaries = self._summaries(plans, alignments, seconds)
        written = [scan for plan in plans.values() for scan in _scans(plan)]
        written += [scan for scan, _, _ in maps]
        self.folder.describe(
            self.raw,
            self.settings,
            written=written,
            summaries=summaries,
            excluded=self.excluded,
            notes=self.notes,
        )
        return PreprocessResult(
            folder=self.folder.root,
            scans=tuple(summaries),
            excluded=tuple(self.excluded),
            notes=tuple(self.notes),
        )

    def _brains(self) -> dict[str, tuple[SourceScan, BrainRecord]]:
        """Find the brain of every scan."""
        tasks = {
            scan.name: partial(find_brain, scan, self.settings, self.cache) for scan in self.scans
        }
        found = self._through("brain masks", tasks)
        brains = {scan.name: (scan, found[scan.name]) for scan in self.scans if scan.name in found}
        if not brains:
            raise InputError(f"No scan is left: {self.excluded[0].reason}")
        return brains

    def _alignments(
        self, brains: dict[str, tuple[SourceScan, BrainRecord]]
    ) -> dict[str, tuple[Alignment, float] | None]:
        """Register a person's scans to the reference; None stands for the reference itself."""
        references: dict[str, tuple[SourceScan, BrainRecord]] = {}
        tasks: dict[str, Callable[[], tuple[Alignment, float]]] = {}
        for name, (scan, brain) in sorted(brains.items(), key=lambda one: self._rank(one[1][0])):
            fixed = references.setdefault(scan.subject, (scan, brain))
            if fixed[0] is not scan:
                tasks[name] = partial(align_scan, fixed, (scan, brain), self.settings, self.cache)
        found = self._through("registration", tasks)
        good: dict[str, tuple[Alignment, float] | None] = {
            scan.name: None for scan, _ in references.values()
        }
        for name, outcome in found.items():
            if outcome[0].problem:
                self._exclude(brains[name][0], f"registration failed: {outcome[0].problem}")
            else:
                good[name] = outcome
        if tasks and len(good) == len(references):
            raise InputError(
                f"Registration failed for every scan, first {self.excluded[0].name} "
                f"({self.excluded[0].reason}); look at the brain masks, or take other engines."
            )
        return good

    def _rank(self, scan: SourceScan) -> tuple[str, int, int]:
        return scan.subject, self.order.index(scan.scanner), scan.run

    def _plans(
        self,
        brains: dict[str, tuple[SourceScan, BrainRecord]],
        alignments: dict[str, tuple[Alignment, float] | None],
    ) -> dict[str, PersonPlan]:
        """Lay every person's grid."""
        people: dict[str, list[tuple[SourceScan, BrainRecord, Matrix]]] = {}
        for name in sorted(alignments, key=lambda name: self._rank(brains[name][0])):
            scan, brain = brains[name]
            found = alignments[name]
            matrix = np.eye(4) if found is None else found[0].matrix
            people.setdefault(scan.subject, []).append((scan, brain, matrix))
        tasks = {
            f"sub-{person}": partial(plan_person, scans, self.settings, self.cache)
            for person, scans in people.items()
        }
        found_plans = self._through("common brains", tasks)
        for name, plan in found_plans.items():
            if plan.note:
                self.notes.append(f"{name}: {plan.note}.")
        return found_plans

    def _maps(self, plans: dict[str, PersonPlan]) -> list[tuple[SourceScan, Matrix, PersonPlan]]:
        """Find the way of every quantitative image to its person's grid."""
        found = []
        for scan in self.sources:
            plan = plans.get(f"sub-{scan.subject}")
            if scan.kind == "T1w" or plan is None:
                continue
            # The map was computed from the inversions, and lies where they do.
            guide = next(
                (
                    other
                    for other in self.sources
                    if other.kind == "inv-2" and other.subject == scan.subject
                ),
                scan,
            )
            reference = plan.scans[0]
            try:
                matrix, note = align_map((reference.scan, reference.brain), guide, self.cache)
            except InputError as error:
                self._exclude(scan, str(error))
                continue
            if note:
                self.notes.append(f"{scan.name}: placed by its header ({note}).")
            found.append((scan, matrix @ reference.matrix, plan))
        return found

    def _finish(
        self,
        plans: dict[str, PersonPlan],
        maps: list[tuple[SourceScan, Matrix, PersonPlan]],
    ) -> dict[str, float]:
        finisher = Finisher(out=self.folder.root, settings=self.settings, cache=self.cache)
        tasks = {
            planned.scan.name: partial(
                finisher.finish, planned.scan, planned.matrix, plan, planned.brain
            )
            for plan in plans.values()
            for planned in plan.scans
        }
        tasks |= {
            scan.name: partial(finisher.finish, scan, matrix, plan) for scan, matrix, plan in maps
        }
        return self._through("resampling", tasks)

    def _summaries(
        self,
        plans: dict[str, PersonPlan],
        alignments: dict[str, tuple[Alignment, float] | None],
        seconds: dict[str, float],
    ) -> list[ScanSummary]:
        found = []
        for plan in plans.values():
            for planned in plan.scans:
                name, aligned = planned.scan.name, alignments[planned.scan.name]
                if name not in seconds:
                    continue
                spent = planned.brain.seconds + seconds[name]
                found.append(
                    ScanSummary.of(
                        planned.scan,
                        planned.brain,
                        alignment=None if aligned is None else aligned[0],
                        common_ml=plan.volume_ml,
                        seconds=spent + (0 if aligned is None else aligned[1]),
                    )
                )
        return found

    def _through(self, label: str, tasks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        """Run a stage; whatever fails in it is excluded, and the rest is returned."""
        outcomes = run_tasks(label, list(tasks.items()), jobs=self.jobs)
        by_name = {scan.name: scan for scan in self.sources}
        good = {}
        for name, outcome in outcomes.items():
            if not isinstance(outcome, InputError):
                good[name] = outcome
            elif name in by_name:
                self._exclude(by_name[name], str(outcome))
            else:
                raise outcome
        return good

    def _exclude(self, scan: SourceScan, reason: str) -> None:
        self.excluded.append(Excluded(name=scan.name, file=scan.relative, reason=reason))


def _scans(plan: PersonPlan) -> list[SourceScan]:
    return [planned.scan for planned in plan.scans]
