"""Protocols: what is compared, on what, how; named, versioned TOML files."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.errors import InputError
from phycharm.harmonizers.registry import harmonizer_names
from phycharm.networks.plan import TrainingPlan
from phycharm.utils.suggestions import did_you_mean
from phycharm.utils.untrusted.file_names import name_problem
from phycharm.utils.validation import first_problem

from ..metrics import METRICS
from ..segmentation import ENGINES
from .sections import Count, Maps, Section, Simulation, Split, Statistics, Unique

# Any plan will do to check names and values of changes.
_SOME_PLAN = TrainingPlan(epochs=1, batch_size=1, learning_rate=1e-3)


class Protocol(Section):
    """A benchmark, complete: the same protocol on the same dataset gives the same scores.

    Attributes
    ----------
    name, version, summary
        What results are filed under. The version rises whenever scores would change.
    preset
        `smoke`, `quick`, `paper` or `custom`: how much the numbers are worth.
    harmonizers
        Names of methods, in the order of the tables.
    seeds
        Training seeds: every method is fitted once with each, and scores are averaged over them.
    training
        Plan values given to every trained method, so that all have the same budget.
    settings
        Per method, further constructor parameters.
    acquisitions
        Per scanner, fields of `Acquisition` that replace what the sidecars say.
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
    seeds: Unique[Count] = (0,)
    training: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    maps: Maps = Maps()
    statistics: Statistics = Statistics()
    acquisitions: dict[str, dict[str, float | str]] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _fit_for_a_folder(cls, value: str) -> str:
        if problem := name_problem(value):
            raise ValueError(f"{value!r} {problem}")
        return value

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

    def reseeded(
        self, *, simulation: int | None = None, training: Sequence[int] | None = None
    ) -> Self:
        """Return the protocol with other seeds.

        Parameters
        ----------
        simulation : int, optional
            Seed of the digital people: other people, whom no choice of a design has seen.
        training : sequence of int, optional
            Seeds of the fits.

        Returns
        -------
        Protocol
            The same one where nothing is given.

        Raises
        ------
        InputError
            If a seed is negative or stands there twice.

        Examples
        --------
        >>> from phycharm.benchmarks.protocol.loading import load_protocol
        >>> other = load_protocol("smoke").reseeded(simulation=7, training=[0, 1])
        >>> other.simulation.seed, other.seeds
        (7, (0, 1))
        """
        if simulation is None and training is None:
            return self
        record = self.record()
        if simulation is not None:
            record["simulation"]["seed"] = simulation
        if training is not None:
            record["seeds"] = list(training)
        try:
            return type(self).model_validate(record)
        except ValidationError as error:
            raise InputError(f"Seeds: {first_problem(error)}; give other ones.") from error

    def record(self) -> dict[str, Any]:
        """Return the protocol with every default filled in, as plain data for JSON."""
        return self.model_dump(mode="json")
