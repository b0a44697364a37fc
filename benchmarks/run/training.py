"""Fitting methods to a whole dataset, outside any benchmark."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import combinations
from pathlib import Path
from typing import Any

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.harmonizers.acquisition_needs import require_acquisitions
from phycharm.harmonizers.external import can_be_saved, outsider_at_work
from phycharm.harmonizers.external.adapter import Adapter
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.utils.device import resolve_device

from ..protocol.cells import fingerprint
from ..protocol.mapped_people import with_digital_people, with_maps_of
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..protocol.sections import MapsPreset
from ..protocol.split import Fold
from .history import write_history
from .methods import Methods


def train_harmonizer(
    spec: str,
    protocol: Protocol,
    dataset: Path,
    out: Path,
    *,
    device: str,
    maps: Path | None = None,
    dataset_file: Path | None = None,
    maps_dataset: Path | None = None,
) -> Harmonizer:
    """Fit a method to all but one of a dataset's travelling subjects, and save it.

    The last subject of those with the most scanners is the validation subject, by whom the state is
    chosen. The training curves, those of a generator trained on the way included, are kept as
    `history.csv` in the folder. Directions that nobody who is learned from was on both scanners of
    are not learned by a method of pairs: a warning names them. While trainings run they are kept in
    a hidden folder beside that of the model, so that the same call goes on after an interruption.

    Parameters
    ----------
    spec : str
        Method.
    protocol : Protocol
        Whose standardization, training budget and settings apply, and whose split says from how
        many people with T1 maps the maps are learned.
    dataset : Path
        BIDS dataset.
    out : Path
        Folder of the model.
    device : str
        `auto`, `cpu` or `cuda`.
    maps : Path, optional
        Folder of a maps generator, for a method that needs one; by default one is trained first.
    dataset_file : Path, optional
        What the dataset's names mean (TOML); by default that is found out.
    maps_dataset : Path, optional
        BIDS dataset of the people with T1 maps, where they are none of `dataset`; without any,
        digital people take their place.

    Returns
    -------
    Harmonizer
        Fitted.

    Raises
    ------
    InputError
        If the dataset or the folder cannot be used, or the method cannot be trained and saved.
    """
    _require_folder(out)
    device = resolve_device(device)
    opened = BidsDataset(dataset, acquisitions=protocol.acquisitions, rules=dataset_file)
    data = RunData(opened, protocol)
    method = Methods(protocol, (spec,)).make(spec, seed=protocol.seeds[0], device=device)
    _require_trainable(spec, method, scanners=len(data.cohort.scanners))
    require_acquisitions(method.card, data.cohort.scanners)
    people = data.cohort.subjects
    if len(people) < 2:
        raise InputError(
            f"{dataset}: one travelling subject; training needs two or more, one to choose by."
        )
    chosen_by = _chosen_by(data.cohort)
    fold = Fold(
        number=1,
        train=tuple(person for person in people if person != chosen_by),
        validation=(chosen_by,),
    )
    train, validation = data.fold_cohorts(fold, data.scanner_names, whole=True)
    for sentence in data.bystanders:
        warnings.warn(sentence, stacklevel=2)
    _tell_untaught(spec, method, train, data.scanner_names)
    with _mapped(data, maps_dataset, wanted=maps is None and _wants_maps(method)) as data:
        if "maps" in method.card.needs and maps is None:
            require_acquisitions(method.card, data.quantitative_scanners)
        data.read_everything(people, maps=_wants_maps(method))
        about = {"spec": spec, "settings": method.settings(), "revision": method.card.revision}
        with _kept_beside(out, data, about | {"maps": _content(maps)}):
            context = _context(method, data, device=device, maps=maps)
            with outsider_at_work(method, doing=f"Training {spec}"):
                method.fit(train, validation, **context)
                method.fitted_on |= {"substitutes": list(data.substitutes)} if data.mapped else {}
                method.save(out)
    # The curves of a generator that was trained before lie in its own folder.
    curves = context["maps"].history if maps is None and "maps" in context else []
    write_history(out, [*curves, *method.history])
    return method


def train_generator(
    protocol: Protocol,
    dataset: Path,
    out: Path,
    *,
    case: int,
    device: str,
    preset: MapsPreset | None = None,
    dataset_file: Path | None = None,
    maps_dataset: Path | None = None,
) -> MapsGenerator:
    """Fit the maps generator to a dataset's people with T1 maps, and save it with its curves.

    Parameters
    ----------
    protocol : Protocol
        Whose split and training budget apply.
    dataset : Path
        BIDS dataset; the acquisitions of its travelling scanners, if it has any, are learned too.
    out : Path
        Folder of the generator.
    case : int
        Loss case of the preprint.
    device : str
        `auto`, `cpu` or `cuda`.
    preset : {"corrected", "paper"}, optional
        Of the generator; by default the protocol's.
    dataset_file : Path, optional
        What the dataset's names mean (TOML); by default that is found out.
    maps_dataset : Path, optional
        BIDS dataset of the people with T1 maps, where they are none of `dataset`; without any,
        digital people take their place.

    Returns
    -------
    MapsGenerator
        Fitted.

    Raises
    ------
    InputError
        If the dataset or the folder cannot be used.
    """
    _require_folder(out)
    opened = BidsDataset(dataset, acquisitions=protocol.acquisitions, rules=dataset_file)
    device, preset = resolve_device(device), preset or protocol.maps.preset
    plain = RunData(opened, protocol)
    with (
        _mapped(plain, maps_dataset, wanted=_has_travellers(opened)) as data,
        _kept_beside(out, data, {"preset": preset, "case": case}),
    ):
        generator = _generator(data, preset=preset, case=case, device=device)
        generator.save(out)
    write_history(out, generator.history)
    return generator


@contextmanager
def _kept_beside(out: Path, data: RunData, about: dict[str, Any]) -> Iterator[None]:
    """Keep the trainings of a model beside its folder until it is written."""
    folder = out.resolve().parent / f".unfinished-{out.resolve().name}"
    content = {
        "protocol": data.protocol.record(),
        "dataset": data.dataset.fingerprint,
        "people": data.mapped.fingerprint if data.mapped else "",
        "maps revision": MapsGenerator.revision,
        **about,
    }
    with kept_in(folder / fingerprint(content)[:16]):
        yield
    shutil.rmtree(folder, ignore_errors=True)


def _content(folder: Path | None) -> str:
    """Return the SHA-256 of a model's files; the empty string without a model."""
    if folder is None:
        return ""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.glob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _mapped(data: RunData, maps_dataset: Path | None, *, wanted: bool) -> Iterator[RunData]:
    """Take people with maps from another dataset, or lend digital ones where there are none."""
    if maps_dataset is not None:
        data = with_maps_of(data, maps_dataset)
    if not wanted:
        yield data
        return
    with tempfile.TemporaryDirectory() as folder:
        lent = with_digital_people(data, Path(folder))
        for sentence in lent.substitutes:
            warnings.warn(sentence, stacklevel=4)
        yield lent


