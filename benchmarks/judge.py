"""Judging one cell: harmonize everybody who is judged, write the images, score them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd

from phycharm.atomic import atomic_file
from phycharm.nifti import write_volume
from phycharm.progress import progress_bar
from phycharm.scan import Scan

from .cells import Cell
from .scores import score_table, write_scores
from .scoring import Image, ImageScorer
from .split import Fold
from .study import Study

MakeImage = Callable[[Scan, Scan], Image]


@dataclass(kw_only=True)
class Judge:
    """Collect the scores of one cell.

    Parameters
    ----------
    study : Study
        Data and protocol.
    scorer : ImageScorer
        For the image metrics.
    cell : Cell
        Who is judged.
    folder : Path
        Of the cell.
    """

    study: Study
    scorer: ImageScorer
    cell: Cell
    folder: Path
    _scores: list[dict[str, Any]] = field(default_factory=list)
    _histograms: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self,
        make: MakeImage,
        *,
        reference: Callable[[Scan], Image] | None = None,
        keep_images: bool = True,
    ) -> None:
        """Judge a way of making images.

        Parameters
        ----------
        make : callable
            `make(source, target)` returns an image from two scans of one person. For methods it
            looks at the target's scanner only.
        reference : callable, optional
            `reference(target)` returns what the image is compared with; by default the target
            scan's own image.
        keep_images : bool
            Whether to write the images too.
        """
        cases = list(self._cases())
        with progress_bar(f"{self.cell.name}: judging", len(cases)) as bar:
            for split, subject, source_name, target_name in cases:
                source, target = self._scan(subject, source_name), self._scan(subject, target_name)
                image = make(source, target)
                if keep_images:
                    name = f"sub-{subject}_from-{source_name}_to-{target_name}_T1w.nii.gz"
                    write_volume(self.folder / "images" / name, image, source.affine)
                goal = target if reference is None else target.with_image(reference(target))
                self._record(split, image, source, goal)
                bar.advance(detail=f"sub-{subject} {source_name} -> {target_name}")
        self._write()

    def _cases(self) -> Iterator[tuple[str, str, str, str]]:
        for split, subject in self.study.design.evaluated(self._fold()):
            for source, target in permutations(self.cell.scanners, 2):
                yield split, subject, source, target

    def _fold(self) -> Fold:
        return next(f for f in self.study.design.folds if f.number == self.cell.fold)

    def _scan(self, subject: str, scanner: str) -> Scan:
        return self.study.cohort.scan(subject, self.study.cohort.scanner(scanner))

    def _record(self, split: str, image: Image, source: Scan, target: Scan) -> None:
        place = {
            "split": split,
            "fold": self.cell.fold,
            "source": source.scanner.name,
            "target": target.scanner.name,
            "subject": source.subject,
            "harmonizer": self.cell.harmonizer,
            "seed": self.cell.seed,
        }
        protocol = self.study.protocol
        head = {"protocol": protocol.name, "protocol_version": protocol.version, **place}
        self._scores += [
            {**head, "metric": metric, "tissue": "", "value": value}
            for metric, value in self.scorer.score(image, source, target).items()
        ]
        self._histograms += [
            {**place, **counted} for counted in self.scorer.histogram(image, target)
        ]

    def _write(self) -> None:
        write_scores(self.folder / "scores.parquet", score_table(self._scores))
        with atomic_file(self.folder / "histograms.parquet") as path:
            pd.DataFrame(self._histograms).to_parquet(path, index=False)
