"""A whole run: protocol and dataset in, results folder out."""

import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.harmonizers.acquisition_needs import require_acquisitions
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external import spec_of
from phycharm.networks.curves import require_tensorboard
from phycharm.simulate import simulate_dataset
from phycharm.simulate.dataset import is_simulation, people_labels
from phycharm.simulate.people.atrophy import require_atrophy
from phycharm.simulate.scanners.scanner_models import chosen
from phycharm.utils.atomic import write_json
from phycharm.utils.device import flushed_denormals, resolve_device
from phycharm.utils.json_file import read_object
from phycharm.version import __version__

from ..metrics import as_records
from ..protocol.cells import fingerprint, variants
from ..protocol.loading import load_protocol
from ..protocol.mapped_people import with_digital_people, with_maps_of
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..protocol.split import design
from ..scoring.controls import control_cards, untold_card
from .cells.cell_runner import CellRunner
from .manifest import Manifest
from .methods import Methods
from .run_folder import CHECKED, DATASET, DIGITAL, RunFolder
from .run_lock import RunLock
from .run_plan import RunPlan, make_runner
from .tasks import run_tasks
from .workers.execution import Execution


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Outcome of a run: its folder, and what failed.

    Parameters
    ----------
    folder : Path
        The results folder.
    failed : tuple of str
        One line for each cell that failed.
    """

    folder: Path
    failed: tuple[str, ...]


def run_benchmark(  # noqa: PLR0913 - a run has that many choices
    protocol: Protocol | str | Path,
    *,
    out: str | Path,
    dataset: str | Path | None = None,
    dataset_file: str | Path | None = None,
    maps_dataset: str | Path | None = None,
    harmonizers: str | type[Any] | Sequence[str | type[Any]] | None = None,
    seed: int | None = None,
    seeds: Sequence[int] | None = None,
    device: str = "auto",
    fresh: bool = False,
    execution: Execution | None = None,
    wait: bool = False,
    tensorboard: bool = False,
) -> RunResult:
    """Run a benchmark, or go on with one that was interrupted.

    Parameters
    ----------
    protocol : Protocol, str or Path
        What to compare, and how; `load_protocol` reads a name or path.
    out : str or Path
        Results folder.
    dataset : str or Path, optional
        BIDS dataset; by default the protocol's digital subjects are simulated into `out`.
    dataset_file : str or Path, optional
        What the dataset's names mean (TOML); by default that is found out.
    maps_dataset : str or Path, optional
        BIDS dataset of the people with T1 maps, where they are none of `dataset`; without any,
        digital people are simulated in their place, for methods that need maps.
    harmonizers : str, type or sequence of them, optional
        Methods to run instead of the protocol's: what a user names (see `create_harmonizer`), or
        classes. A class typed into a notebook has no file to be recognized by, so that it is
        computed anew by every call; whatever has a file goes on where it stopped.
    seed : int, optional
        Seed of the digital people, in place of the protocol's `simulation.seed`.
    seeds : sequence of int, optional
        Training seeds, in place of the protocol's `seeds`. A folder takes further ones: what was
        fitted with the others is kept.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    fresh : bool
        Whether to delete earlier results first.
    execution : Execution, optional
        How the cells are done; by default one after the other, in this process.
    wait : bool
        Whether to wait for another run that works in the folder; by default it is refused.
    tensorboard : bool
        Whether to write training curves for TensorBoard too, into `tensorboard/` of the folder.

    Returns
    -------
    RunResult
        Where the results are, and which cells failed.

    Raises
    ------
    InputError
        If something the user gave cannot be used; what was computed before stays.
    """
    if seed is not None and dataset is not None:
        raise InputError(
            f"seed {seed}: is that of simulated people, and {dataset} was given; leave one of them "
            "out (training seeds are `seeds`)."
        )
    if dataset_file is not None and dataset is None:
        raise InputError(f"{dataset_file}: describes a dataset, and none is given; add --dataset.")
    if maps_dataset is not None and dataset is None:
        raise InputError(f"{maps_dataset}: goes with a dataset of travellers; add --dataset.")
    execution = execution or Execution()
    if tensorboard:
        require_tensorboard()
    protocol = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    protocol = protocol.reseeded(simulation=seed, training=seeds)
    run, dataset = RunFolder(Path(out)), None if dataset is None else Path(dataset)
    named = [harmonizers] if isinstance(harmonizers, str | type) else harmonizers
    methods = Methods(protocol, tuple(map(spec_of, named or protocol.harmonizers)))
    homeless = [spec for spec in methods.specs if "__main__:" in spec]
    if homeless and execution.elsewhere:
        raise InputError(
            f"{homeless[0]}: was typed into a notebook, where no other process finds it; write it "
            "into a file, or do without jobs."
        )
    cards = methods.cards
    computing_on = resolve_device(device)
    run.require_ours()
    with RunLock(run.root, wait=wait):
        data = _open_data(
            protocol,
            run,
            dataset,
            cards,
            fresh=fresh,
            rules=dataset_file,
            maps_dataset=None if maps_dataset is None else Path(maps_dataset),
        )
        configuration = run.claim(_configuration(data))
        # Not before: a folder that is another run's stays as it is.
        write_json(run.root / CHECKED, {"images": _images(data, maps=_want_maps(cards))})
        runner = make_runner(
            run,
            data,
            methods,
            configuration=configuration,
            device=computing_on,
            tensorboard=tensorboard,
        )
        return _locked_run(runner, cards, execution)


def _locked_run(
    runner: CellRunner, cards: dict[str, MethodCard], execution: Execution
) -> RunResult:
    """Prepare, do the cells, and finish, in a folder that is this run's alone."""
    data, run = runner.data, runner.run
    manifest = Manifest(run, data, runner.configuration, runner.device)
    manifest.write("running")
    for sentence in [*data.bystanders, *data.substitutes]:
        warnings.warn(sentence, stacklevel=3)
    _write_lists(run, data.protocol, cards)
    _write_scans(run, data)
    tasks = run_tasks(runner, cards)
    RunPlan.of(runner, tasks).write(run.root)
    if any(task.maps for task in tasks):
        _write_measured_maps(run, data)
    try:
        with flushed_denormals():
            execution.run(runner, tasks)
    except BaseException:
        manifest.write("interrupted")
        raise
    run.collect()
    manifest.write("interrupted" if execution.dry_run else "finished")
    return RunResult(folder=run.root, failed=_failures(run))