def _wants_maps(method: Harmonizer) -> bool:
    return bool({"maps", "quantitative"} & set(method.card.needs))


def _context(
    method: Harmonizer, data: RunData, *, device: str, maps: Path | None
) -> dict[str, Any]:
    """Return what the method's card asks for, as in a benchmark."""
    needs = set(method.card.needs)
    if maps is not None and "maps" not in needs:
        raise InputError(f"{maps}: {method.card.name} uses no maps generator; leave it out.")
    context: dict[str, Any] = {}
    # Whoever has a generator at hand may have no people with maps.
    if "quantitative" in needs and (maps is None or data.quantitative is not None):
        train, validation, _ = data.quantitative_parts()
        context |= {"quantitative": train, "quantitative_validation": validation}
    if "maps" in needs:
        plan = data.protocol.maps
        preset = plan.preset_of(method.card)
        context["maps"] = (
            _generator(data, preset=preset, case=plan.cases_of(preset)[0], device=device)
            if maps is None
            else _trained_before(maps, device=device)
        )
    return context


def _trained_before(maps: Path, *, device: str) -> MapsGenerator:
    try:
        return MapsGenerator.load(maps, device=device)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"{maps}: holds no usable maps generator ({type(error).__name__}: {said}); make one "
            "with `phycharm train-maps`."
        ) from error


def _generator(data: RunData, *, preset: MapsPreset, case: int, device: str) -> MapsGenerator:
    train, validation, _ = data.quantitative_parts()
    generator = MapsGenerator(
        preset=preset,
        case=case,
        training=data.protocol.maps.training,
        seed=data.protocol.seeds[0],
        device=device,
    )
    scanners = data.cohort.scanners if _has_travellers(data.dataset) else ()
    return generator.fit(train, validation, scanners=scanners)


def _has_travellers(dataset: BidsDataset) -> bool:
    return any(who not in dataset.quantitative_people for who, _ in dataset.files("T1w"))


def _require_folder(out: Path) -> None:
    """Make sure before hours of training that the model can be written."""
    file = next((path for path in (out, *out.parents) if path.is_file()), None)
    if file is not None:
        raise InputError(f"{file}: is a file and no folder; change --out.")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written to ({error.strerror}); change --out."
        ) from error
    finally:
        # Nothing is left of it in case the training fails.
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _require_trainable(spec: str, method: Harmonizer, *, scanners: int) -> None:
    if not can_be_saved(method):
        raise InputError(f"{spec}: cannot be saved; give its class the methods save and load.")
    try:
        json.dumps(method.settings())
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{spec}: its settings cannot be saved ({error}); let it keep each constructor "
            "parameter under its own name, as numbers, strings or lists."
        ) from error
    if not isinstance(method, Adapter):
        return
    if method.made_elsewhere or method.runs_programs:
        raise InputError(f"{spec}: learns nothing here; use its images or its program as they are.")
    if method.card.scope == "pair" and scanners > 2:
        raise InputError(
            f"{spec}: is fitted to one pair of scanners, and there are {scanners}; name two in the "
            'protocol (such as scanners = ["A", "B"]), or make the scope of its card all.'
        )


def _chosen_by(cohort: Cohort) -> str:
    """Return the last of those who were on the most scanners."""
    most = max(len(cohort.scanners_of(person)) for person in cohort.subjects)
    return [s for s in cohort.subjects if len(cohort.scanners_of(s)) == most][-1]


def _tell_untaught(spec: str, method: Harmonizer, train: Cohort, scanners: Sequence[str]) -> None:
    """Warn of what nobody can teach a method: pairs, or for one that needs none, scanners."""
    there = [scanner.name for scanner in train.scanners]
    untaught = [f"from or to {name}" for name in scanners if name not in there]
    if method.card.scope == "pair":
        pairs = combinations(there, 2)
        untaught += [f"between {a} and {b}" for a, b in pairs if not train.people(a, b)]
    if untaught:
        warnings.warn(
            f"{spec}: learns nothing {', '.join(untaught)}, for want of training subjects.",
            stacklevel=3,
        )
