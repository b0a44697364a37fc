"""What moved, as page, JUnit file and Markdown: complete, safe, and honest about simulation."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics.regression import ScoreSet, Tolerances, compare_scores
from phycharm.reports.regression.delta_page import write_delta_page
from phycharm.reports.regression.delta_tables import MOST_ROWS, moved_table, rows_table
from phycharm.reports.regression.delta_text import delta_markdown
from phycharm.reports.regression.junit_file import write_junit

from support.score_factory import random_scores

RECORDS = {name: metric.as_record() for name, metric in METRICS.items()}
TIGHT = Tolerances.model_validate({"default": {"absolute": 1e-6}})
EVIL = "<script>alert(1)</script>|`*\x07"


def delta_of(before, after, folder, *, simulated=True, **more):
    manifest = {"dataset": {"simulated": simulated}, "environment": {"phycharm": "1"}}
    was = ScoreSet(path=folder / "reference", scores=before, metrics=RECORDS, manifest=manifest)
    manifest = {**manifest, "environment": {"phycharm": "2"}}
    now = ScoreSet(path=folder / "run", scores=after, metrics=RECORDS, manifest=manifest, **more)
    return compare_scores(was, now, TIGHT)


@pytest.fixture
def moved(tmp_path):
    before = random_scores({"unet": 0.0, "linear": 0.0})
    after = before.copy()
    worse = (before["harmonizer"] == "unet") & (before["metric"] == "nrmse")
    after.loc[worse, "value"] += 0.25
    after = after.drop(after.index[(after["harmonizer"] == "linear") & (after["fold"] == 2)])
    after = pd.concat([after, after.iloc[:1]], ignore_index=True)
    failed = {"linear_all_fold-2_seed-0": "no luck"}
    return delta_of(before, after, tmp_path, failed=failed)


def test_the_page_tells_everything(moved, tmp_path):
    html = write_delta_page(moved, tmp_path / "delta.html").read_text(encoding="utf-8")
    for text in (
        moved.headline,
        "linear_all_fold-2_seed-0 failed: no luck",
        "U-Net",
        "Scores that stand more than once",
        "environment.phycharm",
        "SIMULATED SCANNERS",
    ):
        assert text in html
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", html)


def test_real_scanners_are_not_called_simulated(tmp_path):
    scores = random_scores({"unet": 0.0})
    delta = delta_of(scores, scores, tmp_path, simulated=False)
    html = write_delta_page(delta, tmp_path / "delta.html").read_text(encoding="utf-8")
    assert "simulat" not in html.lower()
    assert "imulat" not in delta_markdown(delta)


def test_what_moved_says_which_way_and_by_how_much(moved):
    table = moved_table(moved)
    assert table is not None
    heads = [column.text for column in table.columns]
    rows = [dict(zip(heads, (cell.text for cell in row), strict=True)) for row in table.rows]
    (nrmse,) = (row for row in rows if row["Method"] == "U-Net")
    assert nrmse["Measure"] == "NRMSE"
    assert nrmse["Mean change"] == nrmse["Largest change"] == "+0.25"
    assert nrmse["Which way"] == "worse"
    # Two folds, two seeds, two directions, eight people: half of it is gone.
    ssim = next(row for row in rows if row["Measure"] == "SSIM")
    assert (ssim["Rows"], ssim["Moved"], ssim["Other"]) == ("64", "0", "32")


def test_errors_of_opposite_sign_do_not_cancel(tmp_path):
    before = random_scores({"unet": 0.0}, metrics=("ssim",)).assign(value=0.0)
    before = before.assign(metric="volume_difference_ml", tissue="GM")
    after = before.assign(value=[3.0, -3.0] * (len(before) // 2))
    (row,) = moved_table(delta_of(before, after, tmp_path)).rows
    assert row[-1].text == "worse"


def test_a_table_of_rows_is_cut(moved):
    table = rows_table(moved)
    assert len(table.rows) == len(moved.where())
    whole = random_scores({"unet": 0.0}, subjects=20)
    many = delta_of(whole, whole.assign(value=whole["value"] + 1), moved.run.path.parent)
    table = rows_table(many)
    assert len(table.rows) == MOST_ROWS
    assert table.notes[0].endswith(f"The first {MOST_ROWS} of {len(many.rows)}.")


def test_junit_has_a_case_for_every_measure(moved, tmp_path):
    root = ET.parse(write_junit(moved, tmp_path / "junit.xml")).getroot()
    (suite,) = root
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    measures = {
        (f"scores.{method}", metric)
        for method in ("unet", "linear")
        for metric in ("ssim", "psnr", "nrmse")
    }
    assert measures < set(cases)
    failed = {key for key, case in cases.items() if case.find("failure") is not None}
    assert failed == {
        ("scores.unet", "nrmse"),
        ("scores.whole", "no duplicates"),
        ("scores.whole", "fits"),
        *(("scores.linear", metric) for metric in ("ssim", "psnr", "nrmse")),
    }  # fmt: skip
    assert suite.get("tests") == str(len(cases)) == root.get("tests")
    assert suite.get("failures") == str(len(failed))


def test_markdown_is_a_table(moved):
    lines = delta_markdown(moved).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 4
    assert len({line.count("|") for line in table}) == 1
    assert lines[0] == f"**{moved.headline}**"
    assert "- linear_all_fold-2_seed-0 failed: no luck" in lines


def test_no_name_becomes_code(tmp_path):
    before = random_scores({EVIL: 0.0}, metrics=("ssim",))
    after = before.assign(value=before["value"] + 1)
    delta = delta_of(before, after, tmp_path, failed={EVIL: EVIL})
    html = write_delta_page(delta, tmp_path / "delta.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    text = delta_markdown(delta)
    assert "<script" not in text
    assert len({line.replace("\\|", "").count("|") for line in text.splitlines()
                if line.startswith("|")}) == 1  # fmt: skip
    root = ET.parse(write_junit(delta, tmp_path / "junit.xml")).getroot()
    assert any("alert(1)" in case.get("classname") for case in root[0])


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_values_that_are_no_numbers(tmp_path, value):
    before = random_scores({"unet": 0.0}, metrics=("ssim",))
    after = before.copy()
    after.loc[0, "value"] = value
    delta = delta_of(before, after, tmp_path)
    assert delta.moved
    write_delta_page(delta, tmp_path / "delta.html")
    write_junit(delta, tmp_path / "junit.xml")
    assert "| U-Net" in delta_markdown(delta)


def test_nothing_in_common(tmp_path):
    before = random_scores({"unet": 0.0}, metrics=("ssim",))
    delta = delta_of(before, before.iloc[:0], tmp_path)
    assert delta.moved
    write_delta_page(delta, tmp_path / "delta.html")
    assert "64 missing" in delta_markdown(delta)
