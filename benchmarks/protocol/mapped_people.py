"""People with maps for travellers among whom nobody has any: another dataset's, or digital ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.errors import InputError
from phycharm.simulate.dataset import simulate_dataset

from .run_data import RunData

_SMALLEST, _LARGEST = 0.5, 12.0  # mm, what can be simulated


def with_maps_of(data: RunData, dataset: Path) -> RunData:
    """Take people with maps from a dataset of their own, whoever else has some.

    Parameters
    ----------
    data : RunData
        Of a dataset of travellers.
    dataset : Path
        BIDS dataset with T1w images, T1 maps and second inversions.

    Returns
    -------
    RunData
        The same travellers, the others' maps.

    Raises
    ------
    InputError
        If nobody there has maps.
    """
    opened = BidsDataset(dataset, acquisitions=data.protocol.acquisitions)
    if not opened.quantitative_people:
        raise InputError(
            f"{dataset}: nobody there has a T1 map; `phycharm inspect {dataset}` says what was "
            "found. Without --maps-dataset digital people take the place."
        )
    return replace(data, mapped=opened)


def with_digital_people(data: RunData, folder: Path) -> RunData:
    """Simulate people with maps for a dataset that has none, at the dataset's voxel size.

    Maps generators are asked about the dataset's scanners and learn from images that its
    acquisitions make of the maps; whose maps these are matters less than that there are some. The
    people follow from the seed of the protocol's simulation, as many as its split asks for.

    Parameters
    ----------
    data : RunData
        Of a dataset.
    folder : Path
        Where simulated people are kept; those that are there already are taken.

    Returns
    -------
    RunData
        The same where there are people with maps.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    if data.mapped is not None or data.dataset.quantitative_people:
        return data
    protocol = data.protocol
    size, seed = voxel_size(data), protocol.simulation.seed
    count = max(
        protocol.split.quantitative_training + protocol.split.quantitative_validation,
        protocol.simulation.quantitative_subjects,
    )
    root = folder / f"{count}-people-{size:g}mm-seed-{seed}"
    if not root.is_dir():
        simulate_dataset(root, subjects=0, quantitative_subjects=count, voxel_size=size, seed=seed)
    return replace(data, mapped=BidsDataset(root))


def voxel_size(data: RunData) -> float:
    """Return the voxel size of a dataset's travellers in mm, as edge of a cube.

    Returns
    -------
    float
        Median over scanners of the geometric mean of a scan's edges, to hundredths, between .5 and
        12 mm.
    """
    cohort = data.cohort
    sizes = [
        np.prod(cohort.scan(cohort.people(scanner)[0], scanner).voxel_size) ** (1 / 3)
        for scanner in cohort.scanners
    ]
    return float(np.clip(np.round(np.median(sizes), 2), _SMALLEST, _LARGEST))
