"""`phycharm benchmark`: what it prints, what it refuses, and folders that it leaves alone."""

import json
import shutil
import warnings

import pytest

from phycharm import reports
from phycharm.benchmarks.run import runner
from phycharm.networks import curves

from support.bids_folder import sidecar_path, t1w_path


@pytest.fixture
def no_report(monkeypatch):
    """Spare the time of drawing a report."""
    monkeypatch.setattr(reports, "write_report", lambda folders, **_: folders[0] / "report.html")


class TestWords:
    """Mistakes in the protocol and the methods that are named."""

    def test_unknown_protocol(self, refused):
        text = refused("benchmark", "quik")
        assert "did you mean 'quick'?" in text

    def test_protocol_file_with_a_typo(self, refused, protocol, tmp_path):
        path = tmp_path / "mine.toml"
        path.write_text(protocol.read_text().replace("[split]", "[splits]"))
        text = refused("benchmark", path)
        assert "mine.toml" in text
        assert "splits" in text

    def test_unknown_harmonizer(self, refused, protocol, shared_dataset, tmp_path):
        text = refused(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "phycarm",
        )  # fmt: skip
        assert "did you mean 'phycharm'?" in text
        assert not (tmp_path / "run").exists()

    def test_harmonizer_that_cannot_be_imported(self, refused, protocol, shared_dataset, tmp_path):
        text = refused(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "no_such_module:Mine",
        )  # fmt: skip
        assert "no_such_module" in text


class TestFolder:
    """Folders for the results that are something else's."""

    def test_results_of_another_protocol(
        self, refused, unchanged, protocol, finished, shared_dataset, tmp_path
    ):
        path = tmp_path / "other.toml"
        path.write_text(protocol.read_text().replace("version = 1", "version = 2"))
        with unchanged(finished):
            text = refused("benchmark", path, "--dataset", shared_dataset, "--out", finished)
        assert str(finished) in text
        assert "--fresh" in text

    def test_folder_of_something_else(self, refused, protocol, shared_dataset, tmp_path):
        (tmp_path / "thesis.tex").write_text("precious")
        for options in ([], ["--fresh"]):
            text = refused(
                "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path, *options
            )
            assert "thesis.tex" in text
        assert (tmp_path / "thesis.tex").read_text() == "precious"

    def test_file(self, refused, protocol, shared_dataset, tmp_path):
        path = tmp_path / "results"
        path.write_text("")
        refused("benchmark", protocol, "--dataset", shared_dataset, "--out", path)

    def test_folder_that_cannot_be_written(self, refused, protocol, shared_dataset, tmp_path):
        # Below a file: forbidden to everybody, root included.
        (tmp_path / "file").write_text("")
        refused("benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "file/run")


class TestGoodRun:
    def test_leaderboard_and_report(self, finished, call, protocol, shared_dataset, tmp_path):
        out = tmp_path / "run with a space"
        shutil.copytree(finished, out)
        code, text, err = call(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", out, "--device", "cpu"
        )
        assert code == 0, err
        report = out / "report.html"
        assert text.splitlines()[-1] == f"Report: {report}"
        assert report.stat().st_size > 10_000
        assert "linear" in text.lower()
        assert "none" in text.lower() or "no harmonization" in text.lower()

    def test_failed_cell_is_exit_code_one(
        self, call, protocol, shared_dataset, tmp_path, monkeypatch
    ):
        (tmp_path / "theirs_cli.py").write_text(
            "class Broken:\n"
            "    name = 'broken'\n"
            "    def fit(self, train, validation=None):\n"
            "        raise ValueError('no luck')\n"
            "    def harmonize(self, scan, target):\n"
            "        return scan.image\n"
        )
        monkeypatch.chdir(tmp_path)
        code, out, err = call(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "theirs_cli:Broken", "--harmonizer", "none", "--device", "cpu",
        )  # fmt: skip
        assert code == 1
        assert "Report: " in out
        failures = [line for line in err.splitlines() if line.startswith("phycharm: failed: ")]
        assert len(failures) == 3
        assert all("ValueError: no luck" in line for line in failures)

    def test_warnings_are_one_line_too(self, no_report, call, protocol, dataset, tmp_path):
        path = sidecar_path(t1w_path(dataset, "02", "GE"))
        content = json.loads(path.read_text())
        content["EchoTime"] *= 2
        path.write_text(json.dumps(content))
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            _, _, err = call(
                "benchmark", protocol, "--dataset", dataset, "--out", tmp_path / "run",
                "--harmonizer", "none", "--device", "cpu",
            )  # fmt: skip
        lines = [line for line in err.splitlines() if "warning" in line]
        assert lines
        assert all(line.startswith("phycharm: warning: ") for line in lines)
        assert not [line for line in err.splitlines() if ".py" in line]


class TestSeeds:
    """Which people, and how many trainings of each method."""

    @pytest.fixture
    def asked(self, monkeypatch, no_report, finished):
        """What the command asks of the run, which is not made."""
        calls = []

        def run_benchmark(protocol, **options):
            calls.append({"protocol": protocol, **options})
            return runner.RunResult(folder=finished, failed=())

        monkeypatch.setattr(runner, "run_benchmark", run_benchmark)
        return calls

    def test_are_handed_on(self, call, asked, protocol):
        code, _, err = call("benchmark", protocol, "--seed", 7, "--seeds", "0, 1,2")
        assert (code, err) == (0, "")
        assert (asked[0]["seed"], asked[0]["seeds"]) == (7, [0, 1, 2])

    def test_other_people_get_a_folder_of_their_own(self, call, asked, protocol, tmp_path):
        call("benchmark", protocol, "--seed", 7)
        call("benchmark", protocol, "--seed", 7, "--out", tmp_path / "run")
        call("benchmark", protocol, "--seeds", "0,1")
        folders = [options["out"].as_posix() for options in asked]
        assert folders == [
            "results/tiny-seed-7", (tmp_path / "run").as_posix(), "results/tiny",
        ]  # fmt: skip

    def test_without_them_the_protocol_decides(self, call, asked, protocol):
        call("benchmark", protocol)
        assert (asked[0]["seed"], asked[0]["seeds"]) == (None, None)

    @pytest.mark.parametrize("seeds", ["", "0;1", "one", "0,-1", "0,1.5"])
    def test_that_are_no_numbers(self, refused, protocol, seeds):
        text = refused("benchmark", protocol, "--seeds", seeds)
        assert "no whole number; give numbers separated by commas, such as 0,1,2" in text


class TestTensorboard:
    def test_event_files_lie_in_the_results_folder(
        self, no_report, call, protocol, shared_dataset, tmp_path
    ):
        pytest.importorskip("tensorboard")
        call(
            *("benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run"),
            *("--harmonizer", "unet", "--tensorboard", "--device", "cpu"),
        )
        cells = sorted(path.name for path in (tmp_path / "run" / "cells").glob("unet*"))
        drawn = tmp_path / "run" / "tensorboard"
        assert sorted(path.name for path in drawn.iterdir()) == cells != []
        for cell in cells:
            assert len(list((drawn / cell).rglob("events.out.tfevents.*"))) == 2

    def test_without_the_package_nothing_is_begun(
        self, refused, protocol, shared_dataset, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(curves, "find_spec", lambda name: None)
        text = refused(
            *("benchmark", protocol, "--dataset", shared_dataset),
            *("--out", tmp_path / "run", "--tensorboard"),
        )
        assert "phycharm[tensorboard]" in text
        assert not (tmp_path / "run").exists()
