"""Evaluating one cell: harmonize everybody who is evaluated, write the images, score them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from phycharm.data.nifti import write_volume
from phycharm.data.scan import Scan
from phycharm.utils.arrays import Image
from phycharm.utils.atomic import atomic_file
from phycharm.utils.progress import progress_bar

from ..metrics.image_scores import AGAINST_SOURCE
from ..protocol.cells import Cell
from ..protocol.run_data import RunData
from .controls import untold_name
from .features import image_features, write_features
from .image_scorer import ImageScorer
from .scores import score_table, write_scores
from .tissue_scorer import JudgedTissues, TissueScorer
from .tissues import TissuesInMask
from .volumes import known_losses, write_volumes

MakeImage = Callable[[Scan, Scan], Image | None]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One harmonized image: whose, between which scanners, and what it is compared with.

    `untold` is one of a method to a common domain that was told another scanner.
    """

    split: str
    source: Scan
    target: Scan
    image: Image
    untold: bool = False

    @property
    def stem(self) -> str:
        """Name of its files."""
        names = self.source.scanner.name, self.target.scanner.name
        untold = "_desc-untold" if self.untold else ""
        return f"sub-{self.source.subject}_from-{names[0]}_to-{names[1]}{untold}"

    @property
    def evaluated(self) -> Scan:
        """The image inside the target's mask, where alone it is evaluated; no negative voxels."""
        inside = np.where(self.target.mask, np.maximum(self.image, 0), np.float32(0))
        return self.target.with_image(inside)


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
    """

    data: RunData
    scorer: ImageScorer
    tissues: TissueScorer | None
    cell: Cell
    folder: Path
    left_out: Collection[tuple[str, str]] = ()
    _scores: list[dict[str, Any]] = field(default_factory=list)
    _histograms: list[dict[str, Any]] = field(default_factory=list)
    _volumes: list[dict[str, Any]] = field(default_factory=list)
    _features: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self,
        make: MakeImage,
        *,
        reference: Callable[[Scan], Image] | None = None,
        untold: MakeImage | None = None,
        keep_images: bool = True,
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
        keep_images : bool
            Whether to write the images too.
        """
        people = self.data.design.evaluated_in(self.data.design.fold(self.cell.fold))
        with progress_bar(f"{self.cell.name}: evaluating", len(people)) as bar:
            for split, subject in people:
                cases = self._cases(split, subject, make, reference)
                if keep_images:
                    self._keep(cases)
                if untold is not None:
                    cases += self._untold(cases, untold)
                self._score(cases, common_domain=reference is not None)
                bar.advance(detail=f"sub-{subject}")
        self._write()

    def _cases(
        self,
        split: str,
        subject: str,
        make: MakeImage,
        reference: Callable[[Scan], Image] | None,
    ) -> list[_Case]:
        cohort = self.data.cohort
        there = [name for name in self.cell.scanners if cohort.has(subject, name)]
        directions = [d for d in permutations(there, 2) if d not in self.left_out]
        names = dict.fromkeys(name for direction in directions for name in direction)
        scans = {name: cohort.scan(subject, cohort.scanner(name)) for name in names}
        cases = []
        for a, b in directions:
            source, target = scans[a], scans[b]
            image = make(source, target)
            if image is not None:
                goal = target if reference is None else target.with_image(reference(target))
                cases.append(_Case(split=split, source=source, target=goal, image=image))
        return cases

    def _untold(self, cases: list[_Case], untold: MakeImage) -> list[_Case]:
        made = [(case, untold(case.source, case.target)) for case in cases]
        return [
            replace(case, image=image, untold=True) for case, image in made if image is not None
        ]

    def _keep(self, cases: list[_Case]) -> None:
        for case in cases:
            path = self.folder / "images" / f"{case.stem}_T1w.nii.gz"
            write_volume(path, case.image, case.source.affine)

    def _score(self, cases: list[_Case], *, common_domain: bool) -> None:
        judged: list[JudgedTissues | None] = [None] * len(cases)
        if self.tissues is not None:
            judged = [
                *self.tissues.score(
                    [case.evaluated for case in cases],
                    [case.target for case in cases],
                    [self.folder / "segmentations" / case.stem for case in cases],
                    common_domain=common_domain,
                )
            ]
        told: set[str] = set()
        for case, found in zip(cases, judged, strict=True):
            also = AGAINST_SOURCE if common_domain else ()
            values = self.scorer.score(case.image, case.source, case.target, also=also)
            scores = [(name, "", value) for name, value in values.items()]
            self._record(case, scores + ([] if found is None else found.scores))
            if case.untold:
                continue
            made = None if found is None else found.image
            self._measure(case, case.source, case.image, made, found)
            name = case.target.scanner.name
            if name not in told:
                told.add(name)
                goal = None if found is None else found.reference
                self._measure(case, case.target, case.target.image, goal, found)

    def _place(self, case: _Case, source: Scan) -> dict[str, Any]:
        return {
            "split": case.split,
            "fold": self.cell.fold,
            "source": source.scanner.name,
            "target": case.target.scanner.name,
            "subject": case.source.subject,
            "harmonizer": untold_name(self.cell.harmonizer)
            if case.untold
            else self.cell.harmonizer,
            "seed": self.cell.seed,
        }

    def _measure(
        self,
        case: _Case,
        source: Scan,
        image: Image,
        tissues: TissuesInMask | None,
        found: JudgedTissues | None,
    ) -> None:
        """Keep volumes and features of an image, be it harmonized or the target's own."""
        place = self._place(case, source)
        self._features.append(place | image_features(image, case.target, tissues))
        if found is None:
            return
        lost = self._losses.get(case.source.subject, float("nan"))
        for tissue, true_ml in found.true_ml.items():
            volume = float("nan") if tissues is None else tissues.volumes_ml[tissue]
            known = lost if tissue == "GM" else float("nan")
            measured = {"volume_ml": volume, "true_ml": true_ml, "known_loss": known}
            self._volumes.append({**place, "tissue": tissue, **measured})

    @cached_property
    def _losses(self) -> dict[str, float]:
        return known_losses(self.data.dataset.root)

    def _record(self, case: _Case, scores: list[tuple[str, str, float]]) -> None:
        place = self._place(case, case.source)
        protocol = self.data.protocol
        head = {"protocol": protocol.name, "protocol_version": protocol.version, **place}
        self._scores += [
            {**head, "metric": metric, "tissue": tissue, "value": value}
            for metric, tissue, value in scores
        ]
        self._histograms += [
            {**place, **counted} for counted in self.scorer.histogram(case.image, case.target)
        ]

    def _write(self) -> None:
        write_scores(self.folder / "scores.parquet", score_table(self._scores))
        with atomic_file(self.folder / "histograms.parquet") as path:
            pd.DataFrame(self._histograms).to_parquet(path, index=False)
        if self.tissues is not None:
            write_volumes(self.folder / "volumes.parquet", self._volumes)
        write_features(self.folder / "features.parquet", self._features)
