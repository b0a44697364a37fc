"""Convergence: what twice the budget would still gain, on the people by whom states are chosen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.datasets.dataset_file import DatasetFile
from phycharm.errors import InputError
from phycharm.utils.device import flushed_denormals, resolve_device
from phycharm.utils.progress import progress_bar
from phycharm.utils.validation import first_problem

from ..protocol.mapped_people import with_maps_of
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from .budget.doubling import Doubling
from .budget.doubling_scores import SCORE
from .run_folder import DATASET, RunFolder
from .run_lock import RunLock


def measure_convergence(
    results: str | Path,
    *,
    harmonizers: Sequence[str] | None = None,
    fold: int | None = None,
    seed: int | None = None,
    device: str = "auto",
) -> pd.DataFrame:
    """Train the trained methods of a run again with twice the budget, and score who they chose by.

    A learning rate that falls to zero makes any curve flat at its end; only a longer budget shows
    whether a method was trained to it. The external people are not read: nothing may be tuned on
    them. What was computed before is not computed again.

    Parameters
    ----------
    results : str or Path
        Folder of a run, whose scores are those of the single budget.
    harmonizers : sequence of str, optional
        Methods as they were named for the run; `maps` for the maps generator. By default all of
        its protocol that the run has fitted, and the generator where a method needs it.
    fold, seed : int, optional
        By default the first of the protocol.
    device : {"auto", "cpu", "cuda"}
        Where to compute.

    Returns
    -------
    DataFrame
        All that is known of the run: the columns of `CONVERGENCE_TYPES`. `value` and
        `value_doubled` are SSIM by direction, or, for `maps`, the median relative error of T1 (mean
        of grey and white matter) by source scanner; `steps` those of the single budget.

    Raises
    ------
    InputError
        If the folder holds no such run, or the run has not fitted a method as it is now.
    """
    run = RunFolder(Path(results))
    protocol = _protocol(run, fold, seed)
    data = RunData(_dataset(run, protocol), protocol)
    if others := run.told("dataset").get("maps_path"):
        data = with_maps_of(data, run.root / others)
    study = Doubling(
        run=run,
        data=data,
        configuration=str(run.read_manifest().get("fingerprint", "")),
        device=resolve_device(device),
    )
    wanted = study.chosen(harmonizers)
    with (
        RunLock(run.root),
        flushed_denormals(),
        progress_bar("convergence", len(wanted)) as bar,
    ):
        for name in wanted:
            study.measure(name)
            bar.advance(detail=name)
        return study.collect()


def _protocol(run: RunFolder, fold: int | None, seed: int | None) -> Protocol:
    """Read a run's protocol, of one fold and seed, in which nobody is external."""
    if not run.manifest.is_file():
        raise InputError(f"{run.root}: holds no run.json; run the benchmark first.")
    record = run.told("protocol")
    try:
        protocol = Protocol.model_validate(
            {name: record[name] for name in Protocol.model_fields if name in record}
        )
    except ValidationError as error:
        raise InputError(
            f"{run.manifest}: its protocol cannot be used ({first_problem(error)}); run the "
            "benchmark again."
        ) from error
    if SCORE not in protocol.metrics:
        raise InputError(f"{run.root}: {SCORE} was not measured; add it to the protocol's metrics.")
    chosen = {
        "fold": (protocol.split.folds[0] if fold is None else fold, protocol.split.folds),
        "seed": (protocol.seeds[0] if seed is None else seed, protocol.seeds),
    }
    for name, (value, there) in chosen.items():
        if value not in there:
            raise InputError(f"{run.root}: has no {name} {value}; there are {_listed(there)}.")
    split = {"external": 0, "folds": (chosen["fold"][0],)}
    return protocol.model_copy(
        update={
            "split": protocol.split.model_copy(update=split),
            "seeds": (chosen["seed"][0],),
        }
    )


def _listed(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))


def _dataset(run: RunFolder, protocol: Protocol) -> BidsDataset:
    """Open a run's dataset: its own where it made one, wherever the folder lies by now."""
    told = run.told("dataset")
    own, rules, path = run.root / DATASET, told.get("rules"), told.get("path")
    if not own.is_dir() and not (isinstance(path, str) and path):
        raise InputError(f"{run.manifest}: names no dataset; run the benchmark again.")
    dataset = BidsDataset(
        own if own.is_dir() else Path(str(path)),
        acquisitions=protocol.acquisitions,
        rules=_rules(run, rules) if rules else None,
    )
    if dataset.fingerprint != told.get("fingerprint"):
        raise InputError(
            f"{dataset.root}: is not the dataset of the run any more; run the benchmark again."
        )
    return dataset


def _rules(run: RunFolder, record: Any) -> DatasetFile:
    """Read back the dataset file that a run was given."""
    try:
        return DatasetFile.model_validate(record)
    except ValidationError as error:
        raise InputError(
            f"{run.manifest}: its dataset file cannot be used ({first_problem(error)}); run the "
            "benchmark again."
        ) from error
