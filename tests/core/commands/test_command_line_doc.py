"""Every command line of docs/command-line.md, run as it stands there, in its order."""

import json
import re
import shlex
import sys
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch

from phycharm.commands.app import app
from phycharm.commands.main import main
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.errors import InputError

from support import bids_folder, phantom

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"

pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason="the wheel has no documents")


def text():
    return DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else ""


def blocks(head):
    return re.findall(rf"^```{head}\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)


LINES = [line for block in blocks("sh") for line in block.splitlines()]


def run(line, capsys):
    """Run one command line in this process; return its exit code, stdout and stderr."""
    program, *arguments = shlex.split(line)
    assert program == "phycharm"
    capsys.readouterr()
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    return exit.value.code, *capsys.readouterr()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    # The command line puts its own in place.
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    return tmp_path


@pytest.fixture
def session(here):
    """The same with the protocol of the document and files of the released layout."""
    from monai.networks.nets import BasicUNet

    (protocol,) = blocks("toml tiny.toml")
    (here / "tiny.toml").write_text(protocol)
    activation = ("LeakyReLU", {"negative_slope": 0.1, "inplace": True})
    network = BasicUNet(2, 1, 1, (16, 32, 64, 128, 256, 32), activation)
    for name, key in (("MapG_T1", "T1map"), ("MapG_M0", "M0map"), ("Harm_GE_Siemens", "model")):
        torch.save({key: network.state_dict()}, here / f"{name}.pth")
    return here


def run_all(lines, capsys):
    """Run lines that have to succeed; return what each printed."""
    said = {}
    for line in lines:
        code, said[line], errors = run(line, capsys)
        assert code == 0, f"{line}\n{errors}"
    return said


def require_files(folder):
    """Look at what the lines left behind, apart from benchmark and report."""
    image = folder / "people/sub-03/ses-GE/anat/sub-03_ses-GE_T1w.nii.gz"
    source = nibabel.load(image)
    for name in ("sub-03_as-Siemens_T1w.nii.gz", f"as-Siemens/{image.name}", "released.nii.gz"):
        made = nibabel.load(folder / name)
        assert made.shape == source.shape
        np.testing.assert_array_equal(made.affine, source.affine)
        assert made.get_data_dtype() == np.float32
        assert made.get_fdata().std() > 0
    derived = folder / "people" / "derivatives" / "harmonized"
    assert len(list(derived.glob("sub-*/ses-GE/anat/*_desc-harmonizedToSiemens_T1w.nii.gz"))) == 3
    trained = {"unet", "maps", "phycharm"}
    assert {p.name for p in (folder / "models").iterdir()} == trained | {"released"}
    for model in (*trained, "released"):
        found = {path.name for path in (folder / "models" / model).iterdir()}
        curves = {"history.csv"} if model in trained else set()
        assert found == {"harmonizer.json", "state.safetensors"} | curves
    written = {path.name.rpartition("_T1w_")[2] for path in (folder / "tissues").iterdir()}
    suffixes = ("seg", "pveseg", "pve_0", "pve_1", "pve_2", "mixeltype", "bias")
    assert written == {f"{suffix}.nii.gz" for suffix in suffixes}


def require_words(said):
    def of(start):
        return "".join(out for line, out in said.items() if line.startswith(start))

    assert "torch" in of("phycharm doctor")
    assert {line.split()[0] for line in of("phycharm protocols").splitlines()} >= {"smoke", "quick"}
    assert "GM: " in of("phycharm segment")
    assert "Model: models/unet" in of("phycharm train unet")
    assert "Model: models/phycharm" in of("phycharm train phycharm")
    assert "Maps generator: models/maps" in of("phycharm train-maps")
    # One line per image: a file, two files, three images of the BIDS folder, the released model's.
    assert len(of("phycharm harmonize").splitlines()) == 1 + 2 + 3 + 1


LONG = (
    "phycharm simulate", "phycharm preprocess", "phycharm benchmark", "phycharm report",
    "phycharm convergence", "phycharm status",
    "phycharm convergence", "phycharm bless", "phycharm compare",
)  # fmt: skip


def test_the_quick_lines_run(session, capsys):
    bids_folder.write_dataset(session / "people", scanners=(phantom.GE, phantom.SIEMENS))
    lines = [line for line in LINES if not line.startswith(LONG)]
    assert len(lines) == len(LINES) - 9
    require_words(run_all(lines, capsys))
    require_files(session)


@pytest.mark.slow
def test_the_whole_document_runs_from_top_to_bottom(session, capsys):
    said = run_all(LINES, capsys)
    require_words(said)
    require_files(session)
    dataset = BidsDataset(session / "people")
    assert dataset.simulated
    assert dataset.travelling().subjects == ("01", "02", "03")
    (board,) = (out for line, out in said.items() if line.startswith("phycharm benchmark"))
    assert "Report: results/tiny/report.html" in board
    manifest = json.loads((session / "results" / "tiny" / "run.json").read_text())
    assert manifest["status"] == "finished"
    assert (session / "results" / "tiny" / "report.html").stat().st_size > 10_000
    (gains,) = (out for line, out in said.items() if line.startswith("phycharm convergence"))
    assert "Twice as long" in gains
    assert {p.suffix for p in (session / "results" / "figures").iterdir()} >= {".pdf", ".csv"}


# --- the document is complete ---------------------------------------------------------------------


def commands():
    return [name for name in app if not name.startswith("-")]


def test_every_command_is_explained_and_shown():
    shown = {shlex.split(line)[1] for line in LINES}
    assert shown == set(commands())
    listed = re.findall(r"^\| \[`([a-z-]+)`\]\(#([a-z-]+)\)", text(), re.MULTILINE)
    assert {name for name, _ in listed} == set(commands())
    headings = {
        title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", text(), re.MULTILINE)
    }
    assert {anchor for _, anchor in listed} <= headings


def test_options_that_are_named_exist(capsys):
    known = set()
    for name in ("", "--install-completion", *commands()):
        code, out, _ = run(f"phycharm {name} --help", capsys)
        assert code == 0
        known |= set(re.findall(r"--[a-z][a-z-]*", out))
    named = set(re.findall(r"--[a-z][a-z-]*", text()))
    assert named <= known
    assert {"--model", "--from", "--to", "--mask", "--dataset", "--protocol"} <= named
    assert {"--version", "--install-completion", "--shell"} <= named


def test_files_that_are_linked_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", text()):
        assert (DOCUMENT.parent / target).is_file(), target


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["protocols"], 0), (["harmonize", "x.nii", "--model", "m", "--to", "GE", "-o", "y"], 2)],
)
def test_exit_codes_are_the_documented_ones(here, capsys, arguments, code):
    found, _, errors = run(shlex.join(["phycharm", *arguments]), capsys)
    assert found == code
    assert len(errors.splitlines()) == (1 if code else 0)


def test_exit_codes_of_failures_and_of_interruptions(here, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    def wrong(*_, **__):
        raise InputError("x.nii: is wrong; correct it.")

    monkeypatch.setattr("phycharm.application.doctor.diagnosis", interrupted)
    assert run("phycharm doctor", capsys)[0] == 130
    monkeypatch.setattr("phycharm.application.doctor.diagnosis", wrong)
    assert run("phycharm doctor", capsys) == (2, "", "phycharm: x.nii: is wrong; correct it.\n")
    (here / "broken.py").write_text(
        "class Broken:\n"
        "    def fit(self, train, validation=None):\n        return self\n"
        "    def harmonize(self, scan, target):\n        return scan.image * float('nan')\n"
    )
    monkeypatch.syspath_prepend(str(here))
    code, out, _ = run("phycharm check broken:Broken", capsys)
    assert code == 1
    assert "fail" in out.lower()
    sys.modules.pop("broken", None)
