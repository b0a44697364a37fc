"""Making a whole dataset of digital travelling subjects."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from pathlib import Path

from ..errors import InputError
from ..utils.atomic import atomic_folder
from ..utils.progress import progress_bar
from .grid import ScanGrid
from .people.anatomy import Anatomy, template_anatomy
from .people.atrophy import require_atrophy
from .people.real_anatomies import people_anatomies
from .people.subject import DigitalSubject, make_subject
from .scanners.scanner_models import chosen
from .scanners.visit import Visit
from .side_by_side import side_by_side
from .writing import write_descriptions, write_quantitative, write_travelling, write_truth

MOST_PEOPLE = 10_000
"""More are a slip of the hand: each takes a minute."""

_BYTES = 180  # of memory a fine voxel of one person, measured at .8 to 2 mm


def simulate_dataset(  # noqa: PLR0913 - a dataset has that many settings
    out: str | Path,
    *,
    subjects: int = 9,
    quantitative_subjects: int = 8,
    voxel_size: float = 1.0,
    scanners: Sequence[str] = ("GE", "Siemens", "Philips"),
    seed: int = 0,
    anatomy: str | Path | None = None,
    atrophy: Mapping[str, float] | None = None,
    rescans: bool = False,
) -> Path:
    """Make a BIDS dataset of digital people who travelled between simulated scanners.

    The folder appears only when it is complete. The same arguments give the same files, and a
    subject is the same however many others there are. People are made in several threads, where
    cores and memory allow.

    Parameters
    ----------
    out : str or Path
        Folder to make; it must not exist, or be empty.
    subjects : int
        Travelling subjects, each scanned on every scanner; may be 0 where there are others.
    quantitative_subjects : int
        Further subjects, with MPRAGE, MP2RAGE and a T1 map.
    voxel_size : float
        Edge of a voxel in mm.
    scanners : sequence of str
        Names of `phycharm.simulate.scanners.scanner_models.SCANNERS`.
    seed : int
        Everything random follows from it.
    anatomy : str or Path, optional
        Folder with tissue maps of real people (see `people.real_anatomies`), which then take the
        place of the MNI152 template, in turn.
    atrophy : mapping of str to float, optional
        Part of the grey matter's volume that people have lost to CSF, by label, such as
        `{"05": 0.1}`: their sulci and ventricles are wider than without, and the truth says so.
    rescans : bool
        Whether every travelling subject is scanned twice on every scanner (`run-1`, `run-2`): the
        same head with noise, position, shading, gain, times and mask of another day.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    InputError
        If an argument makes no sense or `out` is taken.
    """
    out = Path(out)
    _check(out, subjects, quantitative_subjects, seed)
    labels = people_labels(subjects, quantitative_subjects)
    lost = dict(atrophy or {})
    require_atrophy(lost, [name for names in labels for name in names])
    models, grid = chosen(scanners), ScanGrid(voxel_size=voxel_size)
    heads = [template_anatomy()] if anatomy is None else people_anatomies(Path(anatomy))
    travelling, others = (_deal(heads, names) for names in labels)
    told = _told(seed, voxel_size, scanners, lost)
    runs = (1, 2) if rescans else (1,)
    total = subjects * len(models) + quantitative_subjects
    with atomic_folder(out) as root, progress_bar("simulating", total) as bar:
        write_descriptions(root, travelling, others, parameters=told, atrophy=lost)

        def born(name: str, head: Anatomy) -> DigitalSubject:
            lack = lost.get(name, 0.0)
            person = make_subject(name, anatomy=head, grid=grid, seed=seed, atrophy=lack)
            write_truth(root, person)
            return person

        def travel(name: str, head: Anatomy) -> None:
            person = born(name, head)
            for model in models:
                for run in runs:
                    visit = Visit(subject=person, scanner=model, run=run)
                    write_travelling(root, visit, repeated=rescans)
                bar.advance(detail=f"sub-{name} {model.name}")

        def be_measured(name: str, head: Anatomy) -> None:
            write_quantitative(root, born(name, head))
            bar.advance(detail=f"sub-{name}")

        people = [partial(travel, *one) for one in travelling.items()]
        people += [partial(be_measured, *one) for one in others.items()]
        side_by_side(people, memory=_BYTES * prod(grid.fine_shape))
    return out


def is_simulation(
    root: Path,
    *,
    subjects: int,
    quantitative_subjects: int,
    voxel_size: float,
    scanners: Sequence[str],
    seed: int,
    atrophy: Mapping[str, float] | None = None,
) -> bool:
    """Whether a dataset is the one that `simulate_dataset` makes of these arguments.

    Parameters
    ----------
    root : Path
        The dataset.
    subjects, quantitative_subjects, voxel_size, scanners, seed, atrophy
        As for `simulate_dataset`.

    Returns
    -------
    bool
        By what its description and its list of participants say; False where they say nothing.
    """
    told = _told(seed, voxel_size, scanners, dict(atrophy or {}))
    try:
        description = (root / "dataset_description.json").read_text(encoding="utf-8")
        makers = json.loads(description)["GeneratedBy"]
        lines = (root / "participants.tsv").read_text(encoding="utf-8").splitlines()[1:]
        known = any(told in str(maker.values()) for maker in makers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    travelling, others = people_labels(subjects, quantitative_subjects)
    people = {line.partition("\t")[0].removeprefix("sub-") for line in lines}
    return known and people == {*travelling, *others}


def _told(
    seed: int, voxel_size: float, scanners: Sequence[str], atrophy: Mapping[str, float]
) -> str:
    """Say what a dataset was simulated with, for a person."""
    told = f"seed {seed}, voxels of {voxel_size:g} mm, scanners {', '.join(scanners)}"
    return told + "".join(f", atrophy {label}={part:g}" for label, part in atrophy.items())


def people_labels(subjects: int, quantitative_subjects: int) -> tuple[list[str], list[str]]:
    """Return the labels of the travelling subjects and of those with T1 maps.

    Parameters
    ----------
    subjects, quantitative_subjects : int
        How many there are.

    Returns
    -------
    travelling, quantitative : list of str
        Labels without `sub-`.

    Examples
    --------
    >>> people_labels(2, 1)
    (['01', '02'], ['Q01'])
    """
    travelling = [f"{number:02d}" for number in range(1, subjects + 1)]
    return travelling, [f"Q{number:02d}" for number in range(1, quantitative_subjects + 1)]


def _check(out: Path, subjects: int, quantitative_subjects: int, seed: int) -> None:
    if min(subjects, quantitative_subjects) < 0 or not subjects + quantitative_subjects:
        raise InputError("nobody to simulate: ask for at least one subject.")
    if max(subjects, quantitative_subjects) > MOST_PEOPLE:
        raise InputError(
            f"{max(subjects, quantitative_subjects)} people to simulate: ask for "
            f"{MOST_PEOPLE} at most."
        )
    if not 0 <= seed < 2**63:
        raise InputError(f"seed {seed}: give a number of 63 bits that is not negative.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: exists already; remove it or name another folder.")


def _deal(heads: Sequence[Anatomy], names: Sequence[str]) -> Mapping[str, Anatomy]:
    """Give every subject an anatomy, in turn."""
    return {name: heads[number % len(heads)] for number, name in enumerate(names)}
