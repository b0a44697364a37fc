"""Dataset files: what a dataset's names mean, as TOML that a person can write."""

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ...errors import InputError
from ...utils.untrusted.file_names import name_problem
from ...utils.untrusted.toml_text import read_toml
from ...utils.validation import first_problem

PERSON = "{subject}"
"""Stands in a pattern for the label of the person."""


def _pattern(text: str) -> str:
    try:
        re.compile(text.replace(PERSON, "x"))
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from error
    return text


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Pattern = Annotated[str, AfterValidator(_pattern)]
Words = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Part(BaseModel):
    """A table of a dataset file: every key is known, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class About(Part):
    """What a reader who looks for data wants to know; empty where nobody says it."""

    title: str = ""
    people: str = ""
    scanners: str = ""
    size: str = ""
    license: str = ""
    access: str = ""
    download: Words = ()
    citation: str = ""
    note: str = ""


class Recognition(Part):
    """By what the dataset is recognised: any of these."""

    names: Words = ()
    dois: Words = ()
    folders: Words = ()
    paths: tuple[Pattern, ...] = ()


class Sessions(Part):
    """What a session is: which scanner, and which repeat on it.

    Attributes
    ----------
    entity
        Entity of the file name that is looked at: `ses`, or `acq`, `sub`, ...
    pattern
        Regular expression for the whole of its value, with the groups `scanner`, and, where there
        are repeats, `repeat`; `{subject}` stands for the person's label. With `entity = "sub"` the
        group `subject` says who the person is.
    scanner_from
        Fields of the sidecar that name the scanner, in place of the pattern.
    """

    entity: str = "ses"
    pattern: Pattern = "(?P<scanner>.*)"
    scanner_from: Words = ()

    @model_validator(mode="after")
    def _has_scanner(self) -> Self:
        if not self.scanner_from and "(?P<scanner>" not in self.pattern:
            raise ValueError("pattern has no group (?P<scanner>...)")
        return self


class ScannerRules(Part):
    """What is known of one scanner; times in ms."""

    manufacturer: str | None = None
    field_strength: float | None = Field(None, gt=0)
    sequence: Words | None = None
    inversion_time: float | None = None
    repetition_time: float | None = None
    echo_time: float | None = None
    flip_angle: float | None = None
    echo_spacing: float | None = None
    readouts: int | None = None
    centre: int | None = None
    inversion_ends: str | None = None
    inversion_efficiency: float | None = None
    transmit: float | None = None

    def given(self) -> dict[str, Any]:
        """Return what replaces a sidecar's values."""
        return self.model_dump(exclude_none=True, exclude={"sequence"})


class Exclusions(Part):
    """What is not used: people, sessions (`sub-01/ses-GE`, or `GE` of everybody), files."""

    people: Words = ()
    sessions: Words = ()
    files: Words = ()


class QuantitativeRules(Part):
    """Who has quantitative maps, and where they are.

    Attributes
    ----------
    people
        Labels; by default everybody with a T1 map and a second inversion image. An empty list
        says nobody: all travel.
    map, inversion
        Entities of the T1 map and of the second inversion image, such as `acq-mp2rage`.
    folder
        Folder of `derivatives/` with the maps.
    inversion_time, repetition_time
        Of the second inversion image, in ms.
    """

    people: Words | None = None
    map: str = ""
    inversion: str = ""
    folder: str = ""
    inversion_time: float | None = None
    repetition_time: float | None = None

    def given(self) -> dict[str, Any]:
        """Return what replaces the values of the inversion image's sidecar."""
        return self.model_dump(exclude_none=True, include={"inversion_time", "repetition_time"})


class MaskRules(Part):
    """Which brain masks are used: those of one folder of `derivatives/`."""

    folder: str = ""


class Layout(Part):
    """Where images lie in a tree that is no BIDS: regular expressions of paths in it.

    The groups `subject` and `scanner` say whose image it is and what made it; `repeat` may.
    """

    t1w: Pattern
    mask: Pattern = ""
    t1map: Pattern = ""
    inversion: Pattern = ""

    @model_validator(mode="after")
    def _says_whose(self) -> Self:
        wanted = {"t1w": ("subject", "scanner"), "mask": ("subject",)}
        wanted |= {"t1map": ("subject",), "inversion": ("subject",)}
        for name, groups in wanted.items():
            pattern = getattr(self, name)
            lacking = [group for group in groups if f"(?P<{group}>" not in pattern]
            if pattern and lacking:
                raise ValueError(f"{name} has no group (?P<{lacking[0]}>...)")
        return self


class SplitRules(Part):
    """Who is learned from and who is evaluated, as the dataset's makers or users have dealt."""

    training: Words = ()
    external: Words = ()


class Division(Part):
    """A scanner that changed its protocol: which of its scans count as another scanner's.

    Attributes
    ----------
    scanner, into
        Name of the scanner, and the name that these scans get.
    sessions, people
        Labels; empty for all.
    where
        Fields of the sidecar, with the value that these scans have (numbers within 2 %).
    """

    scanner: str
    into: str
    sessions: Words = ()
    people: Words = ()
    where: dict[str, float | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if problem := name_problem(self.into):
            raise ValueError(f"into = {self.into!r} {problem}")
        if not (self.sessions or self.people or self.where):
            raise ValueError("says not which scans: give sessions, people or where")
        return self


class DatasetFile(Part):
    """What the names of a dataset mean.

    Attributes
    ----------
    name
        Of the dataset.
    sequence
        Entities of the T1-weighted sequence to use where a session has several, the preferred
        first; `""` for the one without any.
    """

    name: str = ""
    sequence: Words | None = None
    about: About = About()
    recognise: Recognition = Recognition()
    sessions: Sessions = Sessions()
    scanners: dict[str, ScannerRules] = Field(default_factory=dict)
    exclude: Exclusions = Exclusions()
    quantitative: QuantitativeRules = QuantitativeRules()
    masks: MaskRules = MaskRules()
    layout: Layout | None = None
    split: SplitRules = SplitRules()
    divide: tuple[Division, ...] = ()

    def sequences_of(self, scanner: str) -> tuple[str, ...] | None:
        """Return the sequences to use on a scanner, the preferred first; None: no choice made."""
        own = self.scanners.get(scanner)
        return self.sequence if own is None or own.sequence is None else own.sequence

    def record(self) -> dict[str, Any]:
        """Return the file as plain data for JSON, without what is as by default."""
        return self.model_dump(mode="json", exclude_defaults=True)


def load_dataset_file(path: str | Path) -> DatasetFile:
    """Read a dataset file.

    Parameters
    ----------
    path : str or Path
        TOML file.

    Returns
    -------
    DatasetFile
        Checked.

    Raises
    ------
    InputError
        If the file cannot be read, or says something that is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such dataset file; write one with `phycharm inspect DATASET --write "
            f"{path.name}`."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 ({error}); correct it.") from error
    return parse_dataset_file(text, place=str(path))


def parse_dataset_file(text: str, *, place: str) -> DatasetFile:
    """Read a dataset file from its text.

    Parameters
    ----------
    text : str
        TOML.
    place : str
        Where it is from, for the message.

    Raises
    ------
    InputError
        If it is no TOML, or says something that is not known.
    """
    content = read_toml(text, place=place)
    try:
        return DatasetFile.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{place}: {first_problem(error)}; correct it.") from error
