"""Matched slices of travelling subjects: one person, one plane, every scanner."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.networks.slices import SliceCanvas, as_tensor, cut
from phycharm.utils.arrays import Mask

MULTIPLE = 16
"""Sides of every canvas are multiples of this, as for the U-Net of PhyCHarm."""


@dataclass(frozen=True, kw_only=True)
class SliceStack:
    """The slices of one person, or of several, on S scanners.

    Parameters
    ----------
    images : Tensor, shape (N, S, H, W)
        On the device.
    masks : Tensor of bool, shape (N, S, H, W)
        Brain, as each scanner's scan has it.
    """

    images: Tensor
    masks: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def common(self, a: int, b: int) -> Tensor:
        """Where both scanners saw brain, shape (N, 1, H, W); losses between them count there."""
        return (self.masks[:, a] & self.masks[:, b])[:, None]


def joined(stacks: Sequence[SliceStack]) -> SliceStack:
    """Put the slices of several people, all of one size, into one stack."""
    return SliceStack(
        images=torch.cat([stack.images for stack in stacks]),
        masks=torch.cat([stack.masks for stack in stacks]),
    )


def canvas_around(cohort: Cohort) -> SliceCanvas:
    """Choose the smallest canvas that holds every brain as all the scanners saw it together."""
    return SliceCanvas.around(
        (_common_mask(_scans(cohort, subject, cohort.scanners)) for subject in cohort.subjects),
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
        One per subject; N differs from subject to subject, and H and W do where a brain is larger
        than the canvas.
    """
    stacks = []
    for subject in cohort.subjects:
        scans = _scans(cohort, subject, scanners)
        placement = canvas.place(_common_mask(scans))
        images = torch.cat([as_tensor(scan.image, device) for scan in scans])
        masks = torch.cat([as_tensor(scan.mask.astype(np.float32), device) for scan in scans])
        stacks.append(SliceStack(images=cut(images, placement), masks=cut(masks, placement) > 0))
    return stacks


def brightest(cohort: Cohort, percentile: float) -> float:
    """Return the largest value that this percentile of a brain takes in any scan of a cohort."""
    values = [
        np.percentile(scan.image[scan.mask], percentile)
        for scanner in cohort.scanners
        for scan in cohort.scans(scanner)
    ]
    return float(max(values))


def _scans(cohort: Cohort, subject: str, scanners: Sequence[Scanner]) -> list[Scan]:
    return [cohort.scan(subject, scanner) for scanner in scanners]


def _common_mask(scans: Sequence[Scan]) -> Mask:
    common: Mask = np.logical_or.reduce([scan.mask for scan in scans])
    return common
