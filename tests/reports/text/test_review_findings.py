"""Findings of a review, each a sentence, a rank or a bar that was false: sections 2 and 3 of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS, as_records
from phycharm.benchmarks.statistics import leaderboard
from phycharm.reports.figures.volumes import volume_bars
from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.standings import standings
from phycharm.reports.tables.leaderboard import leaderboard_table, make_leaderboard
from phycharm.reports.tables.statistics_tables import comparisons
from phycharm.reports.text import captions
from phycharm.reports.text.methods_text import methods_text
from phycharm.reports.text.verdict import write_verdict

from support.score_factory import scores_of
from support.score_frames import frame, view_of

NOISE = np.linspace(-0.01, 0.01, 8)


def both(values, people=8, **fixed):
    """Means by method in one direction, with the same noise of people for all."""
    return frame({(m, "A>B"): v + NOISE[:people] for m, v in values.items()}).assign(**fixed)


def words(view):
    verdict = write_verdict(view)
    return " ".join([verdict.headline, *verdict.details])


def common_domain():
    """A blurred brain mask agrees with itself on all scanners, and keeps nothing."""
    likeness = both({"mush": 0.999, "blend": 0.9, "phycharm": 0.85, "none": 0.7})
    kept = both({"mush": 0.1, "blend": 0.8}, metric="structure")
    sharp = both({"mush": 0.01, "blend": 0.7}, metric="sharpness_source")
    cards = {name: {"scope": "common-domain"} for name in ("mush", "blend")}
    view = view_of(pd.concat([likeness, kept, sharp]), methods=cards)
    records = as_records()
    return RunView(content=replace(view.content, metrics=records))


def test_2_1_a_failed_fold_improves_no_rank():
    rows = [
        scores_of({m: [v] * 6}, fold=fold)
        for m, fold, v in (("a", 1, 0.89), ("b", 1, 0.9), ("b", 2, 0.5))
    ]
    board = leaderboard(pd.concat(rows), METRICS).drop_duplicates("harmonizer")
    places = dict(zip(board["harmonizer"], board["place"], strict=True))
    assert places["b"] < places["a"]


def test_2_2_mush_comes_first_nowhere():
    view = common_domain()
    assert "mush" not in write_verdict(view).headline
    assert "mush" not in set(standings(view, "external")["harmonizer"])
    assert "mush" not in set(comparisons(view)["rival"])
    assert (
        "Methods to a common domain, among themselves: blend comes first: it leads in Structure "
        "and Sharpness against the source and is shown ahead of mush, person by person."
    ) in words(view)


def test_2_2_methods_to_a_common_domain_have_a_table_of_their_own():
    from phycharm.reports.tables.apart.common_domain import common_domain_table

    table = common_domain_table(common_domain(), "external")
    assert [row[1].text for row in table.rows] == ["blend", "mush", "No harmonization"]
    assert [row[0].text for row in table.rows] == ["1", "2", "–"]
    heads = [column.text for column in table.columns]
    best = {
        row[1].text: [h for h, c in zip(heads, row, strict=True) if c.best] for row in table.rows
    }
    assert best["mush"] == []
    assert len(best["blend"]) == 2
    notes = " ".join(table.notes)
    assert "Structure and Sharpness against the source count 1/2 each" in notes
    assert "Not measured in this folder: Dice against truth." in notes
    assert "For information: SSIM" in notes


def test_2_2_truth_is_tested_against_doing_nothing():
    from phycharm.reports.tables.apart.common_domain import common_domain_table

    view = common_domain()
    truth = both({"blend": 0.9, "none": 0.8}, metric="dice_truth", tissue="GM")
    scores = pd.concat([view.content.scores, truth])
    view = RunView(content=replace(view.content, scores=scores))
    table = common_domain_table(view, "external")
    assert any("blend is shown to be better than doing nothing" in note for note in table.notes)
    assert any(note.startswith("mush lacks 8 of 24 scores that count") for note in table.notes)


def test_2_2_what_a_transform_does_to_anything_is_no_merit():
    """Mush is as like itself when it is not told the scanner; blend gains by knowing it."""
    from phycharm.reports.tables.apart.common_domain import common_domain_table

    view = common_domain()
    untold = both({"none-in-mush": 0.999, "none-in-blend": 0.8})
    cards = view.content.methods | {
        f"none-in-{name}": {"scope": "common-domain", "control": True} for name in ("mush", "blend")
    }
    scores = pd.concat([view.content.scores, untold])
    view = RunView(content=replace(view.content, scores=scores, methods=cards))
    notes = common_domain_table(view, "external").notes
    assert (
        "mush makes the same image whichever scanner a scan is said to be from, so that doing "
        "nothing in its domain is what it does."
    ) in notes
    assert (
        "Held against doing nothing in its own domain (the same transform of a scan that is taken "
        "to be from the other scanner) blend is better in SSIM (exact signed-rank test, Holm over "
        "1)."
    ) in notes


def test_3_1_beating_nothing_is_about_the_measure_that_was_tested():
    """Doing nothing leads by tissue ranks, and is beaten in SSIM everywhere."""
    dice = [
        both({"phycharm": 0.7, "none": 0.8}, metric="dice", tissue=tissue)
        for tissue in ("CSF", "GM", "WM")
    ]
    view = view_of(pd.concat([both({"phycharm": 0.9, "none": 0.7}), *dice]))
    assert "no method beats doing nothing" not in words(view)
    assert "PhyCHarm is shown to be better than doing nothing in SSIM" in words(view)


def test_3_2_only_what_was_tested_is_called_alike():
    rng = np.random.default_rng(0)
    values = {(m, "A>B"): 0.8 + 0.01 * rng.normal(size=8) for m in ("phycharm", "unet", "none")}
    assert "can be told from another" not in words(view_of(frame(values)))
    assert "is not shown ahead of" in write_verdict(view_of(frame(values))).headline


def test_3_3_no_single_winner_where_measures_conflict():
    parts = [
        both({"phycharm": 0.8, "unet": 0.9, "none": 0.5}, metric=metric)
        for metric in ("ssim", "psnr")
    ]
    dice = both({"phycharm": 0.9, "unet": 0.8, "none": 0.5}, metric="dice", tissue="GM")
    headline = write_verdict(view_of(pd.concat([*parts, dice]))).headline
    assert headline.startswith("No single winner (U-Net leads in SSIM and PSNR; PhyCHarm leads in")


def test_3_4_no_interval_is_called_95_percent_that_does_not_cover_it():
    for people in (3, 5, 8):
        table = leaderboard_table(view_of(both({"phycharm": 0.9, "none": 0.5}, people)), "external")
        notes = " ".join(table.notes)
        assert "bootstrap" not in notes
        details = [cell.detail for row in table.rows for cell in row if cell.detail]
        assert any("median" in detail for detail in details) == (people >= 5)


def test_3_5_the_methods_paragraph_speaks_of_tests_that_ran():
    alone = methods_text(view_of(both({"phycharm": 0.9}))).paragraph
    assert "Wilcoxon" not in alone
    assert "Friedman" not in alone
    two = methods_text(view_of(both({"phycharm": 0.9, "none": 0.5}))).paragraph
    assert "Friedman" not in two
    assert "A method counts as behind another where an exact two-sided Wilcoxon" in two
    three = methods_text(view_of(both({"phycharm": 0.9, "unet": 0.8, "none": 0.5}))).paragraph
    assert "divided by 3 pairs of methods (Bonferroni)" in three
    assert "Friedman" in three


def test_3_5_methods_to_a_common_domain_are_not_compared_with_a_target():
    paragraph = methods_text(common_domain()).paragraph
    assert "those of blend and mush, which map to a common domain, with the same" in paragraph


def test_3_6_a_picture_of_one_fit_and_a_score_of_several_say_so(monkeypatch):
    one = both({"phycharm": 0.9, "none": 0.5}, metric="dice", tissue="GM")
    several = view_of(pd.concat([one, one.assign(fold=2)]))
    monkeypatch.setattr(captions, "_direction_number", lambda view, comparison: ("1",))
    shot = type("Shown", (), {"subject": "01", "source": "A", "target": "B"})()
    assert "mean over up to 2 fits" in captions.masks(several, shot, "external").how
    assert "the pictures are of the first fit" in captions.masks(several, shot, "external").how
    assert "fits" not in captions.masks(view_of(one), shot, "external").how


def test_3_7_a_method_without_values_has_no_bar():
    volumes = both({"phycharm": 5.0, "unet": 6.0, "none": 9.0}, metric="abs_volume_difference_ml")
    volumes = volumes.assign(tissue="GM")
    lost = volumes["harmonizer"] == "unet"
    figure = volume_bars(view_of(volumes.assign(value=volumes["value"].mask(lost))), "external")
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert sorted(h for h in heights if h == h) == pytest.approx([5, 9])
    assert sum(h != h for h in heights) == 1
    assert "–" in [text.get_text() for text in figure.axes[0].texts]


def test_3_8_a_bare_difference_of_means_is_called_untested():
    view = view_of(both({"phycharm": 0.9, "none": 0.5}, people=5))
    assert "doing nothing (untested)" in write_verdict(view).headline
    assert "beats" not in words(view)


def test_3_9_five_people_make_no_winner():
    """One method is a little ahead in everybody who was seen."""
    view = view_of(both({"phycharm": 0.9, "none": 0.8}, people=5))
    assert "comes first" not in words(view)
    assert "descriptively" in words(view)


def test_3_10_the_weights_stand_in_the_text():
    parts = [both({"phycharm": 0.9, "none": 0.5}, metric=m) for m in ("ssim", "psnr", "nrmse")]
    dice = [
        both({"phycharm": 0.9, "none": 0.5}, metric="dice", tissue=tissue)
        for tissue in ("GM", "WM")
    ]
    view = view_of(pd.concat([*parts, *dice]))
    said = (
        "SSIM, PSNR and Dice (mean of GM and WM) count 1/3 each; not counted again: NRMSE, which "
        "orders each image as PSNR does"
    )
    assert said in make_leaderboard(view).notes[0]
    assert said in methods_text(view).paragraph
