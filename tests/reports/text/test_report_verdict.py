"""The sentence on the first screen, from scores whose verdict is known."""

import numpy as np
import pandas as pd
import pytest

from phycharm.reports.run.standings import standings
from phycharm.reports.tables.leaderboard import make_leaderboard
from phycharm.reports.text.verdict import wins_over_nothing, write_verdict

from support.score_frames import frame, view_of

BOTH = ("GE>Siemens", "Siemens>GE")


def scores(people=6, **methods):
    """Subjects around each mean, subject by subject the same noise."""
    noise = np.linspace(-0.01, 0.01, people)
    values = {}
    for method, means in methods.items():
        for direction, mean in zip(BOTH, means, strict=True):
            values[method, direction] = mean + noise
    return frame(values)


def test_a_clear_winner():
    three = {"phycharm": (0.9, 0.9), "unet": (0.8, 0.8), "none": (0.5, 0.5)}
    verdict = write_verdict(view_of(scores(8, **three)))
    assert verdict.headline == (
        "PhyCHarm comes first: it leads in SSIM and is shown ahead of each of the 2 other methods, "
        "person by person; PhyCHarm and U-Net are shown to be better than doing nothing in SSIM."
    )
    assert verdict.details == [
        "8 people do not show what befalls few: of failures in 10 % of people none would have been "
        "seen in 43 % of such runs."
    ]


def test_the_same_of_too_few_people_is_descriptive():
    three = {"phycharm": (0.9, 0.9), "unet": (0.8, 0.8), "none": (0.5, 0.5)}
    verdict = write_verdict(view_of(scores(6, **three)))
    assert verdict.headline == (
        "6 people are too few to test 3 methods; descriptively, PhyCHarm leads in SSIM; the mean "
        "SSIM of PhyCHarm and U-Net is better than that of doing nothing (untested)."
    )
    assert verdict.details == [
        "The order of methods describes these 6 people and no others: an exact test at 5 %, "
        "corrected for 3 pairs of methods, can show a method ahead of another from 7 people on."
    ]


def test_a_tie_is_no_victory():
    tied = frame(
        {
            (method, direction): np.asarray(values)
            for direction in BOTH
            for method, values in {
                "phycharm": [0.90, 0.91, 0.92, 0.90, 0.91, 0.92, 0.9, 0.93],
                "unet": [0.91, 0.90, 0.92, 0.91, 0.90, 0.92, 0.9, 0.92],
                "none": [0.5, 0.51, 0.52, 0.5, 0.51, 0.52, 0.5, 0.5],
            }.items()
        }
    )
    assert write_verdict(view_of(tied)).headline.startswith(
        "No winner: PhyCHarm leads in SSIM but is not shown ahead of U-Net; "
    )


def test_no_single_winner_where_measures_conflict():
    """The first by mean rank is beaten in Dice: who leads in what is said."""
    dice = scores(phycharm=(0.7, 0.7), none=(0.8, 0.8)).assign(metric="dice", tissue="GM")
    similar = [
        scores(phycharm=(0.9, 0.9), none=(0.5, 0.5)).assign(metric=metric)
        for metric in ("ssim", "psnr")
    ]
    verdict = write_verdict(view_of(pd.concat([*similar, dice])))
    assert verdict.headline.startswith(
        "No single winner (PhyCHarm leads in SSIM and PSNR; No harmonization leads in Dice); "
        "PhyCHarm is shown to be better than doing nothing in SSIM."
    )


def test_doing_nothing_may_win():
    verdict = write_verdict(view_of(scores(phycharm=(0.4, 0.4), none=(0.5, 0.5))))
    assert verdict.headline == (
        "No harmonization comes first: it leads in SSIM and is shown ahead of PhyCHarm, person by "
        "person; no method is shown to be better than doing nothing in SSIM."
    )
    assert verdict.details[:2] == [
        "PhyCHarm is shown to be worse than doing nothing in SSIM.",
        "Better than doing nothing by mean SSIM, direction by direction: PhyCHarm in 0 of 2.",
    ]


def test_losing_one_direction_is_told():
    verdict = write_verdict(view_of(scores(phycharm=(0.9, 0.45), none=(0.5, 0.5))))
    assert any("PhyCHarm in 1 of 2." in detail for detail in verdict.details)


