"""How different the simulated scanners look: `python -m phycharm.simulate.calibration`."""

import argparse
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from skimage.metrics import structural_similarity

from ..errors import InputError
from ..utils.arrays import Mask
from .grid import Floats, ScanGrid
from .people.anatomy import TISSUES, template_anatomy
from .people.subject import DigitalSubject, make_subject
from .scanners.placement import placement_of
from .scanners.scanner_models import SCANNERS
from .scanners.scanning import clean_signals, noisy_scan
from .scanners.visit import Visit

_PURE = 0.9  # fraction from which a voxel counts as one tissue
_STANDARD_PERCENTILE = 99.0
_RANGE_PERCENTILE = 99.5
_LEVELS = np.linspace(0, 100, 1001)  # percentiles that describe a histogram
_BORDER = 6  # voxels around the mask that the windows of SSIM reach


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """One person's image on one scanner, scaled by its 99th percentile, and its own mask."""

    image: Floats
    mask: Mask

    @property
    def brain(self) -> Floats:
        return self.image[self.mask]


_Scans = Mapping[str, _Scan]


def similarities(*, voxel_size: float, subjects: int, seed: int = 0) -> pd.DataFrame:
    """Measure how similar the scanners' images of one person are.

    Every image is scaled by its 99th percentile in its own mask and is 0 outside. SSIM has
    three-dimensional Gaussian windows (sigma 1.5 voxels), its data range is the 99.5th percentile
    of the target in its mask, and its map is averaged over the target's mask.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel in mm.
    subjects : int
        How many subjects are measured, at least two: what is known of a scanner comes from the
        others.
    seed : int
        The dataset's seed.

    Returns
    -------
    DataFrame
        One row for each subject and direction. Columns source, target, subject; the SSIM of the
        target image with: `none`, the source image; `linear`, the source with the mean and the
        standard deviation that the target scanner's images of the other subjects have on average;
        `histogram`, the source matched to their mean histogram; `ceiling`, the target scanner's
        image of this person without noise, in the source's place and mask, which knows all but
        what no source tells; and `dice`, the overlap of both masks.

    Raises
    ------
    InputError
        If there is but one subject.
    """
    if subjects < 2:
        raise InputError(f"{subjects} subjects: a calibration needs two, who are matched in turn.")
    people = {person.name: person for person in _people(voxel_size, subjects, seed)}
    scans = {name: _scans(person) for name, person in people.items()}
    rows = []
    for name, person in people.items():
        others = [one for other, one in scans.items() if other != name]
        for source, target in itertools.permutations(SCANNERS, 2):
            known = [one[target] for one in others]
            mine, reference = scans[name][source], scans[name][target]
            candidates = {
                "none": mine.image,
                "linear": _rescaled(mine, known),
                "histogram": _matched(mine, known),
                "ceiling": _ceiling(person, mine, source, target),
            }
            scores = {key: _ssim(reference, image) for key, image in candidates.items()}
            dice = 2 * (mine.mask & reference.mask).sum() / (mine.mask.sum() + reference.mask.sum())
            key = {"source": source, "target": target, "subject": name}
            rows.append(key | scores | {"dice": float(dice)})
    return pd.DataFrame(rows)


