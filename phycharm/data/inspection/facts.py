"""What is found in a dataset, as plain data; no voxel is read."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import nibabel
import numpy as np

from ...errors import InputError
from ...physics.acquisition import TIMES
from ..bids.bids_dataset import BidsDataset
from ..bids.map_files import MapKind
from ..bids.metadata.protocols import ScanProtocol
from ..bids.scan_files import ScanFile, sequence_name
from ..content import absence
from ..nifti import other_grid, read_image

_SHOWN = (
    "inversion_time",
    "repetition_time",
    "echo_time",
    "flip_angle",
    "echo_spacing",
    "readouts",
)
_SIDECAR_FIELDS: Mapping[str, Sequence[str]] = {
    "inversion_time": ("InversionTime",),
    "repetition_time": ("RepetitionTimePreparation", "RepetitionTime"),
    "echo_time": ("EchoTime",),
    "flip_angle": ("FlipAngle",),
    "echo_spacing": ("RepetitionTimeExcitation", "RepetitionTime"),
    "readouts": ("NumberShots", "EchoTrainLength"),
}

Facts = dict[str, Any]


def dataset_facts(dataset: BidsDataset) -> Facts:
    """Collect what a dataset is understood as.

    Parameters
    ----------
    dataset : BidsDataset
        Opened; sidecars and headers are read, voxels are not.

    Returns
    -------
    dict
        Plain data for JSON: `dataset`, `rules`, `people`, `scanners`, `pairs`, `quantitative`,
        `masks`, `grids`, `content`, `left_out`, `conflicts` and `bad_values`.

    Raises
    ------
    InputError
        If a folder may not be read.
    """
    bad: list[str] = []
    chosen = dataset.contents.scans.chosen
    quantitative = dataset.quantitative_people
    # An image whose name says no session is of no scanner.
    travel = {key: s for key, s in chosen.items() if key[0] not in quantitative and key[1]}
    names = sorted({scanner for _, scanner in travel})
    people = sorted({who for who, _ in travel})
    return {
        "dataset": {
            "name": dataset.name,
            "path": str(dataset.root),
            "license": str(dataset.description.get("License", "")),
            "simulated": dataset.simulated,
            "described": bool(dataset.description),
        },
        "rules": {
            "source": dataset.rules_source,
            "sessions": dataset.rules.sessions.model_dump(mode="json", exclude_defaults=True),
            "split": dataset.rules.split.model_dump(mode="json", exclude_defaults=True),
        },
        "people": {
            who: {name: len(chosen[who, name]) for name in names if (who, name) in chosen}
            for who in people
        },
        "scanners": {name: _scanner(dataset, name, travel, bad) for name in names},
        "pairs": [
            {
                "scanners": [a, b],
                "people": sum((w, a) in chosen and (w, b) in chosen for w in people),
            }
            for a, b in combinations(names, 2)
        ],
        "quantitative": _quantitative(dataset),
        "masks": _masks(dataset),
        "grids": _grids(dataset, bad),
        "content": _content(dataset),
        "left_out": _left_out(dataset),
        "conflicts": list(dataset.contents.scans.conflicts.values()),
        "bad_values": sorted(set(bad)),
    }


def _scanner(
    dataset: BidsDataset,
    name: str,
    travel: Mapping[tuple[str, str], tuple[ScanFile, ...]],
    bad: list[str],
) -> Facts:
    own = [scans for (_, on), scans in travel.items() if on == name]
    scans = [scan for found in own for scan in found]
    entity = dataset.rules.sessions.entity
    try:
        protocols = dataset.protocols(name)
    except InputError as error:
        bad.append(str(error))
        protocols = []
    first = protocols[0].scanner if protocols else None
    hardware = [_words(dataset, scan) for scan in scans]
    return {
        "manufacturer": first.manufacturer if first else "unknown",
        "models": sorted(
            {w["ManufacturersModelName"] for w in hardware if "ManufacturersModelName" in w}
        ),
        "serial_numbers": sorted(
            {w["DeviceSerialNumber"] for w in hardware if "DeviceSerialNumber" in w}
        ),
        "field_strength": first.field_strength if first else None,
        "sessions": sorted({scan.session for scan in scans if scan.session}),
        "people": len(own),
        "scans": len(scans),
        "repeated": sum(len(found) > 1 for found in own),
        "sequences": dict(Counter(sequence_name(scan.sequence(entity)) for scan in scans)),
        "machines": _machines(hardware),
        "acquisition": _acquisition(dataset, protocols[0]) if protocols else {},
        "protocols": [_protocol(dataset, one) for one in protocols] if len(protocols) > 1 else [],
    }


def _words(dataset: BidsDataset, scan: ScanFile) -> dict[str, str]:
    try:
        return dataset.contents.sidecars.hardware(scan.path)
    except InputError:
        return {}


def _machines(hardware: Sequence[Mapping[str, str]]) -> dict[str, int]:
    keys = ("ManufacturersModelName", "DeviceSerialNumber")
    named = (" ".join(w[key] for key in keys if key in w) for w in hardware)
    return dict(Counter(name for name in named if name))


def _acquisition(dataset: BidsDataset, protocol: ScanProtocol) -> Facts:
    """Return every value of a protocol, its spread, and the file it is from."""
    given = {
        **(own.given() if (own := dataset.rules.scanners.get(protocol.scanner.name)) else {}),
    }
    found: Facts = {}
    for name in _SHOWN:
        value = getattr(protocol.scanner.acquisition, name)
        found[name] = {"value": value, "from": _origin(dataset, protocol, name, given)}
        if name in TIMES:
            found[name]["known_in"] = _known_in(dataset, protocol, name)
    return found


def _known_in(dataset: BidsDataset, protocol: ScanProtocol, name: str) -> str:
    keys = _SIDECAR_FIELDS[name]
    values = (dataset.contents.sidecars.metadata(scan.path).values for scan in protocol.scans)
    count = sum(any(own.get(key) is not None for key in keys) for own in values)
    return f"{count} of {len(protocol.scans)}"


def _origin(
    dataset: BidsDataset, protocol: ScanProtocol, name: str, given: Mapping[str, Any]
) -> str:
    if getattr(protocol.scanner.acquisition, name) is None:
        return ""
    if name in given:
        return "dataset file"
    for scan in protocol.scans:
        metadata = dataset.contents.sidecars.metadata(scan.path)
        for key in _SIDECAR_FIELDS[name]:
            if metadata.values.get(key) is not None:
                path = metadata.origins[key].relative_to(dataset.root).as_posix()
                return f"{path} ({key})"
    return "default"


def _protocol(dataset: BidsDataset, protocol: ScanProtocol) -> Facts:
    times = {name: getattr(protocol.scanner.acquisition, name) for name in TIMES}
    scans = [scan.path.relative_to(dataset.root).as_posix() for scan in protocol.scans]
    return times | {"sessions": sorted({s.session for s in protocol.scans}), "scans": scans}


def _quantitative(dataset: BidsDataset) -> Facts:
    maps, problems = dataset.contents.maps, []
    try:
        dataset.quantitative()
    except InputError as error:
        problems.append(str(error))
    derived = []
    for person in maps.people:
        try:
            derived += [maps.one("T1map", person).pipeline]
        except InputError:
            continue
    return {
        "people": maps.people,
        "on_several_scanners": sum(_on_several(dataset, person) for person in maps.people),
        "maps_from": dict(Counter(one or "raw data" for one in derived)),
        "inversion_without_map": maps.without_map,
        "problems": problems,
    }


def _on_several(dataset: BidsDataset, person: str) -> bool:
    return sum(who == person for who, _ in dataset.contents.scans.chosen) > 1


def _firsts(dataset: BidsDataset) -> list[ScanFile]:
    return [scans[0] for scans in dataset.contents.scans.chosen.values()]


def _map_files(dataset: BidsDataset) -> list[tuple[str, Path]]:
    """Return the T1 maps and second inversion images, with whose they are."""
    maps, found = dataset.contents.maps, []
    for person in maps.people:
        for kind in get_args(MapKind):
            with suppress(InputError):
                found.append((person, maps.one(kind, person).path))
    return found


def _masks(dataset: BidsDataset) -> Facts:
    masks, problems = dataset.contents.masks, []
    found: dict[Path, list[ScanFile]] = defaultdict(list)
    for scan in _firsts(dataset):
        try:
            path = masks.of(scan)
        except InputError as error:
            problems.append(str(error))
            continue
        if path is not None:
            found[path].append(scan)
    return {
        "scans_with": sum(map(len, found.values())),
        "scans": len(_firsts(dataset)),
        "pipelines": masks.pipelines,
        "person_level": sum(masks.is_person_s(path, own[0]) for path, own in found.items()),
        "of_something_else": len(masks.others),
        "problems": problems,
    }


def _grids(dataset: BidsDataset, bad: list[str]) -> Facts:
    """Read the headers: shapes and voxels, and who has all images on one grid."""
    sizes: Counter[str] = Counter()
    first: dict[str, tuple[Any, Any]] = {}
    apart: set[str] = set()
    scans = ((scan.subject, scan.path) for scan in _firsts(dataset))
    for who, path in (*scans, *_map_files(dataset)):
        if absence(path):
            continue
        try:
            image = read_image(path)
        except InputError as error:
            bad.append(str(error))
            continue
        shape, affine = tuple(image.shape), np.asarray(image.affine, dtype=np.float64)
        voxel = nibabel.affines.voxel_sizes(affine)
        sizes[f"{_times(shape)} of {_times(np.round(voxel, 2))} mm"] += 1
        wanted = first.setdefault(who, (shape, affine))
        if other_grid(shape, affine, *wanted):
            apart.add(who)
    return {
        "read": sum(sizes.values()),
        "sizes": dict(sizes.most_common()),
        "people_on_one_grid": len(first) - len(apart),
        "people": len(first),
    }


def _times(values: Any) -> str:
    return " x ".join(f"{value:g}" for value in values)


def _content(dataset: BidsDataset) -> Facts:
    """Tell content that is not there apart from what is."""
    contents = dataset.contents
    images = {scan.path for scans in contents.scans.chosen.values() for scan in scans}
    images |= {path for _, path in _map_files(dataset)}
    reasons = {path: why for path in sorted(images) if (why := absence(path))}
    unfetched = [path for path, why in reasons.items() if why.startswith("content not fetched")]
    return {
        "images": len(images),
        "not_fetched": [path.relative_to(dataset.root).as_posix() for path in unfetched],
        "broken": [f"{p}: {why}" for p, why in reasons.items() if p not in unfetched]
        + [f"{path}: is a link to a folder that is not there" for path in contents.tree.lost],
    }


def _left_out(dataset: BidsDataset) -> Facts:
    contents = dataset.contents
    scans = contents.scans
    paths = {
        "no_plain_t1w": [image.path for image in scans.passed_over],
        "no_scanner": [image.path for image in scans.unplaced]
        + [scan.path for (_, on), found in scans.chosen.items() for scan in found if not on],
        "excluded": [image.path for image in scans.excluded],
        "names_not_of_bids": contents.tree.strays,
    }
    return {
        key: [path.relative_to(dataset.root).as_posix() for path in found]
        for key, found in paths.items()
    }