def test_directions_that_were_not_measured_are_neither_won_nor_lost():
    values = scores(phycharm=(0.9, 0.9), none=(0.5, 0.5))
    gone = (values["harmonizer"] == "phycharm") & (values["source"] == "GE")
    view = view_of(values[~gone])
    verdict = write_verdict(view)
    assert wins_over_nothing(view, "phycharm") == (1, 1)
    assert verdict.headline == (
        "Only No harmonization has every score that others have, so it has no rival."
    )
    assert verdict.details[0] == (
        "PhyCHarm lacks 6 of 12 scores that count (all of direction GE → Siemens) and is not "
        "ranked."
    )
    assert not [detail for detail in verdict.details if "direction by direction" in detail]


def test_a_metric_without_values_decides_nothing():
    known = scores(phycharm=(30.0, 30.0), none=(20.0, 20.0)).assign(metric="psnr")
    undefined = scores(phycharm=(0.9, 0.9), none=(0.5, 0.5)).assign(value=np.nan)
    view = view_of(pd.concat([known, undefined]))
    assert [m.metric for m in view.headline] == ["psnr"]
    assert "better than doing nothing in PSNR" in write_verdict(view).headline


@pytest.mark.parametrize(("count", "words"), [(1, "1 person is"), (4, "4 people are")])
def test_few_subjects_tell_no_winner(count, words):
    few = frame({("phycharm", "A>B"): [0.9] * count, ("none", "A>B"): [0.5] * count})
    verdict = write_verdict(view_of(few))
    assert verdict.headline.startswith(
        f"{words} too few to test 2 methods; descriptively, PhyCHarm leads in SSIM"
    )
    assert any(detail.startswith("The order of methods describes") for detail in verdict.details)


def test_five_subjects_cannot_reach_significance_and_six_can():
    five = frame(
        {(m, "A>B"): [0.5 + d, 0.6, 0.7, 0.8, 0.9] for m, d in (("unet", 0.1), ("none", 0))}
    )
    assert any("from 6 people on" in d for d in write_verdict(view_of(five)).details)
    assert "descriptively" in write_verdict(view_of(five)).headline
    six = scores(phycharm=(0.9, 0.9), none=(0.5, 0.5))
    assert write_verdict(view_of(six)).headline.startswith("PhyCHarm comes first")


def test_without_none_nobody_can_say_whether_it_helped():
    verdict = write_verdict(view_of(scores(phycharm=(0.9, 0.9), unet=(0.8, 0.8))))
    assert verdict.headline == (
        "PhyCHarm comes first: it leads in SSIM and is shown ahead of U-Net, person by person."
    )
    assert any("Doing nothing was not measured" in detail for detail in verdict.details)


def test_no_scores_no_verdict(tmp_path):
    empty = scores(none=(0.5, 0.5)).iloc[:0]
    assert write_verdict(view_of(empty)).headline == "There are no scores to judge yet."


def test_validation_subjects_and_unfinished_runs_are_told():
    validation = scores(phycharm=(0.9, 0.9), none=(0.5, 0.5)).assign(split="validation")
    details = write_verdict(view_of(validation, status="interrupted")).details
    assert any("no external subjects" in detail for detail in details)
    assert any("interrupted" in detail for detail in details)


def test_controls_are_never_ranked():
    view = view_of(scores(phycharm=(0.9, 0.9), none=(0.5, 0.5), oracle=(1.0, 1.0)))
    assert set(standings(view, "external")["harmonizer"]) == {"phycharm", "none"}
    assert view.controls == ["oracle"]


def test_the_leaderboard_holds_the_means_of_subjects():
    values = scores(phycharm=(0.9, 0.8), none=(0.5, 0.4))
    ranked = make_leaderboard(view_of(values))
    rows = {body.direction: body.rows for body in ranked.bodies}
    head = [column.text for column in ranked.columns].index("SSIM ↑")
    by_method = {
        direction: {r[1].text: r[head].sort for r in own} for direction, own in rows.items()
    }
    assert by_method[""]["PhyCHarm"] == pytest.approx(0.85)
    assert by_method["GE → Siemens"]["PhyCHarm"] == pytest.approx(0.9)
    assert by_method["Siemens → GE"]["No harmonization"] == pytest.approx(0.4)
