"""Whether a dataset file speaks of what is there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...utils.suggestions import did_you_mean
from .dataset_file import DatasetFile


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a dataset holds, by name.

    Parameters
    ----------
    people, sessions, scanners, sequences, pipelines : frozenset of str
        Labels of people and sessions, names of scanners, entities of T1-weighted sequences,
        folders of `derivatives/`.
    """

    people: frozenset[str]
    sessions: frozenset[str]
    scanners: frozenset[str]
    sequences: frozenset[str]
    pipelines: frozenset[str]


def unknown_name(rules: DatasetFile, names: Names) -> str:
    """Say which name of a dataset file is not that of anything: one line; empty if all are.

    Parameters
    ----------
    rules : DatasetFile
        What was given.
    names : Names
        What there is.

    Examples
    --------
    >>> there = dict.fromkeys(Names.__dataclass_fields__, frozenset({"GE"}))
    >>> rules = DatasetFile.model_validate({"scanners": {"EG": {"inversion_time": 450}}})
    >>> unknown_name(rules, Names(**there))
    "[scanners.EG]: not in the dataset; did you mean 'GE'? There are: GE."
    """
    for place, name, known in _named(rules, names):
        if name not in known:
            return f"{place}: not in the dataset; {did_you_mean(name, known)}"
    return ""


def _named(rules: DatasetFile, names: Names) -> Iterator[tuple[str, str, frozenset[str]]]:
    for scanner in rules.scanners:
        yield f"[scanners.{scanner}]", scanner, names.scanners
    for division in rules.divide:
        yield f"[[divide]] into = {division.into!r} has no scan", division.into, names.scanners
        yield from _each("[[divide]] sessions", division.sessions, names.sessions)
        yield from _each("[[divide]] people", division.people, names.people)
    people = {
        "[exclude] people": rules.exclude.people,
        "[quantitative] people": rules.quantitative.people or (),
        "[split] training": rules.split.training,
        "[split] external": rules.split.external,
    }
    for place, labels in people.items():
        yield from _each(place, [label.removeprefix("sub-") for label in labels], names.people)
    for place, folder in (
        ("[masks] folder", rules.masks.folder),
        ("[quantitative] folder", rules.quantitative.folder),
    ):
        own = folder.removeprefix("derivatives/").split("/")[0]
        yield from _each(place, [own] if own else [], names.pipelines)
    yield from _sequences(rules, names)


def _sequences(rules: DatasetFile, names: Names) -> Iterator[tuple[str, str, frozenset[str]]]:
    chosen: Mapping[str, Iterable[str]] = {
        "sequence": rules.sequence or (),
        **{
            f"[scanners.{name}] sequence": own.sequence or ()
            for name, own in rules.scanners.items()
        },
    }
    for place, wanted in chosen.items():
        for name in wanted:
            parts = set(name.split("_"))
            if not any(parts <= set(there.split("_")) for there in names.sequences):
                yield f"{place} = {name!r}", name, names.sequences


def _each(
    place: str, labels: Iterable[str], known: frozenset[str]
) -> Iterator[tuple[str, str, frozenset[str]]]:
    for label in labels:
        yield f"{place}: {label!r}", label, known
