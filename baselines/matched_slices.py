"""Matched slices of travelling subjects: one person, one plane, every scanner it was on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from torch import Tensor

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.networks.canvas.slices import SliceCanvas, as_tensor, cut
from phycharm.utils.arrays import Mask

MULTIPLE = 16
"""Sides of every canvas are multiples of this, as for the U-Net of PhyCHarm."""


@dataclass(frozen=True, kw_only=True)
class SliceStack:
    """The slices of one person, or of several, on S scanners.

    Parameters
    ----------
    images : Tensor, shape (N, S, H, W)
        On the device; 0 where the person was not on the scanner.
    masks : Tensor of bool, shape (N, S, H, W)
        Brain, as each scanner's scan has it.
    there : Tensor of bool, shape (N, S)
        Whether the person was on the scanner; on the CPU.
    """

    images: Tensor
    masks: Tensor
    there: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def common(self, a: int, b: int) -> Tensor:
        """Where both scanners saw brain, shape (N, 1, H, W); losses between them count there."""
        return (self.masks[:, a] & self.masks[:, b])[:, None]

    def directions(self) -> list[tuple[int, int]]:
        """Ordered pairs of scanners that somebody was on both of."""
        pairs = permutations(range(self.there.shape[1]), 2)
        return [(a, b) for a, b in pairs if self._both(a, b).any()]

    def _both(self, a: int, b: int) -> Tensor:
        return self.there[:, a] & self.there[:, b]

    def of_people_with(self, a: int, b: int) -> "SliceStack":
        """Return the slices of the people who were on both scanners."""
        both = self._both(a, b)
        if both.all():
            return self
        return SliceStack(images=self.images[both], masks=self.masks[both], there=self.there[both])


def joined(stacks: Sequence[SliceStack]) -> SliceStack:
    """Put the slices of several people, all of one size, into one stack."""
    return SliceStack(
        images=torch.cat([stack.images for stack in stacks]),
        masks=torch.cat([stack.masks for stack in stacks]),
        there=torch.cat([stack.there for stack in stacks]),
    )


def compared(cohort: Cohort) -> list[str]:
    """List who was on two scanners or more; nobody else has anything to match."""
    return [s for s in cohort.subjects if len(cohort.scanners_of(s)) > 1]


def canvas_around(cohort: Cohort) -> SliceCanvas:
    """Choose the smallest canvas that holds every brain as all its scanners saw it together.

    Raises
    ------
    InputError
        If nobody was on two scanners.
    """
    people = compared(cohort)
    if not people:
        names = ", ".join(scanner.name for scanner in cohort.scanners)
        raise InputError(
            f"nobody to learn from was on two of the scanners {names}; add people to the training "
            "subjects."
        )
    return SliceCanvas.around(
        (_common_mask(_scans(cohort, subject, cohort.scanners)) for subject in people),
        multiple=MULTIPLE,
    )


def matched_slices(
    cohort: Cohort, scanners: Sequence[Scanner], canvas: SliceCanvas, device: str
) -> list[SliceStack]:
    """Decode a cohort once; the slices stay on the device.

    Parameters
    ----------
    cohort : Cohort
        Travelling subjects, registered.
    scanners : sequence of Scanner
        S scanners, in the order of the channels.
    canvas : SliceCanvas
        Where the slices are put.
    device : str
        Where the tensors go.

    Returns
    -------
    list of SliceStack
        One per subject who was on two of the scanners or more; N differs from subject to subject,
        and H and W do where a brain is larger than the canvas.
    """
    part = cohort.subset(scanners=scanners)
    return [_stack(part, subject, canvas, device) for subject in compared(part)]


def _stack(cohort: Cohort, subject: str, canvas: SliceCanvas, device: str) -> SliceStack:
    scans = _scans(cohort, subject, cohort.scanners)
    placement = canvas.place(_common_mask(scans))
    images = torch.cat([as_tensor(scan.image, device) for scan in scans])
    masks = torch.cat([as_tensor(scan.mask.astype(np.float32), device) for scan in scans])
    there = torch.tensor([cohort.has(subject, scanner) for scanner in cohort.scanners])
    images, masks = (_spread(cut(volumes, placement), there) for volumes in (images, masks))
    return SliceStack(images=images, masks=masks > 0, there=there.expand(len(images), -1))


def _spread(slices: Tensor, there: Tensor) -> Tensor:
    """Put slices, shape (N, scans, H, W), where their scanners are among all of them."""
    if there.all():
        return slices
    spread = slices.new_zeros(len(slices), len(there), *slices.shape[2:])
    spread[:, there.to(slices.device)] = slices
    return spread


def brightest(cohort: Cohort, percentile: float) -> float:
    """Return the largest value that this percentile of a brain takes in any scan of a cohort."""
    values = [
        np.percentile(scan.image[scan.mask], percentile)
        for scanner in cohort.scanners
        for scan in cohort.scans(scanner)
    ]
    return float(max(values))


def _scans(cohort: Cohort, subject: str, scanners: Sequence[Scanner]) -> list[Scan]:
    return [cohort.scan(subject, scanner) for scanner in scanners if cohort.has(subject, scanner)]


def _common_mask(scans: Sequence[Scan]) -> Mask:
    common: Mask = np.logical_or.reduce([scan.mask for scan in scans])
    return common
