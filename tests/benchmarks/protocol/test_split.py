"""Who is learned from, chosen by, evaluated."""

import pytest

from phycharm.benchmarks.protocol.sections import Split
from phycharm.benchmarks.protocol.split import design
from phycharm.errors import InputError

PEOPLE = [f"{n:02d}" for n in range(1, 10)]


def dealt(**split):
    return design(Split(**split), PEOPLE, place="the dataset")


def test_papers_design():
    found = dealt(training=4, external=5, folds=(1, 2, 3, 4))
    assert found.external == tuple(PEOPLE[4:])
    for number, fold in enumerate(found.folds, 1):
        assert fold.number == number
        assert fold.validation == (PEOPLE[number - 1],)
        assert set(fold.train) == set(PEOPLE[:4]) - set(fold.validation)


@pytest.mark.parametrize("training", [2, 4, 7])
@pytest.mark.parametrize("external", ["rest", 1, 2])
def test_nobody_is_dealt_out_twice(training, external):
    found = dealt(training=training, external=external, folds=tuple(range(1, training + 1)))
    for fold in found.folds:
        groups = [*fold.train, *fold.validation, *found.external]
        assert len(groups) == len(set(groups))
        assert not set(fold.train) & {subject for _, subject in found.evaluated_in(fold)}


def test_subjects_by_name():
    found = dealt(training=("07", "03"), external=("01",), folds=(2,))
    assert found.folds[0].train == ("07",)
    assert found.folds[0].validation == ("03",)
    assert found.external == ("01",)


def test_who_is_judged_and_as_what():
    found = dealt(training=2, external=2, folds=(1, 2))
    assert found.evaluated_in(found.folds[1]) == [
        ("validation", "02"), ("external", "03"), ("external", "04"),
    ]  # fmt: skip
    assert found.evaluated == ["01", "03", "04", "02"]


@pytest.mark.parametrize(
    ("split", "named"),
    [
        ({"training": 10}, "10"),
        ({"training": 5, "external": 5}, "only 4"),
        ({"training": 1, "folds": (1,)}, "two or more"),
        ({"training": 0, "folds": (1,)}, "two or more"),
        ({"training": 4, "folds": (5,)}, "fold 5"),
        ({"training": 4, "folds": (0,)}, "fold 0"),
        ({"training": ("01", "11")}, "'11'"),
        ({"training": ("01", "02"), "external": ("02",), "folds": (1,)}, "'02'"),
    ],
)
def test_designs_that_cannot_be(split, named):
    with pytest.raises(InputError) as error:
        dealt(**split)
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith("the dataset: ")
    assert named in text
    assert "split" in text
