"""How different the simulated scanners look: `python -m phycharm.simulate.calibration`."""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from skimage.exposure import match_histograms
from skimage.metrics import structural_similarity

from ..utils.arrays import Mask
from .grid import Floats, ScanGrid
from .people.anatomy import TISSUES, template_anatomy
from .people.subject import DigitalSubject, make_subject
from .scanners.scanner_models import SCANNERS, ScannerModel
from .scanners.scanning import clean_scan, noisy_scan, scan_pose

_PURE = 0.9  # fraction from which a voxel counts as one tissue
_STANDARD_PERCENTILE = 99.0
_RANGE_PERCENTILE = 99.5
_BORDER = 6  # voxels around the mask that the windows of SSIM reach

_Mask = Mask


def similarities(*, voxel_size: float, subjects: int, seed: int = 0) -> pd.DataFrame:
    """Measure how similar the scanners' images of one person are.

    Every image is scaled by its 99th percentile in the mask. SSIM has three-dimensional Gaussian
    windows (sigma 1.5 voxels), its data range is the 99.5th percentile of the target in the mask,
    and its map is averaged over the mask.

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
        One row for each subject and direction. Columns source, target, subject, and the SSIM of
        the target image with: `none`, the source image; `linear`, the source with the gain and
        offset that fit the target best; `histogram`, the source matched to the histogram of the
        target itself; `ceiling`, the target scanner's image of this person without noise, in the
        source's pose, which knows everything but the target's noise and misregistration.
    """
    rows = []
    for person in _people(voxel_size, subjects, seed):
        images = {
            name: _scaled(noisy_scan(person, model).magnitudes[0], person.mask)
            for name, model in SCANNERS.items()
        }
        for source, target in itertools.permutations(SCANNERS.values(), 2):
            candidates = _candidates(person, images, source, target)
            reference = images[target.name]
            scores = {k: _ssim(reference, image, person.mask) for k, image in candidates.items()}
            key = {"source": source.name, "target": target.name, "subject": person.name}
            rows.append(key | scores)
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
        (mean of white matter over the standard deviation of the noise in one channel).
    """
    rows = []
    for person in _people(voxel_size, subjects, seed):
        pure = dict(zip(TISSUES, person.fraction_maps > _PURE, strict=True))
        for name, model in SCANNERS.items():
            channel, clean = noisy_scan(person, model).channels[0], clean_scan(person, model)[0]
            means = {tissue: float(np.abs(channel[where]).mean()) for tissue, where in pure.items()}
            row = {
                "scanner": name,
                "subject": person.name,
                "WM/GM": means["WM"] / means["GM"],
                "CSF/WM": means["CSF"] / means["WM"],
                "SNR": means["WM"] / float((channel - clean).real.std()),
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _people(voxel_size: float, subjects: int, seed: int) -> Iterator[DigitalSubject]:
    grid = ScanGrid(voxel_size=voxel_size)
    for number in range(1, subjects + 1):
        yield make_subject(f"{number:02d}", anatomy=template_anatomy(), grid=grid, seed=seed)


def _candidates(
    person: DigitalSubject, images: dict[str, Floats], source: ScannerModel, target: ScannerModel
) -> dict[str, Floats]:
    mask, reference, image = person.mask, images[target.name], images[source.name]
    linear, matched = np.zeros_like(image), np.zeros_like(image)
    slope, offset = np.polyfit(image[mask].astype(np.float64), reference[mask], 1)
    linear[mask] = slope * image[mask] + offset
    matched[mask] = match_histograms(image[mask], reference[mask])
    best = np.abs(clean_scan(person, target, scan_pose(person, source))[0])
    return {
        "none": image,
        "linear": linear,
        "histogram": matched,
        "ceiling": _scaled(best, mask),
    }


def _scaled(image: npt.NDArray[Any], mask: _Mask) -> Floats:
    values = image.astype(np.float32)
    values /= np.percentile(values[mask], _STANDARD_PERCENTILE)
    return values


def _ssim(reference: Floats, image: Floats, mask: _Mask) -> float:
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
        data_range=float(np.percentile(reference[mask], _RANGE_PERCENTILE)),
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
