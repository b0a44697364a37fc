"""`phycharm simulate`."""

from pathlib import Path


def simulate(  # noqa: PLR0913 - a dataset has that many settings
    out: Path,
    *,
    subjects: int = 9,
    quantitative_subjects: int = 8,
    voxel_size: float = 1.0,
    scanners: str = "GE,Siemens,Philips",
    seed: int = 0,
    anatomy: Path | None = None,
    atrophy: str = "",
    rescans: bool = False,
) -> None:
    """Make a BIDS dataset of digital travelling subjects on which the truth is known.

    Parameters
    ----------
    out
        Folder to make.
    subjects
        Travelling subjects, each scanned on every scanner.
    quantitative_subjects
        Further subjects with MPRAGE, MP2RAGE and T1 map.
    voxel_size
        Edge of a voxel in mm.
    scanners
        Names, separated by commas.
    seed
        Everything random follows from it.
    anatomy
        Folder with tissue or label maps of real people, to take the MNI152 template's place.
    atrophy
        Part of the grey matter that people have lost, such as 05=0.1,07=0.2.
    rescans
        Scan every travelling subject twice on every scanner.
    """
    from ..simulate import simulate_dataset
    from ..simulate.people.atrophy import parse_atrophy
    from ..utils.untrusted.printable import say

    simulate_dataset(
        out,
        subjects=subjects,
        quantitative_subjects=quantitative_subjects,
        voxel_size=voxel_size,
        scanners=[name.strip() for name in scanners.split(",") if name.strip()],
        seed=seed,
        anatomy=anatomy,
        atrophy=parse_atrophy(atrophy),
        rescans=rescans,
    )
    say(f"Dataset: {out}")
