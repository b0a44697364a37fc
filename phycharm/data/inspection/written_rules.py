"""What was understood of a dataset, written as a dataset file that a person can correct."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...physics.acquisition import TIMES
from ...utils.atomic import atomic_file
from ..bids.bids_dataset import BidsDataset
from .facts import Facts

_KEPT = ("exclude", "quantitative", "masks", "layout", "split")


def write_dataset_file(path: Path, dataset: BidsDataset, facts: Facts) -> None:
    """Write a dataset file: what was taken, and in comments what can be said besides.

    Parameters
    ----------
    path : Path
        TOML file; one that is there is kept.
    dataset : BidsDataset
        Opened.
    facts : dict
        As `dataset_facts` gives them.

    Raises
    ------
    InputError
        If the file is there already.
    """
    if path.exists():
        raise InputError(f"{path}: is there already; give another name, or remove it.")
    with atomic_file(path) as temporary:
        temporary.write_text("\n".join(_lines(dataset, facts)) + "\n", encoding="utf-8")


def _lines(dataset: BidsDataset, facts: Facts) -> Iterator[str]:
    record = dataset.rules.record()
    yield "# What `phycharm inspect` understood; correct it, and give it with --dataset-file."
    yield f"name = {_toml(dataset.name)}"
    yield from _sequence_lines(record, facts)
    yield ""
    yield "[sessions]"
    yield f"# {facts['rules']['source']}"
    for key, value in dataset.rules.sessions.model_dump(mode="json").items():
        if key != "scanner_from" or value:
            yield f"{key} = {_toml(value)}"
    for key in _KEPT:
        if key in record:
            yield ""
            yield f"[{key}]"
            yield from (f"{name} = {_toml(value)}" for name, value in record[key].items())
    yield from _scanner_lines(record.get("scanners", {}), facts)
    yield from _mask_lines(record, facts)
    for division in record.get("divide", []):
        yield ""
        yield "[[divide]]"
        yield from (f"{name} = {_toml(value)}" for name, value in division.items())
    yield from _division_lines(facts)
    yield from _machine_lines(facts)
    if "split" not in record:
        people = [*facts["people"]]
        yield ""
        yield "# [split]"
        yield f"# training = {_toml(people[: len(people) // 2])}"
        yield f"# external = {_toml(people[len(people) // 2 :])}"


def _sequence_lines(record: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if "sequence" in record:
        yield f"sequence = {_toml(record['sequence'])}"
        return
    if facts["conflicts"]:
        yield "# A session has several sequences: name the one to use, and take the # away."
        for conflict in facts["conflicts"][:1]:
            yield f"# {conflict.split(', and nothing')[0]}"
        yield '# sequence = "acq-..."'


def _scanner_lines(given: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    names = list(dict.fromkeys([*facts["scanners"], *given]))
    for name in names:
        yield ""
        yield f"[scanners.{_key(name)}]"
        yield from (f"{key} = {_toml(value)}" for key, value in given.get(name, {}).items())
        scanner = facts["scanners"].get(name)
        if scanner is None:
            continue
        models = ", ".join(scanner["models"]) or "model unknown"
        yield f"# {scanner['manufacturer']}, {models}: {scanner['people']} people"
        for time in TIMES:
            known = scanner["acquisition"].get(time, {})
            if time in given.get(name, {}) or not known:
                continue
            if known["value"] is None:
                yield f"# {time} =      # ms; no sidecar says it"
            else:
                yield f"# {time} = {known['value']:g}  # ms; from {known['from']}"


def _mask_lines(record: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    pipelines = facts["masks"]["pipelines"]
    if "masks" not in record and len(pipelines) > 1:
        yield ""
        yield "# [masks]"
        for pipeline in pipelines:
            yield f"# folder = {_toml(f'derivatives/{pipeline}')}"


def _division_lines(facts: Facts) -> Iterator[str]:
    for name, scanner in facts["scanners"].items():
        for number, protocol in enumerate(scanner["protocols"][1:], start=2):
            where = {
                bids: protocol[time] / 1000
                for time, bids in TIMES.items()
                if time != "repetition_time" and protocol[time] is not None
            }
            yield ""
            yield f"# {name} changed its protocol; take the # away to make two scanners of it."
            yield "# [[divide]]"
            yield f"# scanner = {_toml(name)}"
            yield f"# into = {_toml(f'{name}protocol{number}')}"
            yield f"# where = {_toml(where)}"


def _machine_lines(facts: Facts) -> Iterator[str]:
    for name, scanner in facts["scanners"].items():
        for model in scanner["models"][1:]:
            label = "".join(letter for letter in model if letter.isalnum())
            yield ""
            yield f"# {name} is several machines; take the # away to make two scanners of it."
            yield "# [[divide]]"
            yield f"# scanner = {_toml(name)}"
            yield f"# into = {_toml(name + label)}"
            yield f"# where = {_toml({'ManufacturersModelName': model})}"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("-", "").isalnum() else json.dumps(name)


def _toml(value: Any) -> str:
    """Write a value as TOML; patterns in quotes that need no escapes."""
    if isinstance(value, str) and "\\" in value and "'" not in value:
        return f"'{value}'"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(key))} = {_toml(own)}" for key, own in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return f"{value:.10g}" if not value.is_integer() else f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False)
