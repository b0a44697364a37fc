"""The tables of a protocol file, each with its defaults and bounds."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from phycharm.harmonizers.card import MethodCard
from phycharm.simulate.dataset import MOST_PEOPLE

_T = TypeVar("_T")


def _without_repeats(values: tuple[_T, ...]) -> tuple[_T, ...]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} stands there twice")
    return values


# Whole numbers of tables have 64 bits.
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Distinct = Annotated[tuple[_T, ...], AfterValidator(_without_repeats)]
Unique = Annotated[tuple[_T, ...], Field(min_length=1), AfterValidator(_without_repeats)]
MapsPreset = Literal["corrected", "paper"]
LossCases = Unique[Literal[1, 2, 3, 4]]


def _kind_of_cases(value: Any) -> str:
    return "presets" if isinstance(value, Mapping) else "all"


class Section(BaseModel):
    """A part of a protocol: every key is known, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Simulation(Section):
    """The digital travelling subjects that are made where the user brings no dataset."""

    subjects: int = Field(9, ge=2, le=MOST_PEOPLE)
    quantitative_subjects: int = Field(8, ge=0, le=MOST_PEOPLE)
    voxel_size: float = Field(3.0, ge=0.5, le=12)
    scanners: tuple[str, ...] = ("GE", "Siemens", "Philips")
    seed: Count = 0
    atrophy: dict[str, Annotated[float, Field(ge=0, le=0.5)]] = Field(default_factory=dict)


class Split(Section):
    """Who is learned from and who is evaluated.

    The training subjects take turns as the validation subject (leave-one-out folds); nothing is
    tuned on the external subjects. Numbers count subjects in the order of their labels; where some
    lack scanners, so that every pair of scanners has as many as can be (see `design`).
    """

    training: Count | Unique[str] = 4
    external: Count | Distinct[str] | Literal["rest"] = "rest"
    folds: Unique[int] = (1, 2, 3, 4)
    quantitative_training: int = Field(5, ge=1)
    quantitative_validation: int = Field(1, ge=0)


class Statistics(Section):
    """How the scores are tested."""

    reference: str = "phycharm"
    alpha: float = Field(0.05, gt=0, lt=1)


class Maps(Section):
    """The Quantitative Maps Generator: which loss cases are trained, and how.

    Attributes
    ----------
    cases
        Trained and scored; methods that need maps use those of the first. One list, or a table with
        a list for each preset.
    harmonize_with_all
        Whether such methods run on the maps of the other cases too, under names of their own.
    preset
        Of the generator, for methods that name none.
    """

    cases: Annotated[
        Annotated[LossCases, Tag("all")] | Annotated[dict[MapsPreset, LossCases], Tag("presets")],
        Discriminator(_kind_of_cases),
    ] = (4,)
    harmonize_with_all: bool = False
    preset: MapsPreset = "corrected"
    training: dict[str, Any] = Field(default_factory=dict)

    def preset_of(self, card: MethodCard) -> MapsPreset:
        """Preset of the maps that a method works with."""
        return "paper" if (card.maps_preset or self.preset) == "paper" else "corrected"

    def cases_of(self, preset: MapsPreset) -> tuple[int, ...]:
        """Loss cases that are trained and scored of a preset; the preprint's choice by default."""
        if isinstance(self.cases, dict):
            return self.cases.get(preset, (4,))
        return self.cases

    def harmonized_cases(self, card: MethodCard) -> tuple[int, ...]:
        """Loss cases on whose maps a method runs; none if it needs no maps."""
        if "maps" not in card.needs:
            return ()
        cases = self.cases_of(self.preset_of(card))
        return cases if self.harmonize_with_all else cases[:1]
