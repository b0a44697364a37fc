"""Rules for a dataset that nobody described: what its labels and sidecars say of its scanners."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .dataset_file import PERSON, Sessions

_MACHINE = ("Manufacturer", "ManufacturersModelName", "DeviceSerialNumber")
_TRAILING = re.compile(r"(.*\D)(\d+)")
_RETEST = re.compile(r"(?i)(.+?)((?:re)?(?:test|scan))")
_LEADING = re.compile(r"([A-Za-z]?\d+)([A-Za-z].*)")
_PERSON_THEN_SCANNER = re.compile(r"(.*\d)([A-Za-z]+)")
# A label that only counts says nothing of a scanner.
_COUNTS = re.compile(r"(?i)(?:ses|session|visit|v|day|d|time|tp|t|scan|s|m|month|y|year|bl|fu)?\d+")

_Groups = Mapping[str, Sequence["Clue"]]


@dataclass(frozen=True)
class Clue:
    """What one T1-weighted image says of what made it.

    Parameters
    ----------
    entities : dict
        Of its name.
    machine : dict
        Words of its sidecars, by BIDS name; those that are there.
    """

    entities: Mapping[str, str]
    machine: Mapping[str, str]

    @property
    def subject(self) -> str:
        """Label of the person."""
        return self.entities["sub"]

    @property
    def session(self) -> str:
        """Label of the session."""
        return self.entities.get("ses", "")


@dataclass(frozen=True)
class Guess:
    """What was taken, and why.

    Parameters
    ----------
    sessions : Sessions
        The rule.
    reason : str
        One sentence.
    """

    sessions: Sessions
    reason: str


def guess_sessions(clues: Sequence[Clue]) -> Guess:
    r"""Find the rule by which names say which scanner made an image, and which repeat it is.

    Labels are taken apart only where every one of them comes apart alike, several scanners remain,
    and no scanner that results was two machines by the sidecars (maker, model, serial number).
    Where labels only count, or say another machine with every person, the sidecars name the
    scanners.

    Parameters
    ----------
    clues : sequence of Clue
        Of all T1-weighted images.

    Examples
    --------
    >>> clues = [
    ...     Clue({"sub": person, "ses": f"{site}00{repeat}"}, {})
    ...     for person in ("01", "02")
    ...     for site in ("OXF", "NOT")
    ...     for repeat in (1, 2)
    ... ]
    >>> guess_sessions(clues).sessions.pattern
    '(?P<scanner>.*\\D)(?P<repeat>\\d+)'
    """
    labels = sorted({clue.session for clue in clues if clue.session})
    if not labels:
        return _without_sessions(clues)
    stripped, start, end = _without_person(clues)
    rests = sorted(set(stripped.values()))
    for taken in (_trailing(rests), _leading(rests), _retest(rests)):
        if taken is None:
            continue
        cut, middle, reason = taken
        stems = {label: cut(rest) for label, rest in stripped.items()}
        groups = _grouped(clues, stems)
        if _merges(groups, clues, stripped) and not _torn(groups):
            return Guess(Sessions(pattern=f"{start}{middle}{end}"), reason)
    by_label = _grouped(clues, stripped)
    torn = _torn(by_label)
    only_count = all(_COUNTS.fullmatch(rest) for rest in rests)
    named = _by_sidecars(clues, by_label, torn)
    if named and (only_count or len(torn) > len(by_label) / 2):
        return named
    reason = "every session label is a scanner"
    if start or end:
        reason = "session labels are the person's label and the scanner"
    return Guess(Sessions(pattern=f"{start}(?P<scanner>.*){end}"), reason)


def machines(clues: Iterable[Clue]) -> list[str]:
    """List the machines that sidecars tell apart: maker, model, serial number."""
    known = {
        " ".join(clue.machine[key] for key in _MACHINE if key in clue.machine) for clue in clues
    }
    return sorted(known - {""})


def _label(clue: Clue) -> tuple[str, str]:
    return clue.subject, clue.session


def _without_person(clues: Sequence[Clue]) -> tuple[dict[tuple[str, str], str], str, str]:
    """Take the person's label off the session labels, where all of them have it."""
    labels = {_label(clue): clue.session for clue in clues}
    told = [(person, session) for person, session in labels if session]
    if told and all(s.startswith(p) and s != p for p, s in told):
        return {key: s.removeprefix(key[0]) for key, s in labels.items()}, PERSON, ""
    if told and all(s.endswith(p) and s != p for p, s in told):
        return {key: s.removesuffix(key[0]) for key, s in labels.items()}, "", PERSON
    return labels, "", ""


_Taken = tuple[Callable[[str], str], str, str]


def _trailing(rests: Sequence[str]) -> _Taken | None:
    found = [_TRAILING.fullmatch(rest) for rest in rests]
    if not all(found) or any(_COUNTS.fullmatch(rest) for rest in rests):
        return None

    def cut(rest: str) -> str:
        match = _TRAILING.fullmatch(rest)
        return match[1] if match else rest

    pattern = r"(?P<scanner>.*\D)(?P<repeat>\d+)"
    return cut, pattern, "session labels are a scanner and the number of the repeat"


