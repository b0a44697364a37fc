"""Telling raw data from data that a benchmark can read."""

import sys
from pathlib import Path

from ..data.bids.bids_dataset import BidsDataset
from ..data.nifti import other_grid, read_image
from ..errors import InputError
from ..utils.untrusted.printable import say
from .preprocess_settings import PreprocessSettings
from .run import preprocess_dataset


def why_raw(dataset: BidsDataset) -> str:
    """Say what shows that a dataset was not preprocessed; reads names and headers.

    Parameters
    ----------
    dataset : BidsDataset
        Any.

    Returns
    -------
    str
        A phrase; empty where most scans have a brain mask, and those of most people lie on one
        grid. What then is wrong with a scan is for the reader to say.
    """
    images, masks = dataset.files("T1w"), dataset.files("mask")
    bare = [key for key in images if key not in masks]
    if len(bare) > len(images) / 2:
        return f"{len(bare)} of {len(images)} T1w images have no brain mask"
    people: dict[str, list[Path]] = {}
    for (subject, _), path in images.items():
        people.setdefault(subject, []).append(path)
    several = [paths for paths in people.values() if len(paths) > 1]
    apart = [paths for paths in several if not _one_grid(paths)]
    if len(apart) > len(several) / 2:
        return f"the scans of {len(apart)} of {len(several)} people lie on different grids"
    return ""


def _one_grid(paths: list[Path]) -> bool:
    first, *others = (read_image(path) for path in paths)
    return not any(
        other_grid(other.shape, other.affine, first.shape, first.affine) for other in others
    )


def ready_dataset(
    root: Path,
    out: Path | None,
    *,
    voxel_size: float,
    jobs: int = 1,
    rules: Path | None = None,
) -> Path:
    """Return a dataset that a benchmark can read, preprocessed if that is wanted and needed.

    Parameters
    ----------
    root : Path
        The dataset that the user gave.
    out : Path or None
        Where to preprocess it; None where the user did not ask for it.
    voxel_size : float
        Edge of the result's voxels in mm.
    jobs : int
        Processes at once.
    rules : Path, optional
        Dataset file that says what the names of `root` mean.

    Returns
    -------
    Path
        `root`, or `out`.

    Raises
    ------
    InputError
        If the data are raw and `out` is None, or the preprocessing fails.
    """
    dataset = BidsDataset(root, rules=rules)
    reason = why_raw(dataset)
    if not reason:
        if out is not None:
            say(f"{root}: needs no preprocessing; it is read as it is.", file=sys.stderr)
        return root
    if out is None:
        raise InputError(
            f"{root}: holds raw data ({reason}); add --preprocess, or run `phycharm preprocess` "
            "and give its result."
        )
    result = preprocess_dataset(dataset, out, PreprocessSettings(voxel_size=voxel_size), jobs=jobs)
    for one in result.excluded:
        say(f"phycharm: excluded: {one.name}: {one.reason}", file=sys.stderr)
    return result.folder