def _open_data(
    protocol: Protocol,
    run: RunFolder,
    dataset: Path | None,
    cards: dict[str, MethodCard],
    *,
    fresh: bool,
    rules: str | Path | None = None,
    maps_dataset: Path | None = None,
) -> RunData:
    """Open the data; earlier results go only after what the user gave has proved usable."""
    maps = _want_maps(cards)
    if dataset is None:
        data = RunData(_simulated(protocol, run, fresh=fresh), protocol)
        _check_images(data, run, maps=maps)
        return data
    opened = BidsDataset(dataset, acquisitions=protocol.acquisitions, rules=rules)
    data = RunData(opened, protocol)
    if maps:
        run.require_ours()
        data = data if maps_dataset is None else with_maps_of(data, maps_dataset)
        data = with_digital_people(data, run.root / DIGITAL)
    _require_acquisitions(data, cards)
    _check_images(data, run, maps=maps)
    if fresh:
        run.clear(dataset_too=False)
    return data


def _check_images(data: RunData, run: RunFolder, *, maps: bool) -> None:
    """Read every image once, unless the very same were read for this run before."""
    path = run.root / CHECKED
    if path.is_file():
        with suppress(InputError):  # damaged: it is written anew
            if read_object(path, remedy="").get("images") == _images(data, maps=maps):
                return
    data.read_everything(maps=maps)


def _images(data: RunData, *, maps: bool) -> str:
    """Fingerprint everything that reading the images could have found wrong."""
    content = _configuration(data) | {
        "maps": maps,
        "people with maps": data.mapped.fingerprint if data.mapped else "",
        "truth": data.dataset.truth_fingerprint,
        "phycharm": __version__,
    }
    return fingerprint(content)


def _want_maps(cards: dict[str, MethodCard]) -> bool:
    return any({"maps", "quantitative"} & set(card.needs) for card in cards.values())


def _require_acquisitions(data: RunData, cards: dict[str, MethodCard]) -> None:
    """Refuse before anything is computed what a method could not compute with."""
    for card in cards.values():
        require_acquisitions(card, data.cohort.scanners)
        if "maps" in card.needs:
            require_acquisitions(card, data.quantitative_scanners)


