"""Reading a results folder: what is missing becomes a sentence."""

import json

import pandas as pd
import pytest

from phycharm.benchmarks.statistics import SCORE_COLUMNS
from phycharm.errors import InputError
from phycharm.reports.run.load import load_runs
from phycharm.reports.run.run_content import read_run

from support.score_frames import frame
from support.synthetic_results import METHODS, make_results


@pytest.fixture
def run(tmp_path):
    return make_results(
        tmp_path / "run",
        scanners=("GE", "Siemens"),
        methods=("none", "unet"),
        external=("05",),
        folds=("01",),
        shape=(14, 14, 12),
        segmented=False,
    )


def test_a_whole_folder_is_read(run_dir):
    results = read_run(run_dir)
    assert results.notes == []
    assert tuple(results.scores) == SCORE_COLUMNS
    assert results.simulated
    assert results.name == "tiny run"
    assert {cell.harmonizer for cell in results.cells if cell.failed} == {"pix2pix"}
    assert set(results.history["harmonizer"]) == {"unet", "phycharm"}
    assert set(METHODS) > {"none", "unet"} <= set(results.methods)


def test_no_folder_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such results folder"):
        read_run(tmp_path / "nowhere")


def test_a_folder_of_something_else_is_no_run(tmp_path):
    (tmp_path / "harmonizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"is no results folder, for it holds none of run\.json"):
        read_run(tmp_path)
    (tmp_path / "cells").mkdir()
    assert read_run(tmp_path).cells == ()


def test_a_report_alone_is_an_empty_run(tmp_path):
    (tmp_path / "report.html").write_text("")
    assert read_run(tmp_path).scores.empty


def test_an_empty_folder_gives_empty_tables_and_notes(tmp_path):
    results = read_run(tmp_path)
    assert results.scores.empty
    assert tuple(results.scores) == SCORE_COLUMNS
    for name in ("run.json", "methods.json", "metrics.json", "scores.parquet", "cells"):
        assert any(name in note for note in results.notes), name


@pytest.mark.parametrize("name", ["run.json", "methods.json", "metrics.json"])
@pytest.mark.parametrize("content", ["{", '"text"', "\x00"])
def test_broken_json_is_noted(run, name, content):
    (run / name).write_text(content)
    notes = read_run(run).notes
    assert len(notes) == 1
    assert name in notes[0]


def test_a_truncated_table_is_noted(run):
    path = run / "scores.parquet"
    path.write_bytes(path.read_bytes()[:200])
    results = read_run(run)
    assert results.scores.empty
    assert any("scores.parquet cannot be read" in note for note in results.notes)


def test_a_table_without_a_column_is_left_out(run):
    path = run / "scores.parquet"
    pd.read_parquet(path).drop(columns="subject").to_parquet(path)
    results = read_run(run)
    assert results.scores.empty
    assert any("lacks the columns subject" in note for note in results.notes)


def test_text_that_looks_like_a_number_stays_text(run):
    assert set(read_run(run).scores["subject"]) == {"01", "05"}


def test_a_metric_without_a_defined_value_is_noted(run):
    path = run / "scores.parquet"
    scores = pd.read_parquet(path)
    scores.loc[scores["metric"] == "psnr", "value"] = float("nan")
    scores.to_parquet(path)
    assert "Every value of psnr is undefined (NaN)." in read_run(run).notes


def test_infinite_values_are_left_out_and_counted(run):
    path = run / "scores.parquet"
    scores = pd.read_parquet(path)
    chosen = scores["metric"].eq("psnr") & scores["harmonizer"].eq("unet")
    scores.loc[chosen, "value"] = float("inf")
    scores.to_parquet(path)
    results = read_run(run)
    assert f"{chosen.sum()} infinite values of psnr are left out." in results.notes
    assert results.scores.loc[chosen.to_numpy(), "value"].isna().all()


def test_cells_in_the_making_and_broken_ones(run):
    (run / "cells" / ".partial-1-x").mkdir()
    (run / "cells" / "unet_GE-Siemens_fold-1_seed-0" / "cell.json").write_text("{")
    results = read_run(run)
    assert not any(cell.name.startswith(".") for cell in results.cells)
    assert any("1 of" in note and "unet_GE-Siemens" in note for note in results.notes)


def test_a_broken_history_is_noted(run):
    path = run / "cells" / "unet_GE-Siemens_fold-1_seed-0" / "history.csv"
    path.write_text("network,source\nHN,GE\n")
    results = read_run(run)
    assert results.history.empty
    assert any("history.csv cannot be used" in note for note in results.notes)


def test_records_of_other_kinds_are_ignored(run):
    (run / "metrics.json").write_text(json.dumps([{"name": "ssim"}, {"name": 3}, "psnr", None]))
    (run / "methods.json").write_text(json.dumps({"unet": {"name": "unet"}, "x": 3}))
    results = read_run(run)
    assert [record["name"] for record in results.metrics] == ["ssim"]
    assert set(results.methods) == {"unet"}


@pytest.mark.parametrize(
    ("statistics", "asked", "expected"),
    [
        ({"reference": "unet"}, None, "unet"),
        ({"reference": "unet"}, "none", "none"),
        ({"reference": ""}, None, "phycharm"),
        ({"reference": 5}, None, "phycharm"),
        (None, None, "phycharm"),
    ],
)
def test_the_reference_is_the_protocols_unless_another_is_asked_for(
    tmp_path, statistics, asked, expected
):
    methods = ("phycharm", "unet", "none")
    frame({(m, "A>B"): [0.9] * 2 for m in methods}).to_parquet(tmp_path / "scores.parquet")
    manifest = {"protocol": {"statistics": statistics}}
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    (view,) = load_runs([tmp_path], reference=asked)
    assert view.reference == expected
