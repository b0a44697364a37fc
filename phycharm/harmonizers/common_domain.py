"""Methods that map every scanner's scans to one domain that is none of theirs."""

from abc import abstractmethod
from dataclasses import replace

import torch
from typing_extensions import override

from ..data.scan import Scan
from ..data.scanner import Scanner
from ..utils.arrays import Image
from .harmonizer import Harmonizer


class CommonDomainHarmonizer(Harmonizer):
    """A method without a target: it removes the scanner instead of imitating another.

    A subclass supplies `apply_common` in place of `apply`, and a card whose scope is
    `common-domain`. Its images look like no scanner's, so comparing them with a target scan would
    say nothing: they are compared with the common-domain image of the same person's scan on the
    other scanner. `harmonize` gives the same image for every target.
    """

    def to_common(self, scan: Scan) -> Image:
        """Map a scan to the common domain.

        Parameters
        ----------
        scan : Scan
            From any scanner the method was fitted to.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            Image in the common domain; 0 outside the scan's mask.

        Raises
        ------
        ValueError
            If the method returned another shape or values that are not finite.
        """
        return super().harmonize(scan, scan.scanner)

    def untold(self, scan: Scan, scanner: Scanner) -> Image | None:
        """Map a scan as if another scanner had made it: doing nothing, in the common domain.

        What the method does to any image it does here too, but not what it does about the scanner.

        Parameters
        ----------
        scan : Scan
            From any scanner.
        scanner : Scanner
            One of the scanners the method was fitted to, which the scan is taken to be from.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z), or None
            Image in the common domain; 0 outside the scan's mask. None where that cannot be made.
        """
        return self.to_common(replace(scan, scanner=scanner))

    def harmonize(self, scan: Scan, target: Scanner) -> Image:
        """Map a scan to the common domain; the target does not matter (see `to_common`)."""
        return self.to_common(scan)

    @abstractmethod
    def apply_common(self, scan: Scan) -> Image | torch.Tensor:
        """Return the image in the common domain, shape (X, Y, Z); a hook, see `to_common`."""

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image | torch.Tensor:
        return self.apply_common(scan)
