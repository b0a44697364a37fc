"""How well the maps generator recovers T1 and M0: the preprint's Table 1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from phycharm.data.nifti import write_volume
from phycharm.data.quantitative import QuantitativeCohort, QuantitativeScan
from phycharm.method.maps import MapsGenerator
from phycharm.utils.arrays import Image, Mask
from phycharm.utils.atomic import atomic_file

from ..metrics import data_range, nrmse, psnr, ssim


def score_maps(
    generator: MapsGenerator, people: QuantitativeCohort, folder: Path, *, seed: int
) -> None:
    """Predict the maps of people who were not learned from, and compare with the measured ones.

    Parameters
    ----------
    generator : MapsGenerator
        Fitted.
    people : QuantitativeCohort
        To predict; T1w standardized.
    folder : Path
        Gets `maps.parquet` and `images/sub-X_T1map.nii.gz` (ms), `sub-X_M0map.nii.gz`.
    seed : int
        Of the cell, for the table.
    """
    rows: list[dict[str, Any]] = []
    for subject in people.subjects:
        one = people.read(subject)
        predicted = dict(zip(("T1", "M0"), generator.predict(one.scan), strict=True))
        head = {"case": generator.case, "preset": generator.preset, "subject": subject}
        for name, image in predicted.items():
            path = folder / "images" / f"sub-{subject}_{name}map.nii.gz"
            write_volume(path, image, one.scan.affine)
            truth = one.t1 if name == "T1" else one.m0
            place = {**head, "map": name, "source": one.scan.scanner.name, "seed": seed}
            rows += [{**place, **score} for score in _scores(truth, image, one)]
    with atomic_file(folder / "maps.parquet") as path:
        pd.DataFrame(rows).to_parquet(path, index=False)


def _scores(truth: Image, image: Image, one: QuantitativeScan) -> Iterator[dict[str, Any]]:
    reference, predicted = torch.from_numpy(truth), torch.from_numpy(image)
    mask = torch.from_numpy(one.scan.mask)
    scale = data_range(reference, mask)
    values = {
        "ssim": ssim(reference, predicted, mask, data_range=scale),
        "psnr": psnr(reference, predicted, mask, data_range=scale),
        "nrmse": nrmse(reference, predicted, mask),
    }
    for metric, value in values.items():
        yield {"metric": metric, "tissue": "", "value": float(value)}
    for tissue, where in tissue_masks(one).items():
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
