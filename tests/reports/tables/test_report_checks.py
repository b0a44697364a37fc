"""What the report says about the metrics, from controls whose order is known."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from phycharm.reports.run.run_view import RunView
from phycharm.reports.tables.leaderboard import make_leaderboard
from phycharm.reports.tables.metric_checks import distrusted, first_checks, trust_tables
from phycharm.reports.text.terminal import leaderboard_text

from support.score_frames import frame, view_of

GOOD = {"oracle": 1.0, "blurred": 0.8, "none": 0.7, "constant": 0.1, "unet": 0.9}
BOTH = ("GE>Siemens", "Siemens>GE")


def scores(*, bad=(), **other):
    """Scores of the controls; in the bad directions an image without features beats nothing."""
    values = {
        (name, way): [0.75 if name == "constant" and way in bad else value] * 3
        for name, value in (GOOD | other).items()
        for way in BOTH
    }
    return frame(values)


def test_a_right_order_is_one_short_line():
    checks = first_checks(view_of(scores()))
    assert [(c.state, c.head, c.metrics, c.reason) for c in checks] == [
        ("passes", "To be trusted", ["SSIM"], "")
    ]
    assert distrusted(view_of(scores()), view_of(scores()).headline, "external") == []


@pytest.mark.parametrize(
    ("bad", "head", "reason"),
    [
        (BOTH[:1], "Not to be trusted from GE to Siemens", "From GE to Siemens a featureless"),
        (BOTH, "Not to be trusted here", "In every direction a featureless image"),
    ],
)
def test_a_wrong_order_names_the_directions_and_the_fault(bad, head, reason):
    view = view_of(scores(bad=bad))
    (check,) = first_checks(view)
    assert (check.state, check.head, check.metrics) == ("fails", head, ["SSIM"])
    assert check.reason.startswith(reason)
    assert check.reason.endswith("scores at least as well as doing nothing.")
    (sentence,) = distrusted(view, view.headline, "external")
    assert sentence.startswith(f"{head} (external subjects): SSIM.")
    assert sentence in make_leaderboard(view).notes
    (row,) = trust_tables(view)[0].rows
    assert head in [cell.text for cell in row]


def test_what_cannot_be_checked_is_not_called_trusted():
    only = scores()
    (check,) = first_checks(view_of(only[only["harmonizer"].isin(["none", "unet"])]))
    assert (check.state, check.head) == ("unknown", "Not checked")
    assert check.reason.startswith("No score of the target itself")
    (check,) = first_checks(view_of(only[only["harmonizer"] != "constant"]))
    assert (check.state, check.head) == ("passes", "To be trusted, as far as checked")


def test_a_fault_is_not_claimed_where_nothing_was_checked():
    table = scores(bad=BOTH[:1])
    table = table[(table["source"] == "GE") | (table["harmonizer"] != "oracle")]
    (check,) = first_checks(view_of(table))
    assert check.head == "Not to be trusted from GE to Siemens"
    assert check.reason.endswith("no score of the target itself from Siemens to GE.")


def test_failures_come_first_and_alike_metrics_share_a_line():
    table = pd.concat(
        [
            scores(),
            *(scores(bad=BOTH[:1]).assign(metric="dice", tissue=t) for t in ("GM", "WM")),
        ]
    )
    checks = first_checks(view_of(table))
    assert [c.metrics for c in checks] == [["Dice (GM, WM)"], ["SSIM"]]


def with_scope(view, method, scope):
    return RunView(content=replace(view.content, methods={method: {"scope": scope}}))


def test_methods_of_a_common_domain_are_not_in_the_leaderboard():
    leaderboard = make_leaderboard(with_scope(view_of(scores()), "unet", "common-domain"))
    assert [row[1].text for row in leaderboard.bodies[0].rows] == ["No harmonization"]
    (note,) = [note for note in leaderboard.notes if note.startswith("Not among them: U-Net")]
    assert "no target scan to be compared with" in note
    plain = make_leaderboard(with_scope(view_of(scores()), "unet", "pair"))
    assert not [note for note in plain.notes if "ommon domain" in note]


def test_the_terminal_says_the_same(tmp_path):
    scores(bad=BOTH[:1]).to_parquet(tmp_path / "scores.parquet")
    view = view_of(scores())
    (tmp_path / "metrics.json").write_text(json.dumps(list(view.content.metrics)))
    (tmp_path / "methods.json").write_text('{"unet": {"scope": "common-domain"}}')
    text = leaderboard_text(tmp_path)
    assert "U-Net maps to a common domain and is not ranked" in text
    assert "Methods to a common domain, external subjects" in text
    assert "Not to be trusted from GE to Siemens (external subjects): SSIM." in text
    assert all(len(line) <= 100 for line in text.splitlines())
