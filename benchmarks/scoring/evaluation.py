"""Evaluating one cell: harmonize everybody who is evaluated, write the images, score them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from phycharm.data.scan import Scan
from phycharm.harmonizers.card import untold_name
from phycharm.utils.arrays import Image
from phycharm.utils.progress import progress_bar

from ..metrics.image_scores import AGAINST_SOURCE
from ..protocol.cells import Cell
from ..protocol.run_data import RunData
from .cases import Case, CaseMaker, MakeImage
from .features import image_features
from .image_scorer import ImageScorer
from .image_writer import ImageWriter
from .tables.cell_tables import CellTables
from .tissue_scorer import JudgedTissues, TissueScorer
from .tissues import TissuesInMask
from .volumes import known_losses


@dataclass(kw_only=True)
class Evaluation:
    """Evaluation of one cell: images made, written and scored.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    scorer : ImageScorer
        For the image metrics.
    tissues : TissueScorer, optional
        For the tissue metrics.
    cell : Cell
        Who is evaluated.
    folder : Path
        Of the cell.
    left_out : collection of (str, str)
        Sources and targets that the method was not fitted to, for want of people.
    people : sequence of (str, str), optional
        Splits and labels of who is evaluated; by default everybody of the fold.
    """

    data: RunData
    scorer: ImageScorer
    tissues: TissueScorer | None
    cell: Cell
    folder: Path
    left_out: Collection[tuple[str, str]] = ()
    people: Sequence[tuple[str, str]] | None = None

    def run(
        self,
        make: MakeImage,
        *,
        reference: Callable[[Scan], Image] | None = None,
        untold: MakeImage | None = None,
        of_target: bool = False,
    ) -> None:
        """Evaluate a way of making images.

        Parameters
        ----------
        make : callable
            `make(source, target)` returns an image from two scans of one person, or None where
            there is none to evaluate. For methods it looks at the target's scanner only.
        reference : callable, optional
            `reference(target)` returns what the image is compared with; by default the target
            scan's own image.
        untold : callable, optional
            Like `make`: doing nothing in a common domain, scored beside the method under a name of
            its own (`untold_name`).
        of_target : bool
            Whether the image follows from the target alone, so that it is the same from every
            source: it is scored once, and not written.
        """
        maker = CaseMaker(
            data=self.data,
            scanners=self.cell.scanners,
            left_out=self.left_out,
            make=make,
            reference=reference,
            untold=untold,
        )
        everybody = self.data.design.evaluated_in(self.data.design.fold(self.cell.fold))
        people = everybody if self.people is None else self.people
        with (
            CellTables(self.folder, tissues=self.tissues is not None) as tables,
            progress_bar(f"{self.cell.name}: evaluating", len(people)) as bar,
            ImageWriter(behind=self._has_core_to_spare) as writer,
        ):
            for split, subject in people:
                told: set[str] = set()
                for cases in maker.cases(split, subject):
                    groups = _by_target(cases) if of_target else [[case] for case in cases]
                    if not of_target:
                        self._keep(cases, writer)
                    for group, found in self._judged(groups, common_domain=reference is not None):
                        self._score(group, found, tables, common_domain=reference is not None)
                        self._measure(group, found, tables, told)
                tables.flush()
                bar.advance(detail=f"sub-{subject}")

    @property
    def _has_core_to_spare(self) -> bool:
        return self.scorer.device != "cpu" or torch.get_num_threads() > 1

    def _keep(self, cases: list[Case], writer: ImageWriter) -> None:
        folder = self.folder / "images"
        writer.write(
            [
                (folder / f"{case.stem}_T1w.nii.gz", case.image, case.source.affine)
                for case in cases
                if not case.untold
            ]
        )

    def _judged(
        self, groups: list[list[Case]], *, common_domain: bool
    ) -> list[tuple[list[Case], JudgedTissues | None]]:
        """Segment the image of each group of cases, and put what its tissues come to beside it."""
        if self.tissues is None:
            return [(group, None) for group in groups]
        cases = [group[0] for group in groups]
        found = self.tissues.score(
            [case.evaluated for case in cases],
            [case.target for case in cases],
            [self.folder / "segmentations" / case.stem for case in cases],
            common_domain=common_domain,
        )
        return list(zip(groups, found, strict=True))

    def _score(
        self,
        group: list[Case],
        found: JudgedTissues | None,
        tables: CellTables,
        *,
        common_domain: bool,
    ) -> None:
        """Score one image, which is the same in every case of the group."""
        metrics = [*self.scorer.metrics, *(AGAINST_SOURCE if common_domain else ())]
        counted = self.scorer.histogram(group[0].image, group[0].target)
        values: dict[str, float] = {}
        for case in group:
            # Most metrics do not look at the source.
            wanted = [m for m in metrics if m not in values or m in AGAINST_SOURCE]
            values |= self.scorer.score(case.image, case.source, case.target, metrics=wanted)
            scores = [(name, "", values[name]) for name in dict.fromkeys(metrics)]
            self._record(case, scores + ([] if found is None else found.scores), tables)
            tables.count(self._place(case, case.source), counted.edges, counted.counts)

    def _record(self, case: Case, scores: list[tuple[str, str, float]], tables: CellTables) -> None:
        protocol = self.data.protocol
        head = {"protocol": protocol.name, "protocol_version": protocol.version}
        head |= self._place(case, case.source)
        tables.add(
            "scores",
            [
                {**head, "metric": metric, "tissue": tissue, "value": value}
                for metric, tissue, value in scores
            ],
        )

    def _measure(
        self, group: list[Case], found: JudgedTissues | None, tables: CellTables, told: set[str]
    ) -> None:
        """Keep volumes and features of an image, and once a target of the target's own."""
        first, name = group[0], group[0].target.scanner.name
        if first.untold:
            return
        made = None if found is None else found.image
        features = image_features(first.image, first.target, made)
        for case in group:
            self._tell(self._place(case, case.source), features, made, found, tables)
        if name not in told:
            told.add(name)
            goal = None if found is None else found.reference
            features = image_features(first.target.image, first.target, goal)
            self._tell(self._place(first, first.target), features, goal, found, tables)

    def _tell(
        self,
        place: dict[str, Any],
        features: dict[str, float],
        tissues: TissuesInMask | None,
        found: JudgedTissues | None,
        tables: CellTables,
    ) -> None:
        tables.add("features", [place | features])
        if found is None:
            return
        lost = self._losses.get(place["subject"], float("nan"))
        rows = []
        for tissue, true_ml in found.true_ml.items():
            volume = float("nan") if tissues is None else tissues.volumes_ml[tissue]
            known = lost if tissue == "GM" else float("nan")
            measured = {"volume_ml": volume, "true_ml": true_ml, "known_loss": known}
            rows.append({**place, "tissue": tissue, **measured})
        tables.add("volumes", rows)

    def _place(self, case: Case, source: Scan) -> dict[str, Any]:
        own = self.cell.harmonizer
        return {
            "split": case.split,
            "fold": self.cell.fold,
            "source": source.scanner.name,
            "target": case.target.scanner.name,
            "subject": case.source.subject,
            "harmonizer": untold_name(own) if case.untold else own,
            "seed": self.cell.seed,
        }

    @cached_property
    def _losses(self) -> dict[str, float]:
        return known_losses(self.data.dataset.root)


def _by_target(cases: list[Case]) -> list[list[Case]]:
    """Put the cases together whose image is the same: those of one target."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.target.scanner.name, []).append(case)
    return list(groups.values())