def _leading(rests: Sequence[str]) -> _Taken | None:
    found = [match for rest in rests if (match := _LEADING.fullmatch(rest))]
    letters = {re.sub(r"\d", "", match[1]) for match in found}
    if len(found) < len(rests) or len(letters) > 1:
        return None

    def cut(rest: str) -> str:
        match = _LEADING.fullmatch(rest)
        return match[2] if match else rest

    pattern = r"(?P<repeat>[A-Za-z]?\d+)(?P<scanner>[A-Za-z].*)"
    return cut, pattern, "session labels are a visit and the scanner"


def _retest(rests: Sequence[str]) -> _Taken | None:
    if not all(_RETEST.fullmatch(rest) for rest in rests):
        return None

    def cut(rest: str) -> str:
        match = _RETEST.fullmatch(rest)
        return match[1] if match else rest

    pattern = r"(?P<scanner>.+?)(?P<repeat>(?i:(?:re)?(?:test|scan)))"
    return cut, pattern, "session labels are a scanner, and test or retest"


def _grouped(clues: Sequence[Clue], stems: Mapping[tuple[str, str], str]) -> dict[str, list[Clue]]:
    groups: dict[str, list[Clue]] = defaultdict(list)
    for clue in clues:
        groups[stems[_label(clue)]].append(clue)
    return groups


def _merges(
    groups: _Groups, clues: Sequence[Clue], stripped: Mapping[tuple[str, str], str]
) -> bool:
    """Whether a cut leaves several scanners, and joins sessions that counted apart."""
    labels = {stem: {stripped[_label(c)] for c in group} for stem, group in groups.items()}
    padded = all(re.search(r"\D0\d+$", stripped[_label(clue)]) for clue in clues)
    return len(groups) > 1 and (padded or any(len(own) > 1 for own in labels.values()))


def _torn(groups: _Groups) -> list[str]:
    """List the groups that sidecars say were made by several machines."""
    torn = []
    for name, clues in groups.items():
        values = ({clue.machine[key] for clue in clues if key in clue.machine} for key in _MACHINE)
        if any(len({re.sub(r"[\W_]", "", v.casefold()) for v in own}) > 1 for own in values):
            torn.append(name)
    return torn


def _by_sidecars(clues: Sequence[Clue], by_label: _Groups, torn: Sequence[str]) -> Guess | None:
    """Name scanners by what the sidecars say, where that tells them apart better than labels."""
    fields = [key for key in _MACHINE if any(key in clue.machine for clue in clues)]
    if not fields or not all(fields[0] in clue.machine for clue in clues):
        return None
    if "DeviceSerialNumber" in fields and _equal_without_serial(clues):
        fields.remove("DeviceSerialNumber")
    count = len({_key(clue, fields) for clue in clues})
    serial = any("DeviceSerialNumber" in clue.machine for clue in clues)
    if not torn and not serial and count < len(by_label) and count > 1:
        # Two machines of one model look alike, and a false repeat is worse than a scanner more.
        return None
    why = "say different machines in different people" if torn else "only count"
    return Guess(
        Sessions(scanner_from=fields),
        f"session labels {why}, so scanners are told apart by the sidecars ({', '.join(fields)}) "
        "and sessions on one scanner are repeats",
    )


def _equal_without_serial(clues: Sequence[Clue]) -> bool:
    """Whether no two serial numbers share maker and model."""
    short, whole = _MACHINE[:2], _MACHINE
    return len({_key(c, short) for c in clues}) == len({_key(c, whole) for c in clues})


def _key(clue: Clue, fields: Iterable[str]) -> Hashable:
    return tuple(clue.machine.get(key, "") for key in fields)


def _without_sessions(clues: Sequence[Clue]) -> Guess:
    by_acq: dict[str, list[Clue]] = defaultdict(list)
    for clue in clues:
        by_acq[clue.entities.get("acq", "")].append(clue)
    if len(by_acq) > 1 and "" not in by_acq and len(machines(clues)) > 1 and not _torn(by_acq):
        return Guess(
            Sessions(entity="acq"), "there are no sessions, and every acq- is another machine"
        )
    people = [_PERSON_THEN_SCANNER.fullmatch(clue.subject) for clue in clues]
    found = [match for match in people if match]
    scanners = defaultdict(set)
    for match in found:
        scanners[match[2]].add(match[1])
    shared = set.intersection(*scanners.values()) if len(scanners) > 1 else set()
    if len(found) == len(people) and shared:
        return Guess(
            Sessions(entity="sub", pattern=r"(?P<subject>.*\d)(?P<scanner>[A-Za-z]+)"),
            "there are no sessions, and labels of people are the person and the scanner",
        )
    own = defaultdict(set)
    for clue in clues:
        own[clue.subject].add(_key(clue, _MACHINE))
    several = any(len(keys) > 1 for keys in own.values())
    if several and (named := _by_sidecars(clues, {}, ["all"])):
        return Guess(named.sessions, "there are no sessions, and the sidecars tell scanners apart")
    return Guess(Sessions(), "there are no sessions, so nothing says which scanner made an image")
