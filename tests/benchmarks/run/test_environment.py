"""What is written down of the machine and the software."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from phycharm.benchmarks.run import environment as module
from phycharm.benchmarks.run.environment import environment, hardware


def test_versions():
    found = environment()
    assert found["phycharm"] == version("phycharm")
    assert found["python"] == platform.python_version()
    assert found["packages"]["torch"] == version("torch")
    assert {"torch", "numpy", "scipy", "pandas", "nibabel", "nilearn"} <= set(found["packages"])


def test_packages_that_are_not_there_are_left_out(monkeypatch):
    monkeypatch.setattr(module, "_PACKAGES", ("torch", "no-such-package"))
    assert environment.__wrapped__()["packages"].keys() == {"torch"}


def test_commit_is_that_of_the_checkout():
    here = Path(__file__).parent
    git = ["git", "-C", str(here), "rev-parse", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    found = environment()["git_commit"]
    if done.returncode == 0:
        assert found.removesuffix("-dirty") == done.stdout.strip()
    else:
        assert found == ""


def test_no_git_is_no_error(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(module.subprocess, "run", missing)
    assert environment.__wrapped__()["git_commit"] == ""


def test_hardware():
    found = hardware("cpu")
    assert found["device"] == "cpu"
    assert found["cores"] >= 1
    assert found["threads"] == torch.get_num_threads()
    assert found["memory_gb"] > 0.5
    assert isinstance(found["cpu"], str)
