"""`phycharm preprocess`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def preprocess(  # noqa: PLR0913 - a chain of engines has that many settings
    bids_dir: Path,
    out_dir: Path,
    *,
    dataset_file: Path | None = None,
    jobs: int = 1,
    voxel_size: float = 0.8,
    size: str = "",
    reference: str = "",
    brain: str = "auto",
    crop: str = "auto",
    engine: str = "simpleitk",
    registration: str = "affine",
    mid_space: Annotated[bool, Parameter(negative="")] = False,
    bias: str = "n4",
) -> int:
    """Bring raw heads onto one grid a person, brains only; goes on where it was interrupted.

    Parameters
    ----------
    bids_dir
        Raw BIDS dataset; sessions are scanners.
    out_dir
        Dataset to write, which `benchmark --dataset` reads.
    dataset_file
        Says what the names of the raw dataset mean; by default that is found out.
    jobs
        Scans at once, each on one thread; the results do not depend on it.
    voxel_size
        Edge of the result's voxels in mm.
    size
        Its voxels along x, y and z; by default those that 192 x 192 x 179.2 mm hold, which is
        240x240x224 at 0.8 mm.
    reference
        Scanner to which a person's other scans are registered; by default the one that most people
        have.
    brain
        given, template, deepbet, hd-bet, synthstrip, or 'command:PROGRAM {image} {mask}'; auto
        takes the dataset's masks, else a program that is installed, else the built-in template.
    crop
        auto, builtin, robustfov or none: how the neck is left out.
    engine
        simpleitk, flirt, ants, or 'command:PROGRAM {fixed} {moving} {matrix}'.
    registration
        affine (rigid first) or rigid.
    mid_space
        Let a person's scans meet half-way, so that all are interpolated alike.
    bias
        n4 or none: correction of the receive field.
    """
    from phycharm.reports import write_quality_page

    from ..data.bids.bids_dataset import BidsDataset
    from ..preprocess import PreprocessSettings, preprocess_dataset
    from ..utils.untrusted.printable import say

    settings = PreprocessSettings(
        voxel_size=voxel_size,
        size=size,
        reference=reference,
        brain=brain,
        crop=crop,
        engine=engine,
        registration=registration,
        mid_space=mid_space,
        bias=bias,
    )
    dataset = BidsDataset(bids_dir, rules=dataset_file)
    result = preprocess_dataset(dataset, out_dir, settings, jobs=jobs)
    page = write_quality_page(result.folder)
    for note in result.notes:
        say(f"Note: {note}")
    for one in result.excluded:
        say(f"Excluded: {one.name}: {one.reason}")
    say(f"Dataset: {result.folder} ({len(result.scans)} scans, {len(result.excluded)} excluded)")
    say(f"Quality: {page}")
    return 1 if result.excluded else 0
