"""Matched slices of travelling subjects: one person, one plane, every scanner."""

from collections.abc import Sequence

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


def canvas_around(cohort: Cohort) -> SliceCanvas:
    """Choose the smallest canvas that holds every brain as all the scanners saw it together."""
    return SliceCanvas.around(
        (_common_mask(_scans(cohort, subject, cohort.scanners)) for subject in cohort.subjects),
        multiple=MULTIPLE,
    )


def matched_slices(
    cohort: Cohort, scanners: Sequence[Scanner], canvas: SliceCanvas, device: str
) -> list[Tensor]:
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
    list of Tensor, shape (N, S, H, W)
        One per subject; N differs from subject to subject, and H and W do where a brain is larger
        than the canvas.
    """
    stacks = []
    for subject in cohort.subjects:
        scans = _scans(cohort, subject, scanners)
        placement = canvas.place(_common_mask(scans))
        volume = torch.cat([as_tensor(scan.image, device) for scan in scans])
        stacks.append(cut(volume, placement))
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
