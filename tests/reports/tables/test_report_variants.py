"""Variants of a method: named after it, in a table of their own, and nobody's rivals."""

import numpy as np
import pytest

from phycharm.reports.figures.paired import paired_plot
from phycharm.reports.page.run_page import _notes
from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.standings import standings
from phycharm.reports.tables.direction_tables import direction_tables
from phycharm.reports.tables.leaderboard import make_leaderboard
from phycharm.reports.tables.statistics_tables import comparisons, mean_ranks
from phycharm.reports.tables.variant_tables import variant_tables
from phycharm.reports.text.verdict import write_verdict

from support.score_frames import frame, view_of

BOTH = ("GE>Siemens", "Siemens>GE")
NOISE = np.linspace(-0.01, 0.01, 6)
MEANS = {
    "phycharm": (0.9, 0.8),
    "phycharm-case-1": (0.99, 0.97),
    "mine-case-2": (0.7, 0.7),
    "none": (0.5, 0.5),
}
CARDS = {
    "phycharm": {"needs": ["maps"]},
    "phycharm-case-1": {"needs": ["maps"], "variant_of": "phycharm"},
    "mine-case-2": {"variant_of": ""},
}


def scores(means=MEANS):
    return frame(
        {(m, d): x + NOISE for m, own in means.items() for d, x in zip(BOTH, own, strict=True)}
    )


@pytest.fixture(scope="module")
def view():
    return view_of(scores(), methods=CARDS)


def test_variants_are_nobodys_rivals(view):
    rivals = {"phycharm", "mine-case-2", "none"}
    assert set(view.methods) == rivals
    assert set(standings(view, "external")["harmonizer"]) == rivals
    assert set(comparisons(view)["rival"]) == rivals - {"phycharm"}
    assert set(mean_ranks(view)["harmonizer"]) == rivals
    assert "descriptively, PhyCHarm leads in SSIM;" in write_verdict(view).headline
    shown = [row[1].text for body in make_leaderboard(view).bodies for row in body.rows]
    shown += [row[0].text for t in direction_tables(view, view.measures) for row in t.rows]
    figure = paired_plot(view, view.headline[0], "external")
    shown += [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    assert "mine-case-2" in shown
    assert not any("case 1" in text for text in shown)


def test_a_family_of_tests_is_as_large_as_without_variants(view):
    plain = view_of(scores({m: v for m, v in MEANS.items() if m != "phycharm-case-1"}))
    columns = ["rival", "family_size", "p_holm"]
    assert comparisons(view)[columns].equals(comparisons(plain)[columns])


def test_variants_stand_beside_their_method_in_one_table(view):
    (table,) = variant_tables(view)
    assert table.title == "PhyCHarm on the maps of every loss case, external subjects"
    rows = {row[0].text: row for row in table.rows}
    assert set(rows) == {"PhyCHarm", "PhyCHarm, case 1"}
    assert [c.text for c in table.columns] == ["Method", "Case", "SSIM ↑"]
    assert rows["PhyCHarm"][2].sort == pytest.approx(0.85)
    assert rows["PhyCHarm, case 1"][2].sort == pytest.approx(0.98)


def test_without_variants_there_is_no_such_table():
    assert variant_tables(view_of(scores())) == []
    assert variant_tables(view_of(scores({"phycharm": (0.9, 0.8)}), methods=CARDS)) == []


def test_a_variant_cannot_be_the_reference(view):
    other = RunView(content=view.content, wanted_reference="phycharm-case-1")
    assert "phycharm-case-1 is a variant and no method" in _notes(other, 0)[-1]
