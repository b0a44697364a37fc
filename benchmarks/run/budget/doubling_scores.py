"""Scores with a doubled budget beside those of the single one, on whom states are chosen by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phycharm.data.quantitative import QuantitativeScan
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.utils.arrays import Mask

from ...protocol.cells import Cell
from ...protocol.run_data import RunData
from ...scoring.image_scorer import ImageScorer
from ...scoring.map_scores import PURE, tissue_masks
from ...scoring.tables.scores import read_scores

SCORE = "ssim"
"""Metric by which images are judged."""

_T1_ERROR = "t1_error"
_Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DoublingScores:
    """Score the fits of one fold and seed.

    Parameters
    ----------
    data : RunData
        With one fold, one seed and nobody external in the protocol.
    device : str
        Where metrics are computed.
    """

    data: RunData
    device: str

    def direction_rows(self, cell: Cell, before: Path, method: Harmonizer) -> Iterator[_Row]:
        """Score a method in every direction that the run has scored it in.

        Parameters
        ----------
        cell : Cell
            Of the method.
        before : Path
            Scores of the single budget.
        method : Harmonizer
            Fitted with the doubled one.

        Yields
        ------
        dict
            A row per direction and person.
        """
        single = read_scores(before)
        single = single[(single["metric"] == SCORE) & (single["split"] == "validation")]
        scorer = ImageScorer(metrics=[SCORE], device=self.device)
        steps = _steps(method.history, self._directions(cell))
        known = single[["source", "target", "subject", "value"]]
        for a, b, subject, value in known.itertuples(index=False):
            source, target = (self.data.cohort.scan(subject, name) for name in (a, b))
            image = method.harmonize(source, target.scanner)
            yield self._row(cell.harmonizer, a, b, subject) | {
                "metric": SCORE,
                "steps": steps,
                "value": float(value),
                "value_doubled": scorer.score(image, source, target)[SCORE],
            }

    def _directions(self, cell: Cell) -> int:
        """Count the directions that somebody taught."""
        (fold,) = self.data.design.folds
        train, _ = self.data.fold_cohorts(fold, cell.scanners, whole=cell.whole)
        return sum(bool(train.people(*direction)) for direction in train.directions())

    def map_rows(self, name: str, before: MapsGenerator, after: MapsGenerator) -> Iterator[_Row]:
        """Compare two generators' T1, a row per person and source scanner, under a name."""
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

    def _row(self, harmonizer: str, source: str, target: str, subject: str) -> _Row:
        protocol = self.data.protocol
        where = {"fold": protocol.split.folds[0], "seed": protocol.seeds[0]}
        return {"harmonizer": harmonizer, **where, "source": source, "target": target} | {
            "subject": subject
        }


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
