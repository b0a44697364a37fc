"""What stands in the way of a benchmark, and the next command."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from .facts import Facts

# Travellers that the shipped protocols deal out: training and external people.
_PROTOCOLS = {"quick": 9, "smoke": 5}
_REMEDY = "give them in a dataset file, under [scanners.NAME], in ms"


@dataclass(frozen=True)
class Advice:
    """What to do about a dataset.

    Parameters
    ----------
    obstacles : tuple of str
        What stands in the way, one line each.
    notes : tuple of str
        What is worth knowing and stands in nobody's way.
    command : str
        What to type next; empty where nothing can be done.
    usable : bool
        Whether anything can be done with the dataset.
    """

    obstacles: tuple[str, ...]
    notes: tuple[str, ...]
    command: str
    usable: bool


def advise(facts: Facts, *, dataset_file: Path | None = None) -> Advice:
    """Say what stands in the way, and what to type next.

    Parameters
    ----------
    facts : dict
        As `dataset_facts` gives them.
    dataset_file : Path, optional
        That was given, and has to be given again.
    """
    pairs = [pair for pair in facts["pairs"] if pair["people"]]
    maps = facts["quantitative"]["people"]
    usable = bool(pairs or maps or facts["conflicts"]) or bool(facts["left_out"]["no_scanner"])
    return Advice(
        obstacles=tuple(_obstacles(facts)),
        notes=tuple(_notes(facts)),
        command=_command(facts, dataset_file) if usable else "",
        usable=usable,
    )


def _obstacles(facts: Facts) -> list[str]:
    found = [*facts["conflicts"], *facts["bad_values"], *facts["masks"]["problems"]]
    found += facts["quantitative"]["problems"] + facts["content"]["broken"]
    content = facts["content"]
    if content["not_fetched"]:
        found.append(
            f"{len(content['not_fetched'])} of {content['images']} images are not fetched "
            "(datalad get)"
        )
    if not any(pair["people"] for pair in facts["pairs"]):
        found.append(_no_pair(facts))
    masks, grids = facts["masks"], facts["grids"]
    if masks["scans_with"] < masks["scans"]:
        found.append(
            f"{masks['scans'] - masks['scans_with']} of {masks['scans']} scans have no brain mask"
        )
    if grids["people_on_one_grid"] < grids["people"]:
        count = grids["people"] - grids["people_on_one_grid"]
        found.append(f"the scans of {count} of {grids['people']} people lie on different grids")
    return list(dict.fromkeys(found))


def _no_pair(facts: Facts) -> str:
    if not facts["people"] and facts["quantitative"]["people"]:
        return "no travellers: everybody with a T1w image has a T1 map (enough for train-maps)"
    if facts["left_out"]["no_scanner"] and not facts["scanners"]:
        return "nothing says which scanner made an image; say it in a dataset file ([sessions])"
    scanners = ", ".join(facts["scanners"]) or "none"
    return f"no pair of scanners that somebody was on both of (scanners: {scanners})"


def _notes(facts: Facts) -> list[str]:
    notes = _changes(facts) + _missing_times(facts)
    masks = facts["masks"]
    if masks["person_level"]:
        notes.append(
            f"{masks['person_level']} brain masks have no ses-: each is taken for every session of "
            "its person"
        )
    if masks["of_something_else"]:
        notes.append(f"{masks['of_something_else']} masks of another space or task are not used")
    alone = facts["quantitative"]["inversion_without_map"]
    if alone:
        notes.append(
            f"{len(alone)} people have an inversion image and no T1map, raw or in derivatives/"
        )
    if count := facts["quantitative"]["on_several_scanners"]:
        notes.append(
            f"{count} people with a T1 map were on several scanners and do not travel; "
            "[quantitative] people = [...] in a dataset file says who has maps"
        )
    if not facts["dataset"]["described"]:
        notes.append("there is no dataset_description.json")
    return notes + _left_out(facts)


def _changes(facts: Facts) -> list[str]:
    """Say which scanners are not one scanner with one protocol."""
    notes = []
    for name, scanner in facts["scanners"].items():
        if scanner["protocols"]:
            others = [scan for one in scanner["protocols"][1:] for scan in one["scans"]]
            notes.append(
                f"{name} changed its protocol in {len(others)} of {scanner['scans']} scans "
                f"({_few(others)}); [[divide]] in a dataset file makes two scanners of it"
            )
        if len(scanner["machines"]) > 1:
            notes.append(f"{name} is several machines by its sidecars: {_few(scanner['machines'])}")
        if len(scanner["sequences"]) > 1:
            named = [f"{key or 'plain'} ({count})" for key, count in scanner["sequences"].items()]
            notes.append(f"{name} has scans by several sequences: {_few(named)}")
    machines: dict[str, list[str]] = {}
    for name, scanner in facts["scanners"].items():
        for number in scanner["serial_numbers"]:
            machines.setdefault(number, []).append(name)
    notes += [
        f"{' and '.join(names)} are one machine by its serial number, {number}; if they are "
        "repeats, say so by the pattern in a dataset file"
        for number, names in machines.items()
        if len(names) > 1
    ]
    return notes


def _left_out(facts: Facts) -> list[str]:
    words = {
        "no_plain_t1w": "T1w images are not used (another sequence, echo, part, contrast agent)",
        "no_scanner": "T1w images belong to no scanner by the rules",
        "excluded": "T1w images are excluded by the dataset file",
        "names_not_of_bids": "volumes have no BIDS name for their place, and are ignored",
    }
    left = facts["left_out"]
    return [
        f"{len(left[key])} {what}: {_few(left[key])}" for key, what in words.items() if left[key]
    ]


def _missing_times(facts: Facts) -> list[str]:
    lacking = {}
    for name, scanner in facts["scanners"].items():
        known = scanner["acquisition"]
        missing = [
            key
            for key in ("inversion_time", "repetition_time", "echo_time")
            if known and known[key]["value"] is None
        ]
        if missing:
            lacking[name] = missing
    if not lacking:
        return []
    said = "; ".join(f"{name}: {', '.join(missing)}" for name, missing in lacking.items())
    return [f"only methods that compute with physics miss these times ({said}); {_REMEDY}"]


def _few(names: "list[str] | dict[str, int]") -> str:
    shown = list(names)[:2]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")


def _command(facts: Facts, dataset_file: Path | None) -> str:
    root = facts["dataset"]["path"]
    place = shlex.quote(root)
    file = f" --dataset-file {shlex.quote(str(dataset_file))}" if dataset_file else ""
    people = sum(len(own) > 1 for own in facts["people"].values())
    pairs = [pair for pair in facts["pairs"] if pair["people"]]
    masks, grids = facts["masks"], facts["grids"]
    if facts["conflicts"] or (not pairs and facts["left_out"]["no_scanner"]):
        name = shlex.quote(f"{Path(root).resolve().name}.toml")
        return f"phycharm inspect {place} --write {name}"
    if facts["content"]["not_fetched"]:
        return f"(cd {place} && datalad get {_globs(facts['content']['not_fetched'])})"
    ready = masks["scans_with"] == masks["scans"]
    if not ready or grids["people_on_one_grid"] < grids["people"]:
        out = shlex.quote(f"{Path(root).resolve().name}-preprocessed")
        return f"phycharm preprocess {place} {out}{file}"
    if not pairs:
        return f"phycharm train-maps --dataset {place}{file} --out maps"
    protocol = next((name for name, wanted in _PROTOCOLS.items() if people >= wanted), "")
    return f"phycharm benchmark {protocol or 'PROTOCOL.toml'} --dataset {place}{file}"


def _globs(paths: list[str]) -> str:
    """Name files by patterns that a shell understands."""
    suffixes = {path.rsplit("_", 1)[-1] for path in paths}
    depths = {path.count("/") for path in paths}
    if len(depths) > 1 or not all(path.startswith("sub-") for path in paths):
        return "."
    folders = "/".join(["sub-*"] + ["*"] * (depths.pop() - 1))
    return " ".join(f"{folders}/*_{suffix}" for suffix in sorted(suffixes))
