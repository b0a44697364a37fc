"""Segmenting what a run judges: reference scans once, harmonized images as they come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phycharm.errors import InputError
from phycharm.nifti import write_volume
from phycharm.scan import Scan

from .folder import RunFolder
from .segmentation import Segmentation, Segmenter
from .study import Study
from .tissues import Fractions, TissueScore, tissue_scores, undefined_scores


@dataclass(kw_only=True)
class TissueScorer:
    """Compute the tissue scores of harmonized scans, all with one engine.

    Parameters
    ----------
    study : Study
        Data and protocol.
    segmenter : Segmenter
        Engine, the same for every image.
    run : RunFolder
        Where the reference segmentations go.
    """

    study: Study
    segmenter: Segmenter
    run: RunFolder
    _references: dict[tuple[str, str], Segmentation] = field(default_factory=dict)
    _truths: dict[str, Fractions | None] = field(default_factory=dict)

    def score(
        self, images: Sequence[Scan], targets: Sequence[Scan], names: Sequence[Path]
    ) -> list[list[TissueScore]]:
        """Segment harmonized images of one person, and compare each with its target.

        Parameters
        ----------
        images : sequence of Scan
            Harmonized images, with the mask they are judged in.
        targets : sequence of Scan
            What each is compared with.
        names : sequence of Path
            Where to write each segmentation, without its ending.

        Returns
        -------
        list of list of (metric, tissue, value)
            One list per image.
        """
        found = self._segment_all(images)
        scores = []
        for image, target, name, one in zip(images, targets, names, found, strict=True):
            truth = self._truth(image.subject)
            if one is None:
                scores.append(list(undefined_scores(truth=truth is not None)))
                continue
            _write(name, one, image)
            scores.append(list(tissue_scores(one, self.reference(target), truth)))
        return scores

    def reference(self, scan: Scan) -> Segmentation:
        """Segment a scan of the dataset once, and keep the answer for all methods."""
        key = (scan.subject, scan.scanner.name)
        if key not in self._references:
            self._references[key] = self.segmenter.segment(scan)
            name = self.run.scans / f"sub-{scan.subject}_ses-{scan.scanner.name}"
            _write(name, self._references[key], scan)
        return self._references[key]

    def _segment_all(self, images: Sequence[Scan]) -> list[Segmentation | None]:
        try:
            return list(self.segmenter.segment_many(list(images)))
        except InputError:
            # One of them has no three tissues to find: the others shall not suffer for it.
            return [self._segment(image) for image in images]

    def _segment(self, image: Scan) -> Segmentation | None:
        try:
            return self.segmenter.segment(image)
        except InputError:
            return None

    def _truth(self, subject: str) -> Fractions | None:
        if subject not in self._truths:
            self._truths[subject] = self.study.dataset.true_fractions(subject)
        return self._truths[subject]


def _write(name: Path, found: Segmentation, scan: Scan) -> None:
    for suffix, labels in (("pveseg", found.pve_labels), ("seg", found.labels)):
        write_volume(name.with_name(f"{name.name}_{suffix}.nii.gz"), labels, scan.affine)
