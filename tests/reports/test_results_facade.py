"""`phycharm.load_results`: what the report says, in Python and in a notebook."""

import json
import re
import shutil

import numpy as np
import pytest
from markupsafe import escape

from phycharm.benchmarks.statistics import SCORE_COLUMNS
from phycharm.errors import InputError
from phycharm.reports import write_report
from phycharm.reports.results import load_results
from phycharm.reports.tables.leaderboard import leaderboard_table
from phycharm.reports.text.terminal import leaderboard_text

from support.hostile_run import NASTY


@pytest.fixture(scope="module")
def results(run_dir):
    return load_results(str(run_dir))


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


class TestFacts:
    def test_folder_and_methods(self, results, run_dir):
        assert results.folder == run_dir
        assert sorted(results.methods) == ["none", "phycharm", "unet"]
        assert results.simulated is True
        assert results.notes == []

    def test_scores_are_a_copy(self, results):
        scores = results.scores
        assert list(scores) == list(SCORE_COLUMNS)
        scores["value"] = 0.0
        assert not (results.scores["value"] == 0.0).all()

    def test_the_verdict_is_the_report_s(self, results, run_dir, html):
        assert results.verdict in html
        assert leaderboard_text(run_dir).startswith("SIMULATED")
        assert results.cautions
        assert all(escape(caution) in html for caution in results.cautions)
        assert results.verdict in repr(results)

    def test_real_scanners_are_not_called_simulated(self, run_dir, tmp_path):
        shutil.copytree(run_dir, tmp_path / "run")
        record = json.loads((tmp_path / "run" / "run.json").read_text())
        record["dataset"]["simulated"] = False
        (tmp_path / "run" / "run.json").write_text(json.dumps(record))
        real = load_results(tmp_path / "run")
        assert not real.simulated
        assert "simulated" not in repr(real)
        assert "SIMULATED" not in real._repr_html_()


class TestLeaderboard:
    def test_it_is_the_report_s(self, results, view):
        table = results.leaderboard()
        printed = leaderboard_table(view, view.split)
        assert list(table.index) == [row[1].text for row in printed.rows]
        assert list(table["Place"]) == [int(row[0].text) for row in printed.rows]
        for measure in (m for m in view.headline if m.judged):
            heads = [column.text for column in printed.columns]
            place = heads.index(f"{measure.title} {measure.arrow}".strip())
            shown = [measure.text(value) for value in table[measure.title]]
            assert shown == [row[place].text for row in printed.rows]
        assert table.columns[0] == "Place"
        assert table.shape[1] == 1 + len([m for m in view.headline if m.judged])

    def test_one_direction_alone(self, results):
        there = results.leaderboard(direction=("GE", "Siemens"))
        back = results.leaderboard(direction=("Siemens", "GE"))
        both = results.leaderboard()
        assert not there["SSIM"].equals(back["SSIM"])
        middle = (there["SSIM"] + back["SSIM"]) / 2
        np.testing.assert_allclose(middle[both.index], both["SSIM"])

    def test_another_split(self, results):
        assert not results.leaderboard("validation").equals(results.leaderboard("external"))
        assert results.leaderboard().equals(results.leaderboard("external"))

    def test_unknown_parts_are_refused_by_name(self, results):
        with pytest.raises(InputError, match="did you mean 'external'"):
            results.leaderboard("externl")
        with pytest.raises(InputError, match=r"no direction .* GE to Siemens"):
            results.leaderboard(direction=("GE", "GE"))

    def test_a_run_without_scores_has_an_empty_one(self, run_dir, tmp_path):
        (tmp_path / "run.json").write_bytes((run_dir / "run.json").read_bytes())
        empty = load_results(tmp_path)
        assert empty.leaderboard().empty
        assert "no scores" in empty.verdict
        assert "scores.parquet is missing." in empty.notes
        assert "scores.parquet is missing." in text_of(empty._repr_html_())


class TestPlot:
    def test_it_is_the_report_s_figure(self, results, view):
        figure = results.plot()
        titles = [axes.get_title("left") for axes in figure.axes]
        assert titles == ["GE → Siemens", "Siemens → GE"]
        assert figure._supxlabel.get_text().startswith("SSIM")
        assert figure._repr_png_().startswith(b"\x89PNG")

    def test_a_tissue_and_a_split(self, results):
        figure = results.plot("dice", "GM", split="validation")
        assert figure._supxlabel.get_text().startswith("Dice GM")

    def test_what_was_not_measured_is_refused(self, results):
        with pytest.raises(InputError, match="did you mean 'ssim'"):
            results.plot("sim")
        with pytest.raises(InputError, match=r"dice \(GM\)"):
            results.plot("dice", "gm")
        with pytest.raises(InputError, match="no split"):
            results.plot(split="outer")


class TestNotebook:
    def test_it_shows_warning_verdict_and_leaderboard(self, results):
        html = results._repr_html_()
        shown = text_of(html)
        order = ["SIMULATED SCANNERS", "No person was scanned", results.verdict, "Place", "Ordered"]
        found = [shown.index(text) for text in order]
        assert found == sorted(found)
        assert "{{" not in html
        assert "<style" not in html, "it would change the notebook around it"
        assert html.count("<tr>") == 1 + len(results.methods)

    def test_no_name_becomes_code(self, hostile):
        html = load_results(hostile)._repr_html_()
        assert "<script" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html

    def test_hostile_names_are_drawn(self, hostile):
        results = load_results(hostile)
        assert NASTY in results.methods
        assert results.plot()._repr_png_().startswith(b"\x89PNG")


class TestBadFolders:
    def test_one_line_each(self, tmp_path):
        (tmp_path / "other.txt").write_text("something else")
        for folder in (tmp_path / "none", tmp_path, str(tmp_path / "other.txt")):
            with pytest.raises(InputError) as error:
                load_results(folder)
            assert "\n" not in str(error.value)


def test_a_report_of_a_single_folder(run_dir, tmp_path):
    assert write_report(str(run_dir), str(tmp_path / "r.html")) == tmp_path / "r.html"
