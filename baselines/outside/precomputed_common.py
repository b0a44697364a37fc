"""Images that were brought to a common domain elsewhere."""

from collections.abc import Iterable
from dataclasses import replace

from typing_extensions import override

from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.utils.arrays import Image

from .image_folder import COMMON
from .precomputed import PrecomputedImages


class PrecomputedCommonImages(CommonDomainHarmonizer, PrecomputedImages):
    """Read common-domain images, one per scan, from a folder; see `PrecomputedImages`.

    A file is called `sub-<subject>_from-<source>_to-common_T1w.nii.gz`; a plain
    `sub-<subject>_ses-<source>_T1w.nii.gz` will do.
    """

    card = replace(
        PrecomputedImages.card,
        name="precomputed-common",
        summary="Images brought to a common domain elsewhere; what their maker learned from is "
        "not known here.",
        scope="common-domain",
    )

    def check(
        self, subjects: Iterable[str], directions: Iterable[tuple[Scanner, Scanner]]
    ) -> list[str]:
        """List the files that a benchmark would miss, of sources and targets alike."""
        names = dict.fromkeys(scanner.name for pair in directions for scanner in pair)
        return self._images.missing(
            (subject, name, COMMON) for subject in subjects for name in names
        )

    @override
    def untold(self, scan: Scan, scanner: Scanner) -> Image | None:
        """There is no image of a scan taken to be from another scanner: none lies in the folder."""
        return None

    @override
    def apply_common(self, scan: Scan) -> Image:
        case = (scan.subject, scan.scanner.name, COMMON)
        return self._images.read(case, scan, scale=self.scale)
