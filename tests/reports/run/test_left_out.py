"""Directions that nobody could teach: means are over equal folds and directions."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from phycharm.reports.page.subject_data import subject_data
from phycharm.reports.run.cell_records import CellRecord
from phycharm.reports.run.left_out import equal_folds, left_out, untrained_directions
from phycharm.reports.run.people import (
    direction_counts,
    head_of,
    not_trained_notes,
    subjects_text,
    unequal_fold_sentences,
    untrained_sentences,
)
from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.standings import standings
from phycharm.reports.tables.direction_tables import direction_table
from phycharm.reports.tables.people_table import people_table
from phycharm.reports.tables.provenance import timing_table
from phycharm.reports.tables.statistics_tables import comparisons
from phycharm.reports.text.methods_text import methods_text

from support.score_frames import frame, view_of

REASON = "not trained: 1 person has both, none to learn from"
AB, BA, AC = "A>B", "B>A", "A>C"


def cell(harmonizer, fold, *directions):
    gaps = [dict(zip(("source", "target"), d.split(">"), strict=True)) for d in directions]
    record = {"harmonizer": harmonizer, "fold": fold, "status": "left out"}
    record["left_out"] = [{**gap, "reason": REASON} for gap in gaps]
    return CellRecord(path=Path(f"{harmonizer}_fold-{fold}"), record=record)


def folds_of(scores, method, direction):
    source, target = direction.split(">")
    own = scores[(scores["harmonizer"] == method) & (scores["source"] == source)]
    return set(own.loc[own["target"] == target, "fold"])


@pytest.fixture
def view():
    """`unet` learned A>B in fold 2 alone and A>C nowhere; 01 and 02 alone were on A and C."""
    first = frame({("none", AB): [0.2, 0.2, 0.2], ("none", BA): [0.5] * 3, ("none", AC): [0.1] * 2})
    second = frame(
        {("none", AB): [0.4, 0.4, 0.4], ("none", BA): [0.5] * 3, ("none", AC): [0.1] * 2}
    )
    learned = frame({("unet", BA): [0.6] * 3})
    half = frame({("unet", AB): [0.5] * 3})
    scores = pd.concat(
        [first, learned, *(one.assign(fold=2) for one in (second, learned, half))],
        ignore_index=True,
    )
    found = view_of(scores, protocol={"scanners": ["A", "B", "C"]})
    cells = (cell("unet", 1, AB, AC), cell("unet", 2, AC))
    return RunView(content=replace(found.content, cells=cells))


def test_every_method_has_the_same_folds(view):
    assert folds_of(view.scores, "none", AB) == folds_of(view.scores, "unet", AB) == {2}
    assert folds_of(view.scores, "none", BA) == folds_of(view.scores, "unet", BA) == {1, 2}
    assert folds_of(view.scores, "none", AC) == {1, 2}


def test_means_are_over_the_directions_that_all_have(view):
    assert list(view.untrained) == [("A", "C")]
    assert view.shared_directions == [("A", "B"), ("B", "A")]
    means = view.measured(view.headline[0], "external").mean()
    assert means["none"] == pytest.approx((0.4 + 0.5) / 2)
    assert means["unet"] == pytest.approx((0.5 + 0.6) / 2)
    board = standings(view, "external").set_index("harmonizer")
    assert board["mean"].to_dict() == pytest.approx({"none": 0.45, "unet": 0.55})
    assert (board["missing"] == 0).all()


def test_a_direction_of_its_own_shows_who_has_it(view):
    table = direction_table(view, view.headline[0], "external")
    assert [column.text for column in table.columns] == [
        "Method", "A → B (n = 3)", "A → C (n = 2)", "B → A (n = 3)",
    ]  # fmt: skip
    by_method = {row[0].text: row[2] for row in table.rows}
    assert (by_method["U-Net"].text, by_method["U-Net"].detail) == ("–", "not trained")
    assert by_method["No harmonization"].text == "0.100"
    assert "Not trained: A – C (1 person has both, none to learn from)." in table.notes
    assert "over 3 external subjects (2 to 3 a direction), " in table.notes[0]


def test_words(view):
    assert direction_counts(view, "external") == {("A", "B"): 3, ("A", "C"): 2, ("B", "A"): 3}
    assert len(untrained_sentences(view)) == len(not_trained_notes(view)) == 1
    (folds,) = unequal_fold_sentences(view)
    assert folds.endswith("count for no method: A – B, fold 1.")
    paragraph = methods_text(view).paragraph
    assert "3 external subjects (2 to 3 a direction)" in paragraph
    assert untrained_sentences(view)[0] in paragraph


def test_nothing_is_said_where_everybody_was_everywhere():
    scores = frame({("none", AB): [0.2, 0.3], ("unet", AB): [0.4, 0.5]})
    view = view_of(scores)
    assert view.scores is view.shared_scores is view.content.scores
    assert head_of(view, "external", ("A", "B")) == "A → B"
    assert subjects_text(view, "external") == "2 external subjects"
    said = [untrained_sentences, not_trained_notes, unequal_fold_sentences]
    assert [say(view) for say in said] == [[], [], []]
    assert people_table(view) is None
    assert "Not everybody" not in methods_text(view).paragraph


def test_a_method_without_any_score_takes_nothing_from_the_others():
    scores = frame({("none", AB): [0.2, 0.3], ("linear", AB): [0.4, 0.5]})
    gaps = left_out([cell("unet", 1, AB)])
    assert equal_folds(scores, gaps) is not None
    assert len(equal_folds(scores, gaps)) == len(scores)
    assert untrained_directions(scores, gaps) == {}


def test_people_of_each_pair():
    scores = frame({("none", AB): [0.2, 0.3]})
    protocol = {
        "scanners": ["A", "B", "C"],
        "lacking": {"01": ["C"], "05": ["A"]},
        "folds": [
            {"fold": 1, "train": ["02", "03"], "validation": ["01"]},
            {"fold": 2, "train": ["01", "03"], "validation": ["02"]},
        ],
        "external": ["04", "05"],
    }
    rows = people_table(view_of(scores, protocol=protocol)).rows
    assert [[one.text for one in row] for row in rows] == [
        ["A – B", "2", "2 of 2", "1", "–"],
        ["A – C", "1 to 2", "1 of 2", "1", "–"],
        ["B – C", "1 to 2", "1 of 2", "2", "–"],
    ]


def test_what_was_left_out_cost_nothing(view):
    ours = CellRecord(path=Path("unet"), record={"harmonizer": "unet", "status": "done"})
    cells = (*view.content.cells, ours)
    (row,) = timing_table(RunView(content=replace(view.content, cells=cells))).rows
    assert [one.text for one in row[:2]] == ["U-Net", "1"]


@pytest.mark.parametrize("spoilt", [None, "x", [3], [{"source": 1}]])
def test_records_that_say_nothing_usable(spoilt):
    one = CellRecord(path=Path("x"), record={"harmonizer": "unet", "left_out": spoilt})
    assert one.fold == 0
    assert len(left_out([one])) <= 1


def test_the_page_averages_subjects_over_the_same_directions(view):
    data = subject_data(view)
    assert data["directions"] == ["A → B", "A → C", "B → A"]
    assert data["shared"] == [0, 2]


def test_tests_over_directions_are_on_what_all_have(view):
    linear = view.content.scores.query("harmonizer == 'none'").assign(harmonizer="linear")
    better = linear.assign(value=linear["value"] + linear["source"].eq("A") * 0.2)
    scores = pd.concat([view.content.scores, better], ignore_index=True)
    more = RunView(content=replace(view.content, scores=scores), wanted_reference="linear")
    tests = comparisons(more).set_index(["scope", "source", "target", "rival"])
    # Of A>B and B>A alone, although both methods have A>C.
    assert tests.loc[("global", "all", "all", "none"), "gain"] == pytest.approx(0.1)
    assert tests.loc[("direction", "A", "C", "none"), "n"] == 2
    assert ("direction", "A", "C", "unet") in tests.index
    assert tests.loc[("direction", "A", "C", "unet"), "verdict"] == "no subject in common"
