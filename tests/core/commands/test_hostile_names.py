"""Names that try to become code, a terminal's commands or another folder, on every surface."""

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from phycharm.reports import leaderboard_text, write_figures, write_report
from phycharm.utils.atomic import write_json
from phycharm.utils.progress import progress_bar

from support import phantom
from support.bad_inputs.models import Harmful
from support.bids_folder import sidecar_path, t1w_path, write_dataset
from support.harmless import harmless
from support.synthetic_results import make_results

ESCAPE = "\x1b[31m\x1b]0;owned\x07"
TAG = "<img src=x onerror=alert(1)>"
# What a file name can hold, and a label: no slash, no dot, no underscore.
PERSON = f"0'\"{TAG}&$(touch pwned)"
SCANNER = f"A`|;{TAG}\\frac$"
MARK = "<script>window.pwned=1</script>"


@pytest.fixture
def hostile_dataset(tmp_path):
    """A dataset whose every free name is meant to do harm, and is none of a path."""
    root = write_dataset(tmp_path / "dataset", quantitative=())
    scanner = SCANNER.replace("\\", "")
    for path in sorted(root.rglob("*"), key=lambda path: -len(path.parts)):
        name = path.name.replace("sub-03", f"sub-{PERSON}").replace("ses-GE", f"ses-{scanner}")
        if name != path.name:
            path.rename(path.with_name(name))
    told = {"Name": f"{MARK}{ESCAPE}{{{{ 7 * 7 }}}}", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(told | {"License": ESCAPE}))
    for image in root.glob("sub-*/**/*_T1w.nii.gz"):
        path = sidecar_path(image)
        said = json.loads(path.read_text()) | {"Manufacturer": f"Maker {ESCAPE}{MARK}"}
        path.write_text(json.dumps(said))
    return root


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_whole_run(hostile_dataset, call, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    how = ("--harmonizer", "none", "--device", "cpu", "--out", "out")
    code, out, err = call("benchmark", protocol, "--dataset", "dataset", *how)
    assert code == 0, err
    assert "\x1b" not in out + err
    assert "\x07" not in out + err
    assert all(path.startswith("out/") for path in files(tmp_path) - before)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert harmless(html)
    assert TAG not in html
    assert MARK not in html
    assert "{{ 7 * 7 }}" in html


def test_what_is_inspected(hostile_dataset, call):
    for options in ((), ("--json",)):
        code, out, err = call("inspect", hostile_dataset, *options)
        assert code == 0, out
        assert "\x1b" not in out + err
        assert "\\x1b" in out or "\\u001b" in out


def test_what_is_refused_or_warned_of_is_one_line(refused, call, tmp_path):
    path = tmp_path / f"a\n{ESCAPE}.nii"
    path.write_text("no image")
    text = refused("segment", path, tmp_path / "out")
    assert "a\\n\\x1b[31m" in text


def test_progress(capsys):
    with progress_bar(f"fitting {ESCAPE}", 2) as bar:
        bar.advance(detail=f"sub-\u202e{ESCAPE}\n")
        bar.advance()
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "\\x1b[31m" in err
    assert "\\u202e" in err


def test_progress_on_a_terminal():
    script = (
        "import os, pty, sys\n"
        "from phycharm.utils.progress import progress_bar\n"
        "sys.stderr.isatty = lambda: True\n"
        f"with progress_bar({ESCAPE!r}, 2) as bar:\n"
        f"    bar.advance(detail={ESCAPE!r})\n"
        "    bar.advance()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "\x07" not in done.stderr
    assert "\x1b]0;" not in done.stderr


def test_images_whose_names_a_terminal_would_obey_are_none(call, dataset):
    path = t1w_path(dataset, "01", "GE")
    for label in (ESCAPE.replace(";", ""), "\n", "\udcff", "\u202e"):
        path = path.rename(path.with_name(f"sub-01_ses-GE_acq-x{label}_T1w.nii.gz"))
        code, out, err = call("inspect", dataset, "--json")
        assert code == 0, out + err
        assert json.loads(out)["people"]["01"].get("GE") is None or "sub-01" in out


@pytest.mark.parametrize("place", ["dataset", "out"])
def test_a_folder_whose_name_is_no_text(refused, protocol, tmp_path, place):
    named = {"dataset": tmp_path / "data", "out": tmp_path / "out"}
    named[place] = named[place].with_name("x\udcff")
    how = ("--harmonizer", "none", "--out", named["out"])
    text = refused("benchmark", protocol, "--dataset", named["dataset"], *how)
    assert "x\\udcff: holds bytes that are no text" in text
    assert files(tmp_path) == set()


def test_text_that_holds_bytes_is_written_all_the_same(tmp_path):
    write_json(tmp_path / "told.json", {"path": "x\udcff"})
    assert json.loads((tmp_path / "told.json").read_text()) == {"path": "x\udcff"}


@pytest.fixture(scope="module")
def hostile_results(tmp_path_factory):
    """A results folder that somebody sent: names in its tables that no run would write."""
    run = make_results(
        tmp_path_factory.mktemp("sent") / "run",
        scanners=("GE", "A$\\frac{&"),
        methods=("none", "phycharm"),
        external=("05", "$\\bad{"),
        folds=(),
        shape=(14, 14, 12),
    )
    bad = f"../../{TAG}{ESCAPE}$\\frac{{|`"
    for name in ("scores.parquet", "histograms.parquet"):
        table = pd.read_parquet(run / name)
        table["subject"] = table["subject"].replace("05", bad)
        table["harmonizer"] = table["harmonizer"].replace("phycharm", bad)
        if "metric" in table:
            table["metric"] = table["metric"].replace("nrmse", f"/etc/{bad}")
        table.to_parquet(run / name)
    for name in ("run.json", "methods.json", "metrics.json"):
        text = (run / name).read_text().replace("phycharm", json.dumps(bad)[1:-1])
        (run / name).write_text(text)
    return run


class TestResultsThatSomebodySent:
    def test_the_terminal(self, hostile_results):
        text = leaderboard_text(hostile_results)
        assert "\x1b" not in text
        assert "\\x1b[31m" in text

    def test_the_page(self, hostile_results, tmp_path):
        html = write_report([hostile_results], tmp_path / "r.html").read_text(encoding="utf-8")
        assert harmless(html)
        assert TAG not in html

    @pytest.mark.slow
    def test_figures_and_tables(self, hostile_results, tmp_path):
        before = files(hostile_results.parent)
        written = write_figures([hostile_results], tmp_path / "a" / "figures")
        assert {path.parent for path in written} == {tmp_path / "a" / "figures"}
        assert files(hostile_results.parent) == before
        assert all(re.fullmatch(r"a/figures/[\w.-]+", path) for path in files(tmp_path))
        for path in (tmp_path / "a" / "figures").glob("*.tex"):
            assert "\\frac" not in path.read_text(encoding="utf-8")


def test_the_harmful_pickle_would_do_harm(tmp_path, monkeypatch):
    """Or its refusal would prove nothing."""
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Harmful())).close()
    assert Path("pickle-has-run").exists()


def test_phantoms_have_the_names_that_are_replaced():
    assert {"GE"} <= {scanner.name for scanner in phantom.SCANNERS}