def contrasts(*, voxel_size: float, subjects: int, seed: int = 0) -> pd.DataFrame:
    """Measure the contrast and noise of every scanner.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel in mm.
    subjects : int
        How many subjects are measured.
    seed : int
        The dataset's seed.

    Returns
    -------
    DataFrame
        One row for each subject and scanner. Columns scanner, subject, `WM/GM` and `CSF/WM`
        (ratios of mean intensities in voxels of which nine tenths are one tissue) and `SNR`
        (mean of white matter over the standard deviation of the noise in one channel, in the
        scan's voxels, which average those that were acquired).
    """
    rows = []
    for person in _people(voxel_size, subjects, seed):
        pure = dict(zip(TISSUES, person.fraction_maps > _PURE, strict=True))
        for name, model in SCANNERS.items():
            visit = Visit(subject=person, scanner=model)
            channel, clean = noisy_scan(visit).channels[0], clean_signals(visit)[0]
            image = visit.box.average(np.abs(channel))
            means = {tissue: float(image[where].mean()) for tissue, where in pure.items()}
            error = visit.box.average((channel - clean).real)
            row = {
                "scanner": name,
                "subject": person.name,
                "WM/GM": means["WM"] / means["GM"],
                "CSF/WM": means["CSF"] / means["WM"],
                "SNR": means["WM"] / float(error[person.mask].std()),
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _people(voxel_size: float, subjects: int, seed: int) -> Iterator[DigitalSubject]:
    grid = ScanGrid(voxel_size=voxel_size)
    for number in range(1, subjects + 1):
        yield make_subject(f"{number:02d}", anatomy=template_anatomy(), grid=grid, seed=seed)


def _scans(person: DigitalSubject) -> _Scans:
    scans = {}
    for name, model in SCANNERS.items():
        scan = noisy_scan(Visit(subject=person, scanner=model))
        scans[name] = _Scan(image=_scaled(scan.magnitudes[0], scan.mask), mask=scan.mask)
    return scans


def _rescaled(mine: _Scan, known: Sequence[_Scan]) -> Floats:
    """Give an image the mean and standard deviation that known images have on average."""
    mean = np.mean([scan.brain.mean() for scan in known])
    deviation = np.mean([scan.brain.std() for scan in known])
    standard = (mine.image - mine.brain.mean()) / mine.brain.std()
    return np.where(mine.mask, standard * deviation + mean, 0).astype(np.float32)


def _matched(mine: _Scan, known: Sequence[_Scan]) -> Floats:
    """Give an image the mean quantiles of known images."""
    wanted = np.mean([np.percentile(scan.brain, _LEVELS) for scan in known], axis=0)
    own, first = np.unique(np.percentile(mine.brain, _LEVELS), return_index=True)
    return np.where(mine.mask, np.interp(mine.image, own, wanted[first]), 0).astype(np.float32)


def _ceiling(person: DigitalSubject, mine: _Scan, source: str, target: str) -> Floats:
    place = placement_of(Visit(subject=person, scanner=SCANNERS[source]))
    visit = Visit(subject=person, scanner=SCANNERS[target])
    best = visit.box.average(np.abs(clean_signals(visit, place)[0]))
    return np.where(mine.mask, _scaled(best, mine.mask), 0)


def _scaled(image: npt.NDArray[Any], mask: Mask) -> Floats:
    values = image.astype(np.float32)
    values /= np.percentile(values[mask], _STANDARD_PERCENTILE)
    return values


def _ssim(target: _Scan, image: Floats) -> float:
    reference, mask = target.image, target.mask
    box = tuple(
        slice(max(int(where.min()) - _BORDER, 0), int(where.max()) + _BORDER + 1)
        for where in np.nonzero(mask)
    )
    compute: Any = structural_similarity  # scikit-image ships it without annotations
    _, similarity = compute(
        reference[box],
        image[box],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=float(np.percentile(target.brain, _RANGE_PERCENTILE)),
        full=True,
    )
    return float(similarity[mask[box]].mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables, averaged over subjects.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; that of the process when None.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxel-size", type=float, default=3.0, help="edge of a voxel in mm")
    parser.add_argument("--subjects", type=int, default=4, help="subjects to average over")
    parser.add_argument("--seed", type=int, default=0, help="seed of the dataset")
    options = vars(parser.parse_args(arguments))
    for table, key in (
        (contrasts(**options), ["scanner"]),
        (similarities(**options), ["source", "target"]),
    ):
        means = table.drop(columns="subject").groupby(key, sort=False).mean()
        print(means.round(3).to_string(), end="\n\n")


if __name__ == "__main__":
    main()
