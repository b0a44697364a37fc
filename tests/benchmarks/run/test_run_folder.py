"""The results folder: whose it is, what is deleted, what is gathered."""

import csv
import json
import re

import pandas as pd
import pytest

from phycharm.benchmarks.run.run_folder import PLAN, RunFolder
from phycharm.benchmarks.scoring.tables.scores import (
    SCORE_TYPES,
    read_scores,
    score_table,
    write_scores,
)
from phycharm.errors import InputError
from phycharm.utils.atomic import write_json


def row(harmonizer, value):
    return {
        "protocol": "tiny", "protocol_version": 1, "split": "external", "fold": 1,
        "source": "GE", "target": "Siemens", "subject": "05", "harmonizer": harmonizer,
        "seed": 0, "metric": "ssim", "tissue": "", "value": value,
    }  # fmt: skip


def refusal(action):
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert "\n" not in text
    return text


def snapshot(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def run(tmp_path):
    """A folder of a run with one finished and one failed cell."""
    run = RunFolder(tmp_path / "run")
    fingerprint = run.claim({"a": 1})
    run.write_manifest({"fingerprint": fingerprint, "status": "running"})
    for name, status in (("none_all_fold-1_seed-0", "done"), ("unet_A-B_fold-1_seed-0", "failed")):
        record = {"cell": name, "status": status, "fingerprint": "f", "harmonizer": name[:4]}
        write_json(run.cells / name / "cell.json", {**record, "error": "x", "fit_seconds": 1.5})
        write_scores(run.cells / name / "scores.parquet", score_table([row(name[:4], 0.5)]))
    return run


class TestClaim:
    def test_new_folder_is_made(self, tmp_path):
        run = RunFolder(tmp_path / "a" / "b")
        assert len(run.claim({"x": 1})) == 64
        assert run.root.is_dir()

    def test_same_configuration_goes_on(self, run):
        before = snapshot(run.root)
        assert run.claim({"a": 1}) == RunFolder(run.root).read_manifest()["fingerprint"]
        assert snapshot(run.root) == before

    def test_another_configuration_is_refused_and_nothing_is_lost(self, run):
        before = snapshot(run.root)
        text = refusal(lambda: run.claim({"a": 2}))
        assert str(run.root) in text
        assert "--fresh" in text
        assert "--out" in text
        assert snapshot(run.root) == before

    def test_leftovers_of_a_killed_run_go(self, run):
        left = run.cells / ".partial-123-unet"
        (left / "images").mkdir(parents=True)
        (left / "images" / ".partial-123-x.nii.gz").write_bytes(b"x")
        (run.root / ".partial-99-scores.parquet").write_bytes(b"x")
        run.claim({"a": 1})
        assert not list(run.root.rglob(".partial-*"))
        assert run.cell_record("none_all_fold-1_seed-0")

    def test_damaged_manifest(self, run):
        """It is told and written anew: cells know themselves what they belong to."""
        run.manifest.write_text("{")
        with pytest.warns(UserWarning, match=r"run\.json: not readable .* written anew"):
            run.claim({"a": 1})
        assert run.is_done("none_all_fold-1_seed-0", "f")

    def test_folder_of_something_else(self, tmp_path):
        (tmp_path / "thesis.tex").write_text("precious")
        text = refusal(lambda: RunFolder(tmp_path).claim({"a": 1}))
        assert "thesis.tex" in text
        assert (tmp_path / "thesis.tex").read_text() == "precious"

    def test_file(self, tmp_path):
        path = tmp_path / "results"
        path.write_text("")
        assert "--out" in refusal(lambda: RunFolder(path).claim({"a": 1}))

    def test_report_that_was_written_before_is_ours(self, run):
        run.report.write_text("<html>")
        run.claim({"a": 1})


class TestClear:
    def test_everything_of_the_run_goes(self, run):
        (run.root / "dataset").mkdir()
        run.clear(dataset_too=True)
        assert not run.root.exists() or not list(run.root.iterdir())

    def test_dataset_may_stay(self, run):
        (run.root / "dataset").mkdir()
        run.clear(dataset_too=False)
        assert [path.name for path in run.root.iterdir()] == ["dataset"]

    def test_what_others_put_there_stays(self, run):
        (run.root / "notes.txt").write_text("mine")
        run.clear(dataset_too=True)
        assert [path.name for path in run.root.iterdir()] == ["notes.txt"]

    def test_folder_of_something_else_is_refused(self, tmp_path):
        for name in ("scans", "thesis.tex"):
            (tmp_path / name).mkdir()
        text = refusal(lambda: RunFolder(tmp_path).clear(dataset_too=True))
        assert "thesis.tex" in text
        assert len(list(tmp_path.iterdir())) == 2

    def test_nothing_there(self, tmp_path):
        RunFolder(tmp_path / "absent").clear(dataset_too=True)

    def test_damaged_manifest_can_be_cleared(self, run):
        """Its own message advises --fresh."""
        run.manifest.write_text("{")
        run.clear(dataset_too=True)
        assert not run.manifest.exists()


class TestCells:
    def test_done_with_the_same_fingerprint_is_done(self, run):
        assert run.is_done("none_all_fold-1_seed-0", "f")
        assert not run.is_done("none_all_fold-1_seed-0", "g")
        assert not run.is_done("unet_A-B_fold-1_seed-0", "f")
        assert not run.is_done("absent", "f")

    def test_records_come_sorted(self, run):
        assert [record["status"] for record in run.cell_records()] == ["done", "failed"]

    def test_half_written_cell_does_not_count(self, run):
        (run.cells / ".partial-1-x").mkdir()
        write_json(run.cells / ".partial-1-x" / "cell.json", {"status": "done"})
        assert len(run.cell_records()) == 2


class TestCollect:
    def test_scores_of_finished_cells_only(self, run):
        run.collect()
        scores = read_scores(run.root / "scores.parquet")
        assert scores["harmonizer"].tolist() == ["none"]

    def test_columns_are_those_of_any_cell(self, run):
        """Tables of earlier versions have fewer."""
        for name, table in (
            ("none_all_fold-1_seed-0", {"case": [4]}),
            ("later", {"case": [1], "preset": ["paper"]}),
        ):
            cell = run.cells / name
            cell.mkdir(exist_ok=True)
            pd.DataFrame(table).to_parquet(cell / "maps.parquet")
            record = {"cell": name, "status": "done", "harmonizer": "maps", "fingerprint": "f"}
            write_json(cell / "cell.json", record)
        run.collect()
        maps = pd.read_parquet(run.root / "maps.parquet")
        assert maps["case"].tolist() == [1, 4]
        assert maps["preset"].tolist()[0] == "paper"
        assert maps["preset"].isna().tolist() == [False, True]

    def test_cells_of_another_scope_are_superseded_by_the_plan(self, run):
        """Pairs of before, and all scanners at once now: their directions are the same."""
        for name, scanners in (("unet_all", ["A", "B", "C"]), ("unet_A-B", ["A", "B"])):
            cell = f"{name}_fold-1_seed-0"
            record = {"cell": cell, "status": "done", "harmonizer": "unet", "fingerprint": "f"}
            record |= {"fold": 1, "seed": 0, "scanners": scanners}
            write_json(run.cells / cell / "cell.json", record)
            row = dict.fromkeys(SCORE_TYPES, "x") | {"harmonizer": name, "value": 1.0}
            row |= {"protocol_version": 1, "fold": 1, "seed": 0}
            write_scores(run.cells / cell / "scores.parquet", score_table([row]))
        with pytest.raises(InputError, match="hold the same scores"):
            run.collect()
        write_json(run.root / PLAN, {"cells": [{"name": "unet_all_fold-1_seed-0"}]})
        run.collect()
        found = set(read_scores(run.root / "scores.parquet")["harmonizer"])
        assert "unet_all" in found
        assert "unet_A-B" not in found

    @pytest.mark.parametrize("name", ["../../other", "/etc", 3, None])
    def test_what_a_record_calls_its_cell_leads_nowhere(self, run, tmp_path, name):
        write_scores(tmp_path / "other" / "scores.parquet", score_table([row("evil", 0.9)]))
        record = {"cell": name, "status": "done", "fingerprint": "f", "harmonizer": "none"}
        write_json(run.cells / "none_all_fold-1_seed-0" / "cell.json", record)
        with pytest.warns(UserWarning, match="is not the record of this cell"):
            run.collect()
        assert read_scores(run.root / "scores.parquet").empty

    def test_a_damaged_table_of_a_cell_is_named(self, run):
        path = run.cells / "none_all_fold-1_seed-0" / "histograms.parquet"
        path.write_bytes(b"PAR1")
        with pytest.warns(UserWarning, match=re.escape(str(path))):
            run.collect()
        assert not (run.root / "histograms.parquet").exists()

    def test_timings_have_a_row_for_every_cell(self, run):
        run.collect()
        with (run.root / "timings.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [(r["cell"][:4], r["status"], r["fit_seconds"]) for r in rows] == [
            ("none", "done", "1.5"),
            ("unet", "failed", "1.5"),
        ]

    def test_other_tables_are_gathered_where_there_are_any(self, run):
        cell = run.cells / "none_all_fold-1_seed-0"
        for name in ("histograms", "volumes", "features"):
            pd.DataFrame({"count": [1, 2]}).to_parquet(cell / f"{name}.parquet")
        run.collect()
        for name in ("histograms", "volumes", "features"):
            assert pd.read_parquet(run.root / f"{name}.parquet")["count"].tolist() == [1, 2]
        assert not (run.root / "maps.parquet").exists()

    def test_nothing_finished_yet(self, tmp_path):
        run = RunFolder(tmp_path / "run")
        run.claim({})
        run.collect()
        assert read_scores(run.root / "scores.parquet").empty


def test_manifest_says_its_format(run):
    assert json.loads(run.manifest.read_text())["format"] == 1
