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


class TestWherePeopleLackScanners:
    """Two phases with a scanner of their own each, and two scanners that everybody was on."""

    FIRST, SECOND = ("01", "02", "03", "04"), ("05", "06", "07", "08")
    HAD = dict.fromkeys(FIRST, ("A", "B", "C")) | dict.fromkeys(SECOND, ("A", "B", "D"))

    def dealt(self, had=HAD, **split):
        return design(Split(**split), sorted(had), place="the dataset", scanners=had)

    def test_both_phases_are_learned_from_and_scored(self):
        found = self.dealt(training=4, folds=(1,))
        people = {*found.folds[0].train, *found.folds[0].validation}
        assert people == {"01", "02", "05", "06"}
        assert found.external == ("03", "04", "07", "08")

    def test_a_number_of_external_people_covers_both_too(self):
        assert self.dealt(training=4, external=2, folds=(1,)).external == ("03", "07")

    def test_the_only_two_of_a_pair_stand_on_both_sides(self):
        had = {"01": "AB", "02": "AC", "03": "BC", "04": "ABC", "05": "ABC"}
        found = self.dealt({s: tuple(names) for s, names in had.items()}, training=4, folds=(1,))
        assert found.external in (("04",), ("05",))

    def test_complete_people_are_the_first_as_ever(self):
        had = dict.fromkeys(PEOPLE, ("A", "B", "C"))
        for training in (2, 4, 8):
            plain = design(Split(training=training, folds=(1,)), PEOPLE, place="the dataset")
            assert self.dealt(had, training=training, folds=(1,)) == plain

    def test_names_are_taken_as_they_are(self):
        found = self.dealt(training=("01", "02"), external=("05",), folds=(1,))
        assert (found.folds[0].train, found.external) == (("02",), ("05",))

    def test_nobody_changes_sides_with_the_number_of_external_people(self):
        folds = {self.dealt(training=3, external=n, folds=(1, 2)).folds for n in (0, 1, "rest")}
        assert len(folds) == 1
