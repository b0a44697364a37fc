"""The tests: which are made and which are not, at the level that the protocol sets."""

import pandas as pd
import pytest

from phycharm.reports.run.standings import standings
from phycharm.reports.tables.leaderboard import make_leaderboard
from phycharm.reports.tables.statistics_tables import (
    _untested_note,
    chosen_measures,
    comparison_tables,
    comparisons,
    mean_ranks,
)
from phycharm.reports.text.captions import ranks
from phycharm.reports.text.methods_text import methods_text
from phycharm.reports.text.verdict import write_verdict

from support.score_frames import frame, view_of


def many(directions):
    """Two methods, four measures; as many directions as asked for."""
    places = [f"A>B{number}" for number in range(directions)]
    means = {("phycharm", p): [0.9] * 6 for p in places} | {("none", p): [0.5] * 6 for p in places}
    metrics = ("ssim", "nrmse", "sharpness", "unheard-of")
    return view_of(pd.concat([frame(means, metric=metric) for metric in metrics]))


def test_what_is_not_tested_for_its_number_is_said():
    few, lots = many(2), many(500)
    assert [m.metric for m in chosen_measures(few)] == ["ssim", "nrmse", "sharpness"]
    assert not any("Not tested" in note for table in comparison_tables(few) for note in table.notes)
    assert {m.metric for m in chosen_measures(lots)} == {"ssim", "nrmse"}
    assert _untested_note(lots) == [
        "Tested: SSIM; NRMSE. Not tested: Sharpness. All 3 measures would take 1503 tests, and "
        "beyond 1500 the report keeps to the measures of the first screen."
    ]


def test_the_note_on_what_is_not_tested_stands_under_every_table(monkeypatch):
    monkeypatch.setattr("phycharm.reports.tables.statistics_tables._MOST_TESTS", 8)
    tables = comparison_tables(many(2))
    assert [table.measure for table in tables] == ["ssim", "nrmse"]
    assert all("would take 9 tests" in table.notes[-1] for table in tables)


def two(alpha=None):
    """PhyCHarm ahead in all six subjects: p is 2 / 2^6 = .031, below 5 % but not 2 %."""
    values = frame(
        {
            ("phycharm", "A>B"): [0.91, 0.92, 0.93, 0.94, 0.95, 0.96],
            ("none", "A>B"): [0.5, 0.52, 0.51, 0.55, 0.53, 0.6],
        }
    )
    protocol = {} if alpha is None else {"statistics": {"alpha": alpha}}
    return view_of(values, protocol=protocol)


def interval(view):
    row = comparisons(view).iloc[0]
    return row["interval_high"] - row["interval_low"]


def test_the_level_is_the_protocols():
    assert set(comparisons(two())["verdict"]) == {"better"}
    assert set(comparisons(two(0.02))["verdict"]) == {"cannot reach alpha with n = 6"}
    # The interval of six people covers 97 %: too little for 99 %, and the next narrower for 70 %.
    assert interval(two()) > interval(two(0.3))
    both = [standings(two(alpha), "external") for alpha in (0.01, 0.05)]
    assert both[0]["interval_low"].isna().all()
    assert both[1]["interval_low"].notna().all()
    differences = [mean_ranks(two(a))["critical_difference"].iloc[0] for a in (0.01, 0.05, 0.3)]
    assert differences == sorted(differences, reverse=True)
    assert differences[0] > differences[1]


@pytest.mark.parametrize(
    ("alpha", "level", "coverage"), [(0.01, "1 %", "99 %"), (0.05, "5 %", "95 %")]
)
def test_every_sentence_prints_the_level_that_was_used(alpha, level, coverage):
    view = two(alpha)
    (table,) = comparison_tables(view)
    hints = {column.text: column.hint for column in table.columns}
    assert hints["Verdict"] == f"By Holm at {level}"
    words = {0.01: f"covers nearly {coverage}", 0.05: "in 96.9 % of samples"}[alpha]
    assert any(words in note for note in table.notes)
    assert any(words in note for note in make_leaderboard(view).notes)
    tested = f"signed-rank test of subjects' scores and a paired t test both say so at {level}."
    assert (tested in methods_text(view).paragraph) == (alpha == 0.05)
    caption = ranks(view, view.headline[0], "external", 6, 0.2)
    assert f"critical difference at {level}; Friedman's test" in caption.how
    details = write_verdict(view).details
    assert any("an exact test at 1 %" in detail for detail in details) == (alpha == 0.01)


@pytest.mark.parametrize("alpha", [None, 0, 1, True, "0.01", float("nan")])
def test_a_level_that_is_none_is_five_percent(alpha):
    assert two(alpha).alpha == 0.05
