"""A whole run: protocol and dataset in, results folder out."""

import json
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
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
from phycharm.simulate.dataset import people_labels
from phycharm.simulate.people.atrophy import require_atrophy
from phycharm.simulate.scanners.scanner_models import chosen
from phycharm.utils.atomic import write_json
from phycharm.utils.device import flushed_denormals, resolve_device
from phycharm.utils.progress import progress_bar

from ..metrics import as_records
from ..protocol.cells import plan_cells, variants
from ..protocol.loading import load_protocol
from ..protocol.mapped_people import with_digital_people, with_maps_of
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..protocol.split import design
from ..scoring.controls import control_cards
from ..scoring.tissue_scorer import TissueScorer
from ..segmentation import get_segmenter
from .cell_runner import CellRunner
from .manifest import Manifest
from .methods import Methods
from .run_folder import DATASET, DIGITAL, RunFolder


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
    if tensorboard:
        require_tensorboard()
    protocol = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    protocol = protocol.reseeded(simulation=seed, training=seeds)
    run, dataset = RunFolder(Path(out)), None if dataset is None else Path(dataset)
    named = [harmonizers] if isinstance(harmonizers, str | type) else harmonizers
    methods = Methods(protocol, tuple(map(spec_of, named or protocol.harmonizers)))
    cards = methods.cards
    computing_on = resolve_device(device)
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
    runner = CellRunner(
        data=data,
        methods=methods,
        run=run,
        configuration=configuration,
        device=computing_on,
        tissues=_tissue_scorer(data, run, computing_on),
        tensorboard=tensorboard,
    )
    manifest = Manifest(run, data, configuration, computing_on)
    manifest.write("running")
    for sentence in [*data.bystanders, *data.substitutes]:
        warnings.warn(sentence, stacklevel=2)
    _write_lists(run, protocol, cards)
    _write_scans(run, data)
    try:
        with flushed_denormals():
            _run_cells(runner, cards)
    except BaseException:
        manifest.write("interrupted")
        raise
    run.collect()
    manifest.write("finished")
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
    maps = any({"maps", "quantitative"} & set(card.needs) for card in cards.values())
    if dataset is None:
        data = RunData(_simulated(protocol, run, fresh=fresh), protocol)
        data.read_everything(maps=maps)
        return data
    opened = BidsDataset(dataset, acquisitions=protocol.acquisitions, rules=rules)
    data = RunData(opened, protocol)
    if maps:
        run.require_ours()
        data = data if maps_dataset is None else with_maps_of(data, maps_dataset)
        data = with_digital_people(data, run.root / DIGITAL)
    _require_acquisitions(data, cards)
    data.read_everything(maps=maps)
    if fresh:
        run.clear(dataset_too=False)
    return data


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
    if fresh or not run.manifest.is_file():
        # Without a manifest nobody knows which protocol a dataset that lies here was made for.
        _require_usable(protocol)
        run.clear(dataset_too=True)
    if not root.is_dir():
        simulate_dataset(root, **protocol.simulation.model_dump())
    return BidsDataset(root, acquisitions=protocol.acquisitions)


def _require_usable(protocol: Protocol) -> None:
    """Find what is wrong with a protocol's own subjects before anything is deleted for them."""
    asked = protocol.simulation
    chosen(asked.scanners)
    labels, others = people_labels(asked.subjects, asked.quantitative_subjects)
    require_atrophy(asked.atrophy, [*labels, *others])
    design(protocol.split, labels, place=f"Protocol {protocol.name}")


def _tissue_scorer(data: RunData, run: RunFolder, device: str) -> TissueScorer | None:
    name = data.protocol.segmenter
    if not name:
        return None
    return TissueScorer(data=data, segmenter=get_segmenter(name, device=device), scans=run.scans)


def _configuration(data: RunData) -> dict[str, Any]:
    """Return what decides everybody's scores; what is about one method or fit, its cells know."""
    protocol = data.protocol.record()
    for key in ("harmonizers", "settings", "seeds", "summary", "statistics"):
        del protocol[key]
    return {"protocol": protocol, "dataset": data.dataset.fingerprint}


def _run_cells(runner: CellRunner, cards: dict[str, MethodCard]) -> None:
    data, maps = runner.data, runner.data.protocol.maps
    folds = data.protocol.split.folds
    cells = list(
        plan_cells(
            cards,
            scanners=data.scanner_names,
            folds=folds,
            seeds=data.protocol.seeds,
            cases=maps.harmonized_cases,
        )
    )
    with progress_bar("benchmark", len(cells)) as bar:
        for fold in folds:
            runner.controls(fold)
        for cell in cells:
            runner.harmonizer(cell)
            runner.run.collect()
            bar.advance(detail=cell.name)
    wanted = [maps.preset_of(card) for card in cards.values() if "maps" in card.needs]
    if wanted and data.quantitative:
        _write_measured_maps(runner.run, data)
        for seed, preset in product(data.protocol.seeds, dict.fromkeys(wanted)):
            for case in maps.cases_of(preset):
                runner.maps(preset, case, seed)


def _write_lists(run: RunFolder, protocol: Protocol, cards: dict[str, MethodCard]) -> None:
    path = run.root / "methods.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    cases = protocol.maps.harmonized_cases
    named = [card for own in cards.values() for card, _ in variants(own, cases(own))]
    names = Counter(card.name.casefold() for card in named)
    for card in named:
        if names[card.name.casefold()] > 1:
            raise InputError(
                f"Two methods are called {card.name!r}; name one otherwise (--harmonizer NAME=...)."
            )
    for card in [*named, *control_cards()]:
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
    records = [record for record in run.cell_records() if record["status"] == "failed"]
    return tuple(f"{record['cell']}: {record['error']}" for record in records)
