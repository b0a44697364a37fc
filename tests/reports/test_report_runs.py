"""Several runs side by side."""

import pytest
from score_frames import frame, study_of

from phycharm.reports.side_by_side import compare_runs

FIRST = {("unet", "A>B"): [0.8, 0.9], ("none", "A>B"): [0.5, 0.6]}
SECOND = {("unet", "A>B"): [0.9, 1.0, 0.1], ("phycharm", "A>B"): [0.7, 0.8, 0.1]}


def runs(**manifest):
    return [study_of(frame(FIRST)), study_of(frame(SECOND), **manifest)]


def test_means_are_of_the_subjects_that_all_runs_have():
    table = compare_runs(runs()).tables[0]
    rows = {row[0].text: [cell.sort for cell in row[1:]] for row in table.rows}
    assert rows["U-Net"] == pytest.approx([0.85, 0.95, 0.1])
    assert rows["PhyCHarm"][0] is None
    assert rows["PhyCHarm"][1] == pytest.approx(0.75)
    assert rows["No harmonization"][1:] == [None, None]


def test_other_data_are_warned_of():
    assert compare_runs(runs()).warnings == []
    other = compare_runs(runs(dataset={"fingerprint": "other"}))
    assert "different data" in other.warnings[0]
    settings = compare_runs(runs(fingerprint="x"))
    assert "settings that decide the scores" in settings.warnings[0]


def test_what_was_done_differently_is_listed():
    differences = compare_runs(runs(protocol={"training": {"epochs": 3}})).differences
    assert [[c.text for c in row] for row in differences.rows] == [
        ["protocol.training.epochs", "–", "3"]
    ]
    assert compare_runs(runs()).differences is None


def test_two_runs_share_a_page(run_dir, tmp_path):
    from phycharm.reports.page import render
    from phycharm.reports.results import load_results
    from phycharm.reports.run_page import make_run_page
    from phycharm.reports.study import Study

    study = Study(results=load_results(run_dir))
    page = make_run_page(study, 0)
    frame(FIRST).to_parquet(tmp_path / "scores.parquet")
    other = Study(results=load_results(tmp_path))
    html = render([page, make_run_page(other, 1)], compare_runs([study, other]), None)
    assert "2 runs side by side" in html
    assert 'id="r0-leaderboard"' in html
    assert 'id="r1-leaderboard"' in html
    assert "The slice viewer is left out" in html
