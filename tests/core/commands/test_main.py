"""The command line itself: help, version, mistakes in one line, exit codes."""

import os
import re
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from phycharm import commands
from phycharm.benchmarks.run import runner, training
from phycharm.commands.app import app
from phycharm.commands.main import main

COMMANDS = (
    "benchmark", "simulate", "report", "convergence", "doctor", "protocols", "train", "train-maps",
    "harmonize", "import-checkpoint", "check", "segment", "inspect", "datasets", "preprocess",
    "status", "compare", "bless", "--install-completion",
)  # fmt: skip
# Files of the folder that are no command.
HOUSE = {"__init__", "app", "main", "options"}


class TestHelp:
    @staticmethod
    def run(*arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "phycharm", *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stderr
        return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_takes_less_than_a_second_of_cpu(self):
        text, spent = self.run("--help")
        assert "benchmark" in text
        assert spent < 1.0

    def test_brings_no_torch_and_no_room(self):
        script = (
            "import sys\n"
            "from phycharm.commands.main import main\n"
            f"for command in ([], *([name] for name in {COMMANDS!r})):\n"
            "    try:\n"
            "        main([*command, '--help'])\n"
            "    except SystemExit as end:\n"
            "        assert end.code == 0, (command, end.code)\n"
            "heavy = {'torch', 'monai', 'pandas', 'nibabel', 'numpy', 'phycharm.benchmarks',\n"
            "         'phycharm.reports', 'phycharm.baselines'} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert all(f"phycharm {name}" in done.stdout for name in COMMANDS)

    def test_lists_every_command_and_says_what_it_does(self, call):
        code, out, _ = call("--help")
        assert code == 0
        for name in COMMANDS:
            assert re.search(rf"^\W+{name.lstrip('-')} +[A-Z]\w+", out, re.MULTILINE), name

    def test_every_file_is_a_command(self):
        files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - HOUSE
        typed = set(app) - {*app.help_flags, *app.version_flags}
        assert {name.lstrip("-").replace("-", "_") for name in typed} == files
        assert typed == set(COMMANDS)

    def test_every_option_of_the_issue_is_there(self, call):
        _, out, _ = call("benchmark", "--help")
        for option in ("--dataset", "--harmonizer", "--out", "--device", "--fresh"):
            assert option in out
        _, out, _ = call("simulate", "--help")
        for option in ("--subjects", "--voxel-size", "--scanners", "--seed", "--anatomy"):
            assert option in out


def test_version_is_the_installed_one_and_nothing_else(call):
    assert call("--version") == (0, f"{version('phycharm')}\n", "")


class TestWords:
    """Mistakes in the command itself."""

    def test_unknown_command(self, refused):
        assert "benchmrk" in refused("benchmrk")

    def test_unknown_option(self, refused):
        assert "--epochs" in refused("benchmark", "smoke", "--epochs", "3")

    def test_unknown_device(self, refused):
        text = refused("benchmark", "smoke", "--device", "tpu")
        assert "tpu" in text
        assert "cuda" in text

    def test_value_that_is_no_number(self, refused, tmp_path):
        text = refused("simulate", tmp_path / "x", "--subjects", "many")
        assert "many" in text

    def test_missing_argument(self, refused):
        refused("simulate")


def test_interruption_says_how_to_go_on(call, monkeypatch, protocol):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run_benchmark", interrupt)
    code, _, err = call("benchmark", protocol)
    assert code == 130
    assert err == "phycharm: interrupted; the same command goes on from here.\n"


def test_interrupted_training_was_kept(call, monkeypatch, protocol, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train_harmonizer", interrupt)
    code, _, err = call("train", "unet", "--dataset", tmp_path, "--out", tmp_path / "model")
    assert code == 130
    assert "the same command goes on from the last state" in err


def test_defects_keep_their_traceback(monkeypatch, protocol):
    def defect(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(runner, "run_benchmark", defect)
    with pytest.raises(ZeroDivisionError):
        main(["benchmark", str(protocol)])


def test_reader_that_has_read_enough_ends_it_in_peace():
    """`phycharm inspect ... | head`: no traceback, not even from Python's own last flush."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "phycharm", "protocols"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 141


def test_console_script_is_installed():
    script = Path(sys.executable).with_name("phycharm")
    done = subprocess.run([script, "benchmrk"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