def _simulated(protocol: Protocol, run: RunFolder, *, fresh: bool) -> BidsDataset:
    """Open the run's own digital subjects, and make them first if need be."""
    run.require_ours()
    root = run.root / DATASET
    if root.is_dir() and not BidsDataset(root).simulated:
        raise InputError(
            f"{root}: is no simulated dataset; name it with --dataset, or give another folder with "
            "--out."
        )
    asked = protocol.simulation.model_dump()
    if fresh:
        _require_usable(protocol)
        run.clear(dataset_too=True)
    elif root.is_dir() and not run.manifest.is_file() and not is_simulation(root, **asked):
        raise InputError(
            f"{root}: holds other people than protocol {protocol.name} asks for, and nothing says "
            "whose they are; give another folder with --out, or start over with --fresh."
        )
    if not root.is_dir():
        simulate_dataset(root, **asked)
    return BidsDataset(root, acquisitions=protocol.acquisitions)


def _require_usable(protocol: Protocol) -> None:
    """Find what is wrong with a protocol's own subjects before anything is deleted for them."""
    asked = protocol.simulation
    chosen(asked.scanners)
    labels, others = people_labels(asked.subjects, asked.quantitative_subjects)
    require_atrophy(asked.atrophy, [*labels, *others])
    design(protocol.split, labels, place=f"Protocol {protocol.name}")


def _configuration(data: RunData) -> dict[str, Any]:
    """Return what decides everybody's scores; what is about one method or fit, its cells know."""
    protocol = data.protocol.record()
    for key in ("harmonizers", "settings", "seeds", "summary", "statistics"):
        del protocol[key]
    return {"protocol": protocol, "dataset": data.dataset.fingerprint}


def _known_cards(path: Path) -> dict[str, Any]:
    """Read the cards of methods that ran before; a damaged list is told and written anew."""
    if not path.is_file():
        return {}
    try:
        return read_object(path, remedy="it is written anew, without methods of before")
    except InputError as error:
        warnings.warn(str(error), stacklevel=4)
        return {}


def _write_lists(run: RunFolder, protocol: Protocol, cards: dict[str, MethodCard]) -> None:
    path = run.root / "methods.json"
    known = _known_cards(path)
    cases = protocol.maps.harmonized_cases
    named = [card for own in cards.values() for card, _ in variants(own, cases(own))]
    names = Counter(card.name.casefold() for card in named)
    for card in named:
        if names[card.name.casefold()] > 1:
            raise InputError(
                f"Two methods are called {card.name!r}; name one otherwise (--harmonizer NAME=...)."
            )
    untold = [untold_card(card) for card in named if card.scope == "common-domain"]
    for card in [*named, *control_cards(), *untold]:
        known[card.name] = card.as_record()
    write_json(path, known)
    write_json(run.root / "metrics.json", as_records())


def _write_scans(run: RunFolder, data: RunData) -> None:
    """Keep the standardized scans of everybody who is evaluated, for the report."""
    for subject in data.design.evaluated:
        for scanner in data.cohort.scanners_of(subject):
            stem = f"sub-{subject}_ses-{scanner.name}"
            if (run.scans / f"{stem}_mask.nii.gz").is_file():
                continue
            scan = data.cohort.scan(subject, scanner)
            write_volume(run.scans / f"{stem}_T1w.nii.gz", scan.image, scan.affine)
            write_volume(run.scans / f"{stem}_mask.nii.gz", scan.mask, scan.affine)


def _write_measured_maps(run: RunFolder, data: RunData) -> None:
    """Keep the measured maps of the people whom a maps generator is evaluated on."""
    *_, people = data.quantitative_parts()
    for subject in people.subjects:
        if (run.scans / f"sub-{subject}_mask.nii.gz").is_file():
            continue
        one = people.read(subject)
        volumes = {"T1w": one.scan.image, "T1map": one.t1, "M0map": one.m0, "mask": one.scan.mask}
        for name, volume in volumes.items():
            write_volume(run.scans / f"sub-{subject}_{name}.nii.gz", volume, one.scan.affine)


def _failures(run: RunFolder) -> tuple[str, ...]:
    records = [record for record in run.cell_records() if record.get("status") == "failed"]
    return tuple(f"{record.get('cell')}: {record.get('error')}" for record in records)
