"""Segmenting what a run judges: reference scans once, harmonized images as they come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from phycharm.data.nifti import write_volume
from phycharm.data.scan import Scan

from ..protocol.run_data import RunData
from ..segmentation import Segmentation, Segmenter
from .reference_tissues import read_reference, reference_identity, write_reference
from .tissues import Fractions, TissueScore, TissuesInMask, tissue_scores, undefined_scores
from .unsegmented import Unsegmented, write_failure
from .volumes import true_volumes_ml


@dataclass(frozen=True, kw_only=True)
class JudgedTissues:
    """What the tissues of one harmonized image come to.

    Parameters
    ----------
    scores : list of (metric, tissue, value)
        All NaN where the image, or what it is compared with, cannot be segmented.
    image, reference : TissuesInMask or None
        Of the image, and of what it is compared with; None where that cannot be segmented.
    true_ml : dict of str to float
        True volumes in the mask; NaN where the truth is not known.
    """

    scores: list[TissueScore]
    image: TissuesInMask | None
    reference: TissuesInMask | None
    true_ml: dict[str, float]


@dataclass(kw_only=True)
class TissueScorer:
    """Compute the tissue scores of harmonized scans, all with one engine.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    segmenter : Segmenter
        Engine, the same for every image.
    scans : Path
        Folder that the reference segmentations go to.
    """

    data: RunData
    segmenter: Segmenter
    scans: Path
    _references: dict[tuple[str, str], TissuesInMask] = field(default_factory=dict)
    _truths: dict[str, Fractions | None] = field(default_factory=dict)

    def score(
        self,
        images: Sequence[Scan],
        targets: Sequence[Scan],
        names: Sequence[Path],
        *,
        common_domain: bool = False,
    ) -> list[JudgedTissues]:
        """Segment harmonized images of one person, and compare each with its target.

        Parameters
        ----------
        images : sequence of Scan
            Harmonized images, with the mask of their target.
        targets : sequence of Scan
            What each is compared with.
        names : sequence of Path
            Where to write each segmentation, without its ending.
        common_domain : bool
            Whether the targets are a method's own images and not the dataset's scans, whose
            segmentation all methods share.

        Returns
        -------
        list of JudgedTissues
            One per image. Where an image cannot be segmented, and that is no fault of the image but
            the engine failed, the reason is written in the segmentation's place (see
            `segmentation_failures`).

        Raises
        ------
        InputError
            If a scan of the dataset cannot be segmented.
        """
        made = self._of_method(targets) if common_domain else self._of_dataset(targets)
        found = self._segment_all(images)
        cases = zip(images, targets, names, found, strict=True)
        return [
            self._judged(one, image, made[target.scanner.name], target, name)
            for image, target, name, one in cases
        ]

    def _judged(
        self,
        one: Segmentation | Unsegmented,
        image: Scan,
        reference: TissuesInMask | Unsegmented,
        target: Scan,
        name: Path,
    ) -> JudgedTissues:
        truth = self._truth(image)
        segmented = None if isinstance(one, Unsegmented) else one
        evaluated = None if segmented is None else TissuesInMask.of(segmented, target.mask)
        goal = None if isinstance(reference, Unsegmented) else reference
        if segmented is None or evaluated is None or goal is None:
            _note(name, one, reference)
            scores = list(undefined_scores(truth=truth is not None))
        else:
            _write(name, segmented, image)
            scores = list(tissue_scores(evaluated, goal, truth))
        return JudgedTissues(
            scores=scores,
            image=evaluated,
            reference=goal,
            true_ml=true_volumes_ml(truth, image.affine),
        )

    def _of_dataset(self, targets: Sequence[Scan]) -> dict[str, TissuesInMask | Unsegmented]:
        return {target.scanner.name: self._reference(target) for target in targets}

    def _reference(self, scan: Scan) -> TissuesInMask:
        """Segment a scan of the dataset once, and keep the answer for all methods and processes."""
        key = (scan.subject, scan.scanner.name)
        if key not in self._references:
            self._forget_others(scan.subject)
            name = self.scans / f"sub-{scan.subject}_ses-{scan.scanner.name}"
            identity = reference_identity(scan, self.segmenter.name)
            known = read_reference(name, identity)
            if known is None:
                found = self.segmenter.segment(scan)
                _write(name, found, scan)
                known = TissuesInMask.of(found, scan.mask)
                write_reference(name, known, identity)
            self._references[key] = known
        return self._references[key]

    def _forget_others(self, subject: str) -> None:
        """Hold one person at a time: of five hundred, memory holds not all."""
        self._references = {k: v for k, v in self._references.items() if k[0] == subject}
        self._truths = {k: v for k, v in self._truths.items() if k == subject}

    def _of_method(self, targets: Sequence[Scan]) -> dict[str, TissuesInMask | Unsegmented]:
        """Segment the common-domain images of one person, each once and for this method alone."""
        scans = {target.scanner.name: target for target in targets}
        positive = [scan.with_image(np.maximum(scan.image, 0)) for scan in scans.values()]
        found = zip(scans.items(), self._segment_all(positive), strict=True)
        return {
            name: one if isinstance(one, Unsegmented) else TissuesInMask.of(one, scan.mask)
            for (name, scan), one in found
        }

    def _segment_all(self, images: Sequence[Scan]) -> list[Segmentation | Unsegmented]:
        try:
            return list(self.segmenter.segment_many(list(images)))
        except Exception:  # engines are other people's programs and may raise anything
            # Something is wrong with one of them: the others shall not suffer for it.
            return [self._segment(image) for image in images]

    def _segment(self, image: Scan) -> Segmentation | Unsegmented:
        try:
            return self.segmenter.segment(image)
        except Exception as error:
            return Unsegmented.of(image, error)

    def _truth(self, image: Scan) -> Fractions | None:
        if image.subject not in self._truths:
            self._truths[image.subject] = self.data.dataset.true_fractions(image.subject)
        truth = self._truths[image.subject]
        return None if truth is None else truth[:, image.mask]


def _write(name: Path, found: Segmentation, scan: Scan) -> None:
    for suffix, labels in (("pveseg", found.pve_labels), ("seg", found.labels)):
        write_volume(name.with_name(f"{name.name}_{suffix}.nii.gz"), labels, scan.affine)


def _note(name: Path, image: object, reference: object) -> None:
    """Write down which engine failure cost an image its scores; a bad image is no failure."""
    for what, found in (("", image), ("the image it is compared with: ", reference)):
        if isinstance(found, Unsegmented) and found.crashed:
            write_failure(name, what + found.reason)
            return
