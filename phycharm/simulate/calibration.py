"""How different the simulated scanners look: `python -m phycharm.simulate.calibration`."""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.exposure import match_histograms
from skimage.metrics import structural_similarity

from .acquisition import clean_scan, noisy_scan, scan_pose
from .anatomy import TISSUES, template_anatomy
from .grid import Floats, ScanGrid
from .scanners import SCANNERS, ScannerModel
from .subject import DigitalSubject, make_subject

_PURE = 0.9  # fraction from which a voxel counts as one tissue
_STANDARD_PERCENTILE = 99.0
_RANGE_PERCENTILE = 99.5


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """Mean in-mask SSIM of one direction, over subjects.

    Parameters
    ----------
    source, target : str
        Scanners.
    none : float
        Of the source image as it is.
    linear : float
        After the gain and offset that fit the target image best.
    histogram : float
        After matching to the histogram of the target image itself.
    ceiling : float
        Of the target scanner's own image of this person without noise, in the source's pose: what
        a harmonizer can reach that knows everything but the target's noise and misregistration.
    """

    source: str
    target: str
    none: float
    linear: float
    histogram: float
    ceiling: float


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Contrast of one scanner's images, over subjects, in voxels of (nearly) one tissue.

    Parameters
    ----------
    scanner : str
        The scanner.
    white_over_grey, fluid_over_white : float
        Ratios of mean intensities.
    white_snr : float
        White matter's mean over the standard deviation of the noise.
    """

    scanner: str
    white_over_grey: float
    fluid_over_white: float
    white_snr: float


def similarities(*, voxel_size: float, subjects: int, seed: int = 0) -> list[Similarity]:
    """Measure every direction between the scanners on fresh subjects.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel in mm.
    subjects : int
        How many subjects to average over.
    seed : int
        The dataset's seed.

    Returns
    -------
    list of Similarity
        One for each ordered pair of scanners.
    """
    rows: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for person in _people(voxel_size, subjects, seed):
        images = {name: _standardised(person, model) for name, model in SCANNERS.items()}
        for source, target in itertools.permutations(SCANNERS, 2):
            row = _direction(person, images, SCANNERS[source], SCANNERS[target])
            rows.setdefault((source, target), []).append(row)
    return [
        Similarity(
            source=source,
            target=target,
            **dict(
                zip(("none", "linear", "histogram", "ceiling"), np.mean(row, axis=0), strict=True)
            ),
        )
        for (source, target), row in rows.items()
    ]


def contrasts(*, voxel_size: float, subjects: int, seed: int = 0) -> list[Contrast]:
    """Measure the contrast of every scanner; arguments as `similarities`.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel in mm.
    subjects : int
        How many subjects to average over.
    seed : int
        The dataset's seed.

    Returns
    -------
    list of Contrast
        One for each scanner.
    """
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in SCANNERS}
    for person in _people(voxel_size, subjects, seed):
        pure = person.fraction_maps > _PURE
        for name, model in SCANNERS.items():
            scan, clean = noisy_scan(person, model), clean_scan(person, model)
            image, noise = scan.magnitudes[0], scan.channels[0] - clean.signals[0]
            means = dict(
                zip(TISSUES, (float(image[tissue].mean()) for tissue in pure), strict=True)
            )
            white = float(np.abs(scan.channels[0][pure[TISSUES.index("WM")]]).mean())
            snr = white / float(noise.real[person.mask].std())
            rows[name].append((means["WM"] / means["GM"], means["CSF"] / means["WM"], snr))
    return [
        Contrast(
            scanner=name,
            **dict(
                zip(
                    ("white_over_grey", "fluid_over_white", "white_snr"),
                    np.mean(row, axis=0),
                    strict=True,
                )
            ),
        )
        for name, row in rows.items()
    ]


def _people(voxel_size: float, subjects: int, seed: int) -> Iterator[DigitalSubject]:
    grid = ScanGrid(voxel_size=voxel_size)
    for number in range(1, subjects + 1):
        yield make_subject(f"{number:02d}", anatomy=template_anatomy(), grid=grid, seed=seed)


def _standardised(person: DigitalSubject, model: ScannerModel) -> Floats:
    return _scaled(noisy_scan(person, model).magnitudes[0], person.mask)


def _scaled(image: npt.NDArray[np.generic], mask: npt.NDArray[np.bool_]) -> Floats:
    """Scale by the percentile inside the mask, cropped to the mask's box."""
    values = image.astype(np.float32)
    scaled: Floats = values / np.percentile(values[mask], _STANDARD_PERCENTILE)
    return scaled


def _direction(
    person: DigitalSubject, images: dict[str, Floats], source: ScannerModel, target: ScannerModel
) -> tuple[float, ...]:
    """SSIM of none, linear, histogram and ceiling."""
    mask, reference, image = person.mask, images[target.name], images[source.name]
    linear, matched = np.zeros_like(image), np.zeros_like(image)
    slope, offset = np.polyfit(image[mask].astype(np.float64), reference[mask], 1)
    linear[mask] = slope * image[mask] + offset
    matched[mask] = match_histograms(image[mask], reference[mask])
    best = np.abs(clean_scan(person, target, scan_pose(person, source)).signals[0])
    candidates = (image, linear, matched, _scaled(best, mask))
    return tuple(_ssim(reference, candidate, mask) for candidate in candidates)


def _ssim(reference: Floats, image: Floats, mask: npt.NDArray[np.bool_]) -> float:
    box = tuple(
        slice(max(int(where.min()) - 6, 0), int(where.max()) + 7) for where in np.nonzero(mask)
    )
    _, ssim_map = structural_similarity(
        reference[box],
        image[box],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=float(np.percentile(reference[mask], _RANGE_PERCENTILE)),
        full=True,
    )
    return float(ssim_map[mask[box]].mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables for one voxel size.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; that of the process when None.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxel-size", type=float, default=3.0, help="edge of a voxel in mm")
    parser.add_argument("--subjects", type=int, default=4, help="subjects to average over")
    parser.add_argument("--seed", type=int, default=0)
    options = vars(parser.parse_args(arguments))
    print("| scanner | WM/GM | CSF/WM | SNR of WM |\n|---|---|---|---|")
    for row in contrasts(**options):
        print(
            f"| {row.scanner} | {row.white_over_grey:.2f} | {row.fluid_over_white:.2f} "
            f"| {row.white_snr:.1f} |"
        )
    print("\n| direction | none | linear | histogram | ceiling |\n|---|---|---|---|---|")
    for pair in similarities(**options):
        print(
            f"| {pair.source} to {pair.target} | {pair.none:.3f} | {pair.linear:.3f} "
            f"| {pair.histogram:.3f} | {pair.ceiling:.3f} |"
        )


if __name__ == "__main__":
    main()
