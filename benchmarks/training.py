"""Fitting methods to a whole dataset, outside any benchmark."""

from pathlib import Path

from phycharm.bids import BidsDataset
from phycharm.device import resolve_device
from phycharm.errors import InputError
from phycharm.external import can_be_saved
from phycharm.harmonizer import Harmonizer
from phycharm.maps import MapsGenerator

from .methods import Methods
from .protocol import Protocol
from .study import Study


def train_harmonizer(
    spec: str, protocol: Protocol, dataset: Path, out: Path, *, device: str
) -> Harmonizer:
    """Fit a method to all but one of a dataset's travelling subjects, and save it.

    The last subject is the validation subject, by whom the state is chosen.

    Parameters
    ----------
    spec : str
        Method.
    protocol : Protocol
        Whose standardization, training budget and settings apply.
    dataset : Path
        BIDS dataset.
    out : Path
        Folder of the model.
    device : str
        `auto`, `cpu` or `cuda`.

    Returns
    -------
    Harmonizer
        Fitted.

    Raises
    ------
    InputError
        If the dataset cannot be used, or the method cannot be saved.
    """
    study = Study(BidsDataset(dataset, acquisitions=protocol.acquisitions), protocol)
    people = study.cohort.subjects
    if len(people) < 2:
        raise InputError(
            f"{dataset}: one travelling subject; training needs two or more, one to choose by."
        )
    method = Methods(protocol, (spec,)).make(
        spec, seed=protocol.seeds[0], device=resolve_device(device)
    )
    if not can_be_saved(method):
        raise InputError(f"{spec}: cannot be saved; give its class the methods save and load.")
    context = {}
    if {"maps", "quantitative"} & set(method.card.needs):
        train, validation, _ = study.quantitative_parts()
        context = {"quantitative": train, "quantitative_validation": validation}
    method.fit(
        study.cohort.subset(subjects=people[:-1]),
        study.cohort.subset(subjects=people[-1:]),
        **context,
    )
    method.save(out)
    return method


def train_generator(
    protocol: Protocol, dataset: Path, out: Path, *, case: int, device: str
) -> MapsGenerator:
    """Fit the maps generator to a dataset's people with T1 maps, and save it.

    Parameters
    ----------
    protocol : Protocol
        Whose preset, split and training budget apply.
    dataset : Path
        BIDS dataset; the acquisitions of its travelling scanners are learned too.
    out : Path
        Folder of the generator.
    case : int
        Loss case of the preprint.
    device : str
        `auto`, `cpu` or `cuda`.

    Raises
    ------
    InputError
        If the dataset cannot be used.
    """
    study = Study(BidsDataset(dataset, acquisitions=protocol.acquisitions), protocol)
    train, validation, _ = study.quantitative_parts()
    generator = MapsGenerator(
        preset=protocol.maps.preset,
        case=case,
        training=protocol.maps.training,
        seed=protocol.seeds[0],
        device=resolve_device(device),
    )
    generator.fit(train, validation, scanners=study.cohort.scanners)
    generator.save(out)
    return generator
