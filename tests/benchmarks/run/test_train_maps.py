"""`phycharm train-maps`: the generator alone."""

import json

import pytest

from phycharm.benchmarks.run.training import train_harmonizer
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.utils.validation import first_problem

from support.training_runs import protocol


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"version": 0}, "version: "),
        ({"split": {"quantitative_training": 0}}, "split.quantitative_training: "),
        ({"simulation": {"voxel_size": -1}}, "simulation.voxel_size: "),
        ({"typo": 1}, "typo: "),
        ({"training": {"epoch": 1}}, "epoch"),
    ],
)
def test_the_first_mistake_and_its_place(changes, wanted):
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as error:
        protocol(**changes)
    said = first_problem(error.value)
    assert wanted in said
    assert "\n" not in said
    assert len(said) < 250


def test_mistakes_of_several_lines_become_one():
    from pydantic import BaseModel, ValidationError, field_validator

    class Model(BaseModel):
        word: str

        @field_validator("word")
        @classmethod
        def _never(cls, value):
            raise ValueError("first\n  second.")

    with pytest.raises(ValidationError) as error:
        Model(word="x")
    assert first_problem(error.value) == "word: first second"


def test_the_model_says_what_it_was_fitted_on(tmp_path, pair):
    train_harmonizer("linear", protocol(), pair, tmp_path / "model", device="cpu")
    facts = json.loads((tmp_path / "model" / "harmonizer.json").read_text())
    names = [scanner.name for scanner in BidsDataset(pair).travelling().scanners]
    assert [scanner["name"] for scanner in facts["fitted_on"]["scanners"]] == names
