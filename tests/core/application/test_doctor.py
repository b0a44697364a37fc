"""The doctor finds what is there and says what is lost without the rest."""

import importlib.metadata
import platform

import pytest
import torch

from phycharm.application import doctor
from phycharm.application.doctor import diagnosis


def line_of(name):
    (line,) = [line for line in diagnosis().splitlines() if line[5:].startswith(name)]
    return line


@pytest.fixture
def bare(monkeypatch):
    """A machine with nothing but what the package requires."""
    monkeypatch.delenv("FSLDIR", raising=False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    known = doctor.version

    def version(package):
        if package == "antspyx":
            raise importlib.metadata.PackageNotFoundError
        return known(package)

    monkeypatch.setattr(doctor, "version", version)


def test_versions_are_those_that_run():
    assert platform.python_version() in line_of("Python")
    assert torch.__version__.split("+")[0] in line_of("torch")
    assert line_of("torch").startswith("yes")
    assert importlib.metadata.version("nilearn") in line_of("nilearn")


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        ("CUDA GPU", "CPU"),
        ("FSL FAST", "hmrf"),
        ("ANTs", "pip install"),
        ("Slurm", "one after the other"),
    ],
)
def test_missing_pieces_and_their_cost(bare, name, cost):
    line = line_of(name)
    assert line.startswith(" no")
    assert cost in line


def test_fsl_is_found_by_its_folder(bare, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "fast").write_text("#!/bin/sh\n")
    monkeypatch.setenv("FSLDIR", str(tmp_path))
    assert "unknown version" in line_of("FSL FAST")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "fslversion").write_text("6.0.7\n")
    line = line_of("FSL FAST")
    assert line.startswith("yes")
    assert "6.0.7" in line


def test_fsl_folder_without_fast_is_no_fsl(bare, tmp_path, monkeypatch):
    monkeypatch.setenv("FSLDIR", str(tmp_path))
    assert line_of("FSL FAST").startswith(" no")


def test_slurm_and_gpu_are_found(bare, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H100")
    properties = type("Properties", (), {"total_memory": 80 * 2**30})
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    assert "sbatch" in line_of("Slurm")
    assert "H100, 80 GiB" in line_of("CUDA GPU")


def test_one_line_each():
    lines = diagnosis().splitlines()
    assert len(lines) == len(doctor._CHECKS)
    assert all(line[:3] in ("yes", " no") for line in lines)
