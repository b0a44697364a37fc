"""`phycharm compare` and `phycharm bless`: exit codes, files, and what is refused."""

import json
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from phycharm.benchmarks.scoring.tables.scores import read_scores, write_scores


@pytest.fixture
def reference(finished, tmp_path, call):
    code, out, _ = call("bless", tmp_path / "reference", finished, "--why", "The first.")
    assert (code, out) == (0, f"Reference: {tmp_path / 'reference'}\n")
    return tmp_path / "reference"


@pytest.fixture
def other(finished, tmp_path):
    """The same run with other scores of one method, in what a folder must have."""
    folder = tmp_path / "other"
    scores = read_scores(finished / "scores.parquet")
    rows = (scores["harmonizer"] == "linear") & (scores["metric"] == "ssim")
    write_scores(
        folder / "scores.parquet", scores.assign(value=scores["value"].where(~rows, 0.125))
    )
    for name in ("run.json", "metrics.json"):
        (folder / name).write_bytes((finished / name).read_bytes())
    (folder / "cells").mkdir()
    return folder


def test_nothing_moved(reference, finished, call, unchanged):
    with unchanged(finished), unchanged(reference):
        code, out, _ = call("compare", reference, finished)
    assert code == 0
    assert out.startswith("**Nothing moved: ")


def test_something_moved(reference, other, call, tmp_path):
    files = ["--out", tmp_path / "delta.html", "--junit", tmp_path / "junit.xml"]
    code, out, _ = call("compare", reference, other, *files)
    assert code == 1
    assert out.startswith("**Scores moved: of ")
    (row,) = (line for line in out.splitlines() if line.startswith("| Linear"))
    assert [cell.strip() for cell in row.split("|")][2] == "SSIM"
    assert f"JUnit: {tmp_path / 'junit.xml'}" in out
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    failed = [case for case in suite if case.find("failure") is not None]
    assert [(case.get("classname"), case.get("name")) for case in failed] == [
        ("scores.linear", "ssim")
    ]
    assert suite.get("failures") == "1"
    assert "Linear scaling" in (tmp_path / "delta.html").read_text(encoding="utf-8")


def test_two_runs_and_two_tables(finished, other, call):
    assert call("compare", finished, other)[0] == 1
    tables = (finished / "scores.parquet", other / "scores.parquet")
    assert call("compare", *tables)[0] == 1
    assert call("compare", finished / "scores.parquet", finished)[0] == 0


def test_a_tolerance_of_one_s_own(reference, other, call, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[default]\nabsolute = 1e-6\n[methods.linear]\nabsolute = 2")
    assert call("compare", reference, other, "--tolerance", path)[0] == 0


def test_the_summary_of_a_job(reference, other, call, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("What another step wrote.\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    code, out, _ = call("compare", reference, other, "--github")
    assert (code, out.count("\n")) == (1, 1)
    assert out.startswith("Scores moved: ")
    text = summary.read_text()
    assert text.startswith("What another step wrote.\n**Scores moved: ")
    assert "| Linear scaling" in text
    # Elsewhere it is printed.
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert "| Linear scaling" in call("compare", reference, other, "--github")[1]


def test_blessing_again_says_what_moved(reference, other, call):
    code, out, _ = call("bless", reference, other, "--why", "Linear scaling was wrong.")
    assert code == 0
    assert out.startswith("Moved: linear ssim: ")
    assert "Linear scaling was wrong." in (reference / "reference.toml").read_text()
    assert call("compare", reference, other)[0] == 0


class TestRefused:
    @pytest.mark.parametrize("name", ["absent", "smok"])
    def test_no_reference(self, refused, finished, name):
        assert "no reference of the package" in refused("compare", name, finished)

    def test_no_run(self, refused, reference, tmp_path):
        assert "no such folder or file" in refused("compare", reference, tmp_path / "absent")

    def test_a_folder_without_scores(self, refused, reference, tmp_path):
        (tmp_path / "empty").mkdir()
        assert "holds no scores.parquet" in refused("compare", reference, tmp_path / "empty")

    def test_a_damaged_table(self, refused, reference, tmp_path):
        (tmp_path / "scores.parquet").write_bytes(b"PAR1 and no more")
        assert "not a readable parquet" in refused("compare", reference, tmp_path)

    def test_a_damaged_tolerance(self, refused, reference, finished, tmp_path):
        (tmp_path / "mine.toml").write_text("[default")
        asked = ("compare", reference, finished, "--tolerance", tmp_path / "mine.toml")
        assert "mine.toml: not readable as TOML" in refused(*asked)

    def test_a_damaged_reference(self, refused, reference, finished):
        (reference / "reference.toml").write_text("[[history")
        assert "reference.toml: not readable as TOML" in refused("compare", reference, finished)

    def test_a_page_in_no_place(self, call, reference, finished, tmp_path):
        (tmp_path / "file").touch()
        asked = ("compare", reference, finished, "--out", tmp_path / "file" / "delta.html")
        code, _, err = call(*asked)
        assert code == 2
        assert len(err.splitlines()) == 1

    def test_blessing_without_a_reason(self, refused, finished, tmp_path):
        refused("bless", tmp_path / "reference", finished)
        refused("bless", tmp_path / "reference", finished, "--why", " ")

    def test_blessing_what_is_no_reference(self, refused, finished, unchanged):
        with unchanged(finished):
            assert "is no reference" in refused("bless", finished, finished, "--why", "x")


def test_folders_of_older_states_say_what_they_lack(finished, tmp_path, call):
    old = tmp_path / "old"
    old.mkdir()
    (old / "scores.parquet").write_bytes((finished / "scores.parquet").read_bytes())
    code, out, err = call("compare", finished, old, "--out", tmp_path / "delta.html")
    assert (code, err) == (0, "")
    for lack in ("run.json", "metrics.json", "cells"):
        assert f"- Run: {lack} is missing" in out
        assert f"Run: {lack} is missing" in (tmp_path / "delta.html").read_text(encoding="utf-8")


def test_definitions_that_an_older_state_wrote_otherwise(finished, other, call):
    records = json.loads((other / "metrics.json").read_text())
    for record in records:
        del record["bounds"]
        if record["name"] == "ssim":
            record["definition"] = "As it was."
    (other / "metrics.json").write_text(json.dumps(records))
    code, out, _ = call("compare", other, other)
    assert code == 0
    code, out, _ = call("compare", other, finished)
    assert code == 1
    assert "- ssim: definition is " in out
    assert "bounds" not in out


def test_scores_of_the_first_format_can_be_compared(call, tmp_path):
    from pathlib import Path

    first = Path(__file__).parents[2] / "benchmarks/scoring/data/scores_format_1.parquet"
    assert call("compare", first, first)[0] == 0
    fewer = pd.read_parquet(first).iloc[1:]
    fewer.to_parquet(tmp_path / "fewer.parquet")
    assert call("compare", first, tmp_path / "fewer.parquet")[0] == 1
