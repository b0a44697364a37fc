"""Several runs side by side."""

import json

import pytest

from phycharm.reports import write_report
from phycharm.reports.page.side_by_side import compare_runs

from support.score_frames import frame, view_of
from support.synthetic_records import METRICS

FIRST = {("unet", "A>B"): [0.8, 0.9], ("none", "A>B"): [0.5, 0.6]}
SECOND = {("unet", "A>B"): [0.9, 1.0, 0.1], ("phycharm", "A>B"): [0.7, 0.8, 0.1]}


def runs(**manifest):
    return [view_of(frame(FIRST)), view_of(frame(SECOND), **manifest)]


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


def test_two_runs_share_a_page(tmp_path):
    for name, values in (("first", FIRST), ("second", SECOND)):
        (tmp_path / name).mkdir()
        frame(values).to_parquet(tmp_path / name / "scores.parquet")
        (tmp_path / name / "metrics.json").write_text(json.dumps(METRICS))
    path = write_report([tmp_path / "first", tmp_path / "second"])
    html = path.read_text()
    assert path == tmp_path / "first" / "report.html"
    assert "2 runs side by side" in html
    assert 'id="r0-leaderboard"' in html
    assert 'id="r1-leaderboard"' in html
    assert "second − first" in html
