"""How steady every standardization is: `python -m phycharm.simulate.steadiness DATASET ...`."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data.bids.bids_dataset import BidsDataset
from ..data.intensity import STANDARDIZATIONS, standardize
from ..data.scan import Scan
from ..errors import InputError
from ..utils.arrays import Image, Mask
from .fields import random_field, random_generator
from .grid import Floats

SHADINGS = (0.0, 0.05, 0.1, 0.2)
"""Standard deviations, over the brain, of the logarithm of the fields that are added."""

_KNOTS = 55.0  # mm: as smooth as a coil's field
_PURE = 0.9  # fraction from which a voxel counts as white matter
_PER_CENT = 100.0


def white_matter_levels(root: Path) -> pd.DataFrame:
    """Standardize every scan of a simulated dataset, and see where its true white matter lies.

    Every scan is looked at as it is, and under an additional smooth random shading of its own. Of
    people who were scanned twice, the repeat is looked at too.

    Parameters
    ----------
    root : Path
        Simulated BIDS dataset.

    Returns
    -------
    DataFrame
        Columns `standardization`, `scanner`, `subject`, `shading`, `level` (mean of the voxels of
        which nine tenths are white matter, after standardization) and `repeat` (that of the
        repeat, where there is one and no shading was added; else NaN).

    Raises
    ------
    InputError
        If the dataset has no true tissue fractions.
    """
    dataset = BidsDataset(root)
    cohort = dataset.travelling()
    rows: list[dict[str, Any]] = []
    for subject in cohort.subjects:
        fractions = dataset.true_fractions(subject)
        if fractions is None:
            raise InputError(f"{root}: sub-{subject} has no true tissues; give simulated people.")
        for scanner in cohort.scanners_of(subject):
            scan = cohort.scan(subject, scanner)
            key = {"scanner": scanner.name, "subject": subject}
            white = (fractions[-1] > _PURE) & scan.mask
            rows += [key | row for row in _levels(scan, white, dataset.rescan(scan))]
    return pd.DataFrame(rows)


def steadiness(levels: pd.DataFrame) -> pd.DataFrame:
    """Summarize by how many per cent the level of white matter varies where it should not.

    Parameters
    ----------
    levels : DataFrame
        As `white_matter_levels` gives them, with a column `dataset` besides.

    Returns
    -------
    DataFrame
        A row per standardization, root mean squares over scanners and datasets. `rescan`:
        standard deviation between two scans of one person on one scanner; a column for every
        shading: coefficient of variation over people; all in per cent.
    """
    found = {}
    for name, own in levels.groupby("standardization", sort=False):
        twice = own.dropna(subset="repeat")
        ratio = pd.Series(np.log(twice["level"].to_numpy() / twice["repeat"].to_numpy()))
        spreads = {"rescan": _rms(ratio / np.sqrt(2))}
        for shading, shaded in own.groupby("shading"):
            people = shaded.groupby(["dataset", "scanner"])["level"]
            spreads[f"shading {shading:.0%}"] = _rms(people.std() / people.mean())
        found[name] = spreads
    return _PER_CENT * pd.DataFrame.from_dict(found, orient="index")


def _levels(scan: Scan, white: Mask, again: Scan | None) -> Iterator[dict[str, Any]]:
    field = _shading_field(scan)
    for shading in SHADINGS:
        shaded = np.asarray(scan.image * np.exp(np.float32(shading) * field), dtype=np.float32)
        for name in STANDARDIZATIONS:
            repeat = np.nan
            if again is not None and shading == 0:
                repeat = _level(again.image, again.mask, white & again.mask, name)
            yield {
                "standardization": name,
                "shading": shading,
                "level": _level(shaded, scan.mask, white, name),
                "repeat": repeat,
            }


def _level(image: Image, mask: Mask, white: Mask, name: str) -> float:
    return float(standardize(image, mask, name)[white].mean(dtype=np.float64))


def _shading_field(scan: Scan) -> Floats:
    """Return a smooth random field of mean 0 and standard deviation 1 in the brain."""
    axes = [
        ((np.arange(count) - (count - 1) / 2) * size).astype(np.float32)
        for count, size in zip(scan.image.shape, scan.voxel_size, strict=True)
    ]
    rng = random_generator(0, scan.subject, scan.scanner.name, "added shading")
    field = random_field(rng, _KNOTS).on((axes[0], axes[1], axes[2]))
    inside = field[scan.mask]
    standard: Floats = (field - inside.mean()) / inside.std()
    return standard


def _rms(values: "pd.Series[float]") -> float:
    return float(np.sqrt((values**2).mean())) if len(values) else float("nan")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of some datasets.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; that of the process when None.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", type=Path, nargs="+", help="simulated BIDS datasets")
    folders = parser.parse_args(arguments).datasets
    levels = pd.concat([white_matter_levels(f).assign(dataset=str(f)) for f in folders])
    scanners = levels[levels["shading"] == 0].pivot_table(
        index="standardization", columns="scanner", values="level", sort=False
    )
    print("Mean level of white matter")
    print(scanners.round(3).to_string(), end="\n\n")
    print("Where it should not vary it does, in per cent")
    print(steadiness(levels).round(2).to_string())


if __name__ == "__main__":
    main()
