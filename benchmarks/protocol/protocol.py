"""Protocols: what is compared, on what, how; named, versioned TOML files."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.errors import InputError
from phycharm.harmonizers.registry import harmonizer_names
from phycharm.networks.plan import TrainingPlan
from phycharm.utils.suggestions import did_you_mean
from phycharm.utils.validation import first_problem

from ..metrics import METRICS
from ..segmentation import ENGINES

_T = TypeVar("_T")


def _without_repeats(values: tuple[_T, ...]) -> tuple[_T, ...]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} stands there twice")
    return values


Count = Annotated[int, Field(ge=0)]
Distinct = Annotated[tuple[_T, ...], AfterValidator(_without_repeats)]
Unique = Annotated[tuple[_T, ...], Field(min_length=1), AfterValidator(_without_repeats)]

# Any plan will do to check names and values of changes.
_SOME_PLAN = TrainingPlan(epochs=1, batch_size=1, learning_rate=1e-3)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Simulation(_Section):
    """The digital travelling subjects that are made where the user brings no dataset."""

    subjects: int = Field(9, ge=2)
    quantitative_subjects: int = Field(8, ge=0)
    voxel_size: float = Field(3.0, ge=0.5, le=12)
    scanners: tuple[str, ...] = ("GE", "Siemens", "Philips")
    seed: int = Field(0, ge=0)


class Split(_Section):
    """Who is learned from and who is evaluated.

    The training subjects take turns as the validation subject (leave-one-out folds); nothing is
    tuned on the external subjects. Numbers count subjects in the order of their labels.
    """

    training: Count | Unique[str] = 4
    external: Count | Distinct[str] | Literal["rest"] = "rest"
    folds: Unique[int] = (1, 2, 3, 4)
    quantitative_training: int = Field(5, ge=1)
    quantitative_validation: int = Field(1, ge=0)


class Statistics(_Section):
    """How the scores are tested."""

    reference: str = "phycharm"
    alpha: float = Field(0.05, gt=0, lt=1)


class Maps(_Section):
    """The Quantitative Maps Generator: which loss cases are trained, and how.

    Attributes
    ----------
    cases
        Trained and scored; methods that need maps use those of the first.
    harmonize_with_all
        Whether such methods run on the maps of the other cases too, under names of their own.
    """

    cases: Unique[Literal[1, 2, 3, 4]] = (4,)
    harmonize_with_all: bool = False
    preset: Literal["paper", "corrected"] = "corrected"
    training: dict[str, Any] = Field(default_factory=dict)

    @property
    def harmonized_cases(self) -> tuple[int, ...]:
        """Loss cases on whose maps methods run."""
        return self.cases if self.harmonize_with_all else self.cases[:1]


class Protocol(_Section):
    """A benchmark, complete: the same protocol on the same dataset gives the same scores.

    Attributes
    ----------
    name, version, summary
        What results are filed under. The version rises whenever scores would change.
    preset
        `smoke`, `quick`, `paper` or `custom`: how much the numbers are worth.
    harmonizers
        Names of methods, in the order of the tables.
    training
        Plan values given to every trained method, so that all have the same budget.
    settings
        Per method, further constructor parameters.
    acquisitions
        Per scanner, values in ms that replace what the sidecars say.
    """

    name: str
    version: int = Field(ge=1)
    summary: str = ""
    preset: Literal["smoke", "quick", "paper", "custom"] = "custom"
    scanners: tuple[str, ...] | None = None
    standardization: str = "p99"
    simulation: Simulation = Simulation()
    split: Split = Split()
    harmonizers: Unique[str]
    metrics: Unique[str]
    segmenter: str = ""
    seeds: Unique[int] = (0,)
    training: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    maps: Maps = Maps()
    statistics: Statistics = Statistics()
    acquisitions: dict[str, dict[str, float]] = Field(default_factory=dict)

    @field_validator("standardization")
    @classmethod
    def _known_standardization(cls, value: str) -> str:
        if value not in STANDARDIZATIONS:
            raise ValueError(did_you_mean(value, STANDARDIZATIONS))
        return value

    @field_validator("metrics")
    @classmethod
    def _known_metrics(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        known = [name for name, metric in METRICS.items() if metric.group != "tissue"]
        for value in values:
            if value not in known:
                raise ValueError(f"no image metric {value!r}; {did_you_mean(value, known)}")
        return values

    @field_validator("segmenter")
    @classmethod
    def _known_segmenter(cls, value: str) -> str:
        if value and value not in ENGINES:
            raise ValueError(did_you_mean(value, ENGINES))
        return value

    @field_validator("settings")
    @classmethod
    def _known_methods(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            if ":" not in name and name not in harmonizer_names():
                raise ValueError(
                    f"no harmonizer {name!r}; {did_you_mean(name, harmonizer_names())}"
                )
        return value

    @model_validator(mode="after")
    def _usable_plans(self) -> Self:
        plans: dict[str, Any] = {"training": self.training, "maps.training": self.maps.training}
        for name, values in self.settings.items():
            plans[f'settings."{name}".training'] = values.get("training", {})
        for section, changes in plans.items():
            if not isinstance(changes, dict):
                raise ValueError(f"[{section}] is {changes!r}, and should be a table of values")
            try:
                TrainingPlan.model_validate({**_SOME_PLAN.model_dump(), **changes})
            except ValidationError as error:
                raise ValueError(f"[{section}] {first_problem(error)}") from error
        return self

    def record(self) -> dict[str, Any]:
        """Return the protocol with every default filled in, as plain data for JSON."""
        return self.model_dump(mode="json")


def protocol_names() -> list[str]:
    """Return the names of the protocols that come with the package.

    Examples
    --------
    >>> protocol_names()
    ['paper', 'quick', 'smoke']
    """
    files = resources.files("phycharm.protocols").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_protocol(name: str | Path) -> Protocol:
    """Read a protocol.

    Parameters
    ----------
    name : str or Path
        One of `protocol_names`, or the path of a TOML file.

    Returns
    -------
    Protocol
        Checked.

    Raises
    ------
    InputError
        If there is none of that name, or the file is not a valid protocol.

    Examples
    --------
    >>> protocol = load_protocol("quick")
    >>> protocol.preset, protocol.split.training, protocol.simulation.voxel_size
    ('quick', 4, 3.0)
    """
    name = str(name)
    if name in protocol_names():
        text = resources.files("phycharm.protocols").joinpath(f"{name}.toml").read_text("utf-8")
    elif name.endswith(".toml") and Path(name).is_file():
        text = _read_text(Path(name))
    else:
        hint = did_you_mean(name, protocol_names())
        raise InputError(f"No protocol {name!r}; {hint} A path to a .toml file works too.")
    return _parse(name, text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Protocol {path}: not readable as UTF-8 ({error}); correct it."
        ) from error


def _parse(name: str, text: str) -> Protocol:
    try:
        return Protocol.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"Protocol {name}: not valid TOML ({error}); correct it.") from error
    except ValidationError as error:
        raise InputError(f"Protocol {name}: {first_problem(error)}; correct it.") from error
