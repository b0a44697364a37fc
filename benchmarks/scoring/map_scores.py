"""How well the maps generator recovers T1 and M0: the preprint's Table 1, and by source scanner."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from phycharm.data.nifti import write_volume
from phycharm.data.quantitative import QuantitativeScan
from phycharm.method.maps import MapsGenerator
from phycharm.utils.arrays import Image, Mask
from phycharm.utils.atomic import atomic_file

from ..metrics import data_range, nrmse, psnr, ssim
from ..protocol.run_data import RunData

PURE = 0.9
"""A voxel of a larger fraction than this of one tissue counts as that tissue."""

_Row = dict[str, Any]


def score_maps(generator: MapsGenerator, data: RunData, folder: Path, *, seed: int) -> None:
    """Predict the maps of people who were not learned from, and compare with those known.

    Two cohorts are scored: people whose maps were measured, and, where the truth of a simulation
    lies on disk, the travellers who are evaluated, from each scanner. Where M0 has a scale of its
    own, as it has against the truth, it is brought to the reference by one least-squares factor.

    Parameters
    ----------
    generator : MapsGenerator
        Fitted.
    data : RunData
        Whose people with maps and travellers are predicted; T1w standardized.
    folder : Path
        Gets `maps.parquet` and, of the people with measured maps, `images/sub-X_T1map.nii.gz` (ms)
        and `sub-X_M0map.nii.gz` (on the scale of the measured one).
    seed : int
        Of the cell, for the table.
    """
    rows = [*_measured_rows(generator, data, folder), *_travelling_rows(generator, data)]
    head = {"case": generator.case, "preset": generator.preset, "seed": seed}
    table = pd.DataFrame([head | row for row in rows], columns=list(MAP_TYPES)).astype(MAP_TYPES)
    with atomic_file(folder / "maps.parquet") as path:
        table.to_parquet(path, index=False)


MAP_TYPES = {
    "case": "int64",
    "preset": "string",
    "cohort": "string",
    "subject": "string",
    "map": "string",
    "source": "string",
    "seed": "int64",
    "metric": "string",
    "tissue": "string",
    "value": "float64",
}
"""Columns of `maps.parquet` in their order, with their pandas types."""


def _measured_rows(generator: MapsGenerator, data: RunData, folder: Path) -> Iterator[_Row]:
    *_, people = data.quantitative_parts()
    for subject in people.subjects:
        one = people.read(subject)
        t1, m0 = generator.predict(one.scan)
        # Measured maps are on their robust scale: what is in the units of a file comes to it.
        m0 = m0 / np.float32(one.m0_scale if generator.file_units else 1.0)
        for name, image in (("T1", t1), ("M0", m0)):
            path = folder / "images" / f"sub-{subject}_{name}map.nii.gz"
            write_volume(path, image, one.scan.affine)
        yield from _rows("quantitative", one, t1, m0, tissue_masks(one))


def _travelling_rows(generator: MapsGenerator, data: RunData) -> Iterator[_Row]:
    for one, tissues in data.true_maps():
        t1, m0 = generator.predict(one.scan)
        pure = {name: one.scan.mask & (tissues[name] > PURE) for name in ("WM", "GM")}
        yield from _rows("travelling", one, t1, m0 * _factor(one, m0), pure)


def _factor(one: QuantitativeScan, m0: Image) -> np.float32:
    """Least-squares factor from a predicted M0 to the reference, in the brain."""
    predicted, reference = (volume[one.scan.mask].astype(np.float64) for volume in (m0, one.m0))
    power = float(predicted @ predicted)
    return np.float32(predicted @ reference / power if power > 0 else 1.0)


def _rows(
    cohort: str, one: QuantitativeScan, t1: Image, m0: Image, tissues: Mapping[str, Mask]
) -> Iterator[_Row]:
    where = {"cohort": cohort, "subject": one.scan.subject, "source": one.scan.scanner.name}
    for name, truth, image in (("T1", one.t1, t1), ("M0", one.m0, m0)):
        # A scan's mask may reach beyond the brain, where there is no truth.
        for score in _scores(truth, image, one.scan.mask & (one.t1 > 0), tissues):
            yield {**where, "map": name, **score}


def _scores(truth: Image, image: Image, brain: Mask, tissues: Mapping[str, Mask]) -> Iterator[_Row]:
    reference, predicted, mask = map(torch.from_numpy, (truth, image, brain))
    scale = data_range(reference, mask)
    values = {
        "ssim": ssim(reference, predicted, mask, data_range=scale),
        "psnr": psnr(reference, predicted, mask, data_range=scale),
        "nrmse": nrmse(reference, predicted, mask),
    }
    for metric, value in values.items():
        yield {"metric": metric, "tissue": "", "value": float(value)}
    for tissue, where in tissues.items():
        error = np.abs(image[where] - truth[where]) / truth[where]
        median = float(np.median(error)) if error.size else float("nan")
        yield {"metric": "median_relative_error", "tissue": tissue, "value": median}


def tissue_masks(one: QuantitativeScan) -> dict[str, Mask]:
    """Tell grey and white matter apart by the measured T1 itself.

    At 3 T white matter lies near 850 ms and grey matter near 1400 ms (Wansapura 1999); voxels of
    700 to 1050 ms count as white matter and of 1200 to 1700 ms as grey matter, which leaves mixed
    voxels out.
    """
    inside = one.scan.mask & (one.t1 > 0)
    return {
        "WM": inside & (one.t1 >= 700) & (one.t1 <= 1050),
        "GM": inside & (one.t1 >= 1200) & (one.t1 <= 1700),
    }
